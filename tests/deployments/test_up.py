"""`./run up`: what it tells, and that it ends with words and an exit code where it cannot start."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from deployments import up
from flywheel.errors import Unavailable
from flywheel.settings import Settings
from tests.deployments.conftest import HOME, environment_in


def test_each_place_where_a_person_finds_something_is_named(tmp_path: Path) -> None:
    settings = Settings.load(HOME, environ=environment_in(tmp_path))
    said = "\n".join(up.links(settings))
    for place in (settings.prefect.ui_url, f":{settings.mlflow.ui_port}", settings.data_root, settings.logs_root):
        assert str(place) in said


def test_links_are_printed_again_and_nothing_is_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in environment_in(tmp_path).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(up, "Servers", None)
    assert up.main(["--links"]) == 0
    assert capsys.readouterr().out.splitlines() == list(up.links(Settings.load(HOME)))


def test_a_port_that_is_taken_ends_it_with_what_to_set_and_an_exit_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        chosen = {**environment_in(tmp_path), "FLYWHEEL_PREFECT__PORT": str(other.getsockname()[1])}
        for name, value in chosen.items():
            monkeypatch.setenv(name, value)
        assert up.main() == Unavailable.exit_code
    heard = capsys.readouterr()
    assert f"in use by process {os.getpid()} " in heard.err
    assert "FLYWHEEL_PREFECT__PORT" in heard.err
    assert "all ready" not in heard.out


def test_servers_of_tests_that_run_side_by_side_share_no_port(tmp_path: Path) -> None:
    code = f"from tests.deployments.conftest import *; print(*environment_in(Path({str(tmp_path)!r})).values())"
    ours = [set(environment_in(tmp_path).values()) for _ in range(2)]
    other = subprocess.run([sys.executable, "-c", code], cwd=HOME, capture_output=True, text=True, check=True)
    chosen = [*ours, set(other.stdout.split())]
    assert all(len(one) == len(chosen[0]) for one in chosen)
    assert set.intersection(*chosen) == {str(tmp_path / "data")}
    assert len(set.union(*chosen)) == 1 + sum(len(one) - 1 for one in chosen)
