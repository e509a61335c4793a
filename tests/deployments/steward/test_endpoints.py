"""The endpoint keeper: what runs is brought to what is desired."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from deployments.steward import endpoints as keeping
from deployments.steward.doors import Doors
from deployments.steward.endpoint_slots import Complaint, EndpointState, Outage
from deployments.steward.endpoints import Keeper
from flywheel.adapters.bentoml_server import EndpointServer, start_endpoint
from flywheel.project.contract import Mode
from flywheel.settings import ServingSettings, Settings
from tests.deployments.records import Record
from tests.factories.serving import SEAL, body_of, built_package, make_row
from tests.ports import take_ports


class Bench:
    """A keeper on a data root of its own, and what it reported."""

    def __init__(self, root: Path) -> None:
        self.seen: list[EndpointState] = []
        settings = Settings(home=root, data_root=root, serving=ServingSettings(first_port=take_ports()))
        self.keeper = Keeper(settings, self.seen.append, SEAL.public_key, Doors(settings.serving))

    def ask(self, body: bytes) -> tuple[int, dict[str, Any]]:
        """Ask whatever serves now."""
        port = self.seen[-1].port or 0
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
            connection.request("POST", "/predict", body, {"content-type": "application/json"})
            response = connection.getresponse()
            return response.status, json.loads(response.read())


@pytest.fixture
def bench() -> Iterator[Bench]:
    root = Path(tempfile.mkdtemp(prefix="fw-"))
    made = Bench(root)
    yield made
    made.keeper.stop_all()
    shutil.rmtree(root)


def released(**changes: Any) -> Record:
    built = built_package()[0]
    return replace(Record(package={"path": str(built.path), "digest": built.digest, "tag": built.tag}), **changes)


@pytest.mark.scenario
def test_a_change_of_mode_under_traffic_loses_no_admitted_request_and_keeps_the_port(bench: Bench) -> None:
    bench.keeper.settle([released()])
    port, answers, unread, is_over = bench.seen[-1].port, [], [], threading.Event()

    def keep_asking() -> None:
        while not is_over.is_set():
            try:
                status, answer = bench.ask(body_of(make_row()))
            except (ConnectionResetError, BrokenPipeError):  # the server that was leaving had not read it yet
                unread.append(1)
                continue
            answers.append((status, answer["served_by"]))

    callers = [threading.Thread(target=keep_asking) for _ in range(3)]
    for caller in callers:
        caller.start()
    try:
        bench.keeper.settle([released(mode="rule", generation=2)])
    finally:
        is_over.set()
        for caller in callers:
            caller.join()
    assert {status for status, _ in answers} == {200}
    assert len(unread) <= len(callers)  # each caller may have knocked once while the door was changed
    assert {by for _, by in answers} >= {"model"}
    assert bench.ask(body_of(make_row()))[1]["served_by"] == "rule"
    assert (bench.seen[-1].port, bench.seen[-1].is_ready, bench.seen[-1].generation) == (port, True, 2)


@pytest.mark.scenario
def test_a_server_that_was_killed_is_replaced(bench: Bench) -> None:
    bench.keeper.settle([released(mode="rule")])
    first = bench.seen[-1].pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    deadline = time.monotonic() + 10
    while bench.seen[-1].is_ready and time.monotonic() < deadline:
        bench.keeper.reconcile([released(mode="rule")])
    bench.keeper.settle([released(mode="rule")])
    assert bench.seen[-1].is_ready
    assert bench.seen[-1].pid != first
    assert bench.ask(body_of(make_row()))[0] == 200


@pytest.mark.scenario
def test_a_server_that_died_before_it_was_ready_is_tried_again(bench: Bench) -> None:
    bench.keeper.reconcile([released(mode="rule")])
    first = bench.seen[-1].pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    bench.keeper.settle([released(mode="rule")], within_seconds=30.0)
    assert bench.seen[-1].is_ready
    assert bench.seen[-1].pid != first


@pytest.mark.scenario
def test_a_package_that_was_touched_is_not_started_and_the_reason_is_told(bench: Bench) -> None:
    record = released(package={**released().package, "digest": "sha256:" + "0" * 64})
    bench.keeper.reconcile([record])
    assert not bench.seen[-1].is_ready
    assert "not the package that was released" in bench.seen[-1].detail


@pytest.mark.scenario
def test_a_server_that_cannot_be_started_now_is_tried_again(bench: Bench) -> None:
    in_the_way = bench.keeper.settings.logs_root / "endpoints"
    in_the_way.parent.mkdir(parents=True)
    in_the_way.touch()
    before = len(list(Path("/proc/self/fd").iterdir()))
    bench.keeper.reconcile([released(mode="rule")])
    assert "endpoints" in bench.seen[-1].detail
    bench.keeper.doors.close("card-default", is_closed=False)
    assert len(list(Path("/proc/self/fd").iterdir())) == before + 1, "the listening socket alone is kept"
    in_the_way.unlink()
    bench.keeper.settle([released(mode="rule")], within_seconds=30.0)
    assert bench.seen[-1].is_ready


def test_an_endpoint_that_was_never_packaged_says_so(bench: Bench) -> None:
    bench.keeper.reconcile([Record()])
    assert "nothing was ever packaged" in bench.seen[-1].detail


@pytest.mark.scenario
def test_stopping_leaves_no_server_and_no_port_behind(bench: Bench) -> None:
    bench.keeper.settle([released(mode="rule")])
    pid, port = bench.seen[-1].pid, bench.seen[-1].port
    bench.keeper.stop_all()
    assert not Path(f"/proc/{pid}").exists()
    with pytest.raises(ConnectionRefusedError), closing(http.client.HTTPConnection("127.0.0.1", port or 0)) as asked:
        asked.request("GET", "/health")


def refused_at_once(bench: Bench) -> None:
    assert bench.ask(body_of(make_row())) == (
        503,
        {"error": "no server of this endpoint can start now; try again later"},
    )


@pytest.mark.scenario
def test_callers_hear_at_once_that_nobody_answers_where_nothing_can_be_started(bench: Bench) -> None:
    touched = released(package={**released().package, "digest": "sha256:" + "0" * 64})
    bench.keeper.reconcile([touched])  # takes no door: what was touched is not even tried
    whole = released(generation=2)
    bench.keeper.doors.take(whole.name, remembered=None)
    in_the_way = bench.keeper.settings.logs_root / "endpoints"
    in_the_way.parent.mkdir(parents=True)
    in_the_way.touch()
    bench.keeper.reconcile([whole])
    assert "nobody answers" in bench.seen[-1].detail
    refused_at_once(bench)
    in_the_way.unlink()
    bench.keeper.settle([whole], within_seconds=30.0)
    assert bench.ask(body_of(make_row()))[1]["served_by"] == "model"


@pytest.mark.scenario
def test_the_rule_stands_in_for_a_model_that_does_not_start_and_people_are_told_once(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def start_broken(path: Path, **given: Any) -> EndpointServer:
        conditions = {"traffic_share": "much"} if given["mode"] is Mode.MODEL else {}
        return start_endpoint(path, **{**given, "conditions": conditions})

    monkeypatch.setattr(keeping, "start_endpoint", start_broken)
    outages: list[Outage] = []
    deadline = time.monotonic() + 60
    while not outages and time.monotonic() < deadline:
        bench.keeper.reconcile([released()])
        outages += bench.keeper.take_outages()
    assert [(one.generation, one.answered_by) for one in outages] == [(1, "its rule answers meanwhile")]
    assert "its rule answers meanwhile" in bench.seen[-1].detail
    assert bench.ask(body_of(make_row()))[1]["served_by"] == "rule"
    monkeypatch.undo()
    bench.keeper.settle([released()], within_seconds=60.0)
    assert (bench.seen[-1].is_ready, bench.seen[-1].detail) == (True, "")
    assert bench.ask(body_of(make_row()))[1]["served_by"] == "model"
    assert bench.keeper.take_outages() == ()


@pytest.mark.scenario
def test_a_server_whose_log_cannot_be_written_is_told_once_within_seconds_until_it_can(bench: Bench) -> None:
    bench.keeper.settle([released(mode="rule")])
    pid = bench.seen[-1].pid
    assert pid is not None
    folder = bench.keeper.settings.predictions_root / "card-default"
    shutil.rmtree(folder)
    assert bench.ask(body_of(make_row()))[0] == 503
    complaints: list[Complaint] = []
    deadline = time.monotonic() + 10
    while "cannot be written" not in bench.seen[-1].detail and time.monotonic() < deadline:
        bench.keeper.reconcile([released(mode="rule")])
        complaints += bench.keeper.take_complaints()
    assert [(one.name, one.generation) for one in complaints] == [("card-default", 1)]
    assert (bench.seen[-1].pid, bench.seen[-1].is_ready) == (pid, True)
    folder.mkdir()
    while bench.seen[-1].detail and time.monotonic() < deadline:
        bench.keeper.reconcile([released(mode="rule")])
    assert (bench.seen[-1].detail, bench.keeper.take_complaints()) == ("", ())
    assert bench.ask(body_of(make_row()))[0] == 200


@pytest.mark.scenario
def test_a_server_that_hangs_is_replaced(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "HANGS_SECONDS", 3.0)
    bench.keeper.settle([released(mode="rule")])
    first = bench.seen[-1].pid
    assert first is not None
    os.kill(first, signal.SIGSTOP)
    deadline = time.monotonic() + 10
    while bench.seen[-1].is_ready and time.monotonic() < deadline:
        bench.keeper.reconcile([released(mode="rule")])
    bench.keeper.settle([released(mode="rule")])
    assert bench.seen[-1].pid != first
    assert bench.ask(body_of(make_row()))[0] == 200
