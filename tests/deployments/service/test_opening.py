"""What a server and all it forks run is what it proved when it started."""

from __future__ import annotations

import os
import shutil
import signal
from pathlib import Path

import pytest

from flywheel.adapters.bentoml_server import stop_endpoint, wait_ready
from tests.deployments.service.test_endpoint import Endpoint, children_of, serving, start
from tests.deployments.waiting import eventually
from tests.factories.serving import body_of, built_package, make_row

pytestmark = pytest.mark.scenario


def test_a_package_that_is_altered_while_it_serves_changes_no_answer_large_or_small(tmp_path: Path) -> None:
    copied = tmp_path / "bento" / "a" / "b" / "package"
    shutil.copytree(built_package()[0].path, copied)
    server = start(tmp_path, copied)
    wait_ready(server)
    asked, planted = Endpoint(server, tmp_path), tmp_path / "planted"
    bodies = body_of(make_row()), body_of(*[make_row(id=f"A{i}") for i in range(500)])
    before = [asked.post(body)[1] for body in bodies]
    evil = f"open({str(planted)!r}, 'w').close()\nraise SystemExit\n"
    for source in [*copied.rglob("*.py"), copied / "src" / "sitecustomize.py"]:
        source.write_text(evil)
    shutil.rmtree(copied / "src" / "model")
    (nursery,) = children_of(server.pid)
    for worker in children_of(nursery):
        os.kill(worker, signal.SIGKILL)
    asked.post(bodies[1])  # whoever answers next is new
    assert [asked.post(body)[1] for body in bodies] == before
    stop_endpoint(server)
    assert not planted.exists()


def test_a_server_that_has_lost_its_nursery_ends_for_another_to_start() -> None:
    with serving() as endpoint:
        (nursery,) = children_of(endpoint.server.pid)
        os.kill(nursery, signal.SIGKILL)
        eventually(lambda: not endpoint.server.is_alive, "it has ended")
