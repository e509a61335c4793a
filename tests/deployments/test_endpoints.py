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
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from deployments.endpoint_plan import Action, Running, State, Verb, plan
from deployments.endpoints import Keeper, Observation
from flywheel.settings import ServingSettings, Settings
from tests.factories.serving import SEAL, body_of, built_package, make_row
from tests.ports import take_ports


@dataclass(frozen=True)
class Record:
    """An endpoint as the catalog gives it."""

    name: str = "card-default"
    mode: str = "model"
    package: Mapping[str, Any] = field(default_factory=dict)
    generation: int = 1
    port: int | None = None
    conditions: Mapping[str, Any] = field(default_factory=dict)


def steps(desired: list[Record], running: list[Running]) -> list[tuple[Verb, int]]:
    return [(action.verb, action.generation) for action in plan(desired, running)]


def server(state: State, generation: int = 1, **changes: float) -> Running:
    return Running("card-default", generation, state, **changes)


def test_what_is_desired_and_does_not_run_is_started_and_then_left_alone() -> None:
    assert plan([Record()], []) == (Action(Verb.START, "card-default", 1),)
    assert steps([Record()], [server(State.STARTING)]) == []
    assert steps([Record()], [server(State.READY)]) == []


@pytest.mark.parametrize("desired", [[], [Record(mode="stopped", generation=2)]])
def test_what_is_no_longer_desired_is_stopped(desired: list[Record]) -> None:
    assert steps(desired, [server(State.READY)]) == [(Verb.STOP, 1)]


def test_a_newer_generation_starts_beside_the_older_which_goes_once_the_newer_is_ready() -> None:
    newer = Record(generation=2)
    assert steps([newer], [server(State.READY)]) == [(Verb.START, 2)]
    assert steps([newer], [server(State.READY), server(State.STARTING, 2)]) == []
    assert steps([newer], [server(State.READY), server(State.READY, 2)]) == [(Verb.STOP, 1)]


def test_an_older_generation_does_not_cover_up_for_a_newer_one_that_failed() -> None:
    failed = server(State.ENDED, 2, pause_seconds=5)
    assert steps([Record(generation=2)], [server(State.READY), failed]) == [(Verb.STOP, 1)]


def test_a_failed_server_is_started_again_after_its_pause_and_not_before() -> None:
    assert steps([Record()], [server(State.ENDED, pause_seconds=3)]) == []
    assert steps([Record()], [server(State.ENDED, pause_seconds=0)]) == [(Verb.BURY, 1), (Verb.START, 1)]


def test_a_server_that_never_gets_ready_or_never_stops_is_killed() -> None:
    assert steps([Record()], [server(State.STARTING, seconds=61)]) == [(Verb.KILL, 1)]
    assert steps([], [server(State.STOPPING, seconds=16)]) == [(Verb.KILL, 1)]
    assert steps([], [server(State.STOPPING, seconds=1)]) == []


class Bench:
    """A keeper on a data root of its own, and what it reported."""

    def __init__(self, root: Path) -> None:
        self.seen: list[Observation] = []
        settings = Settings(home=root, data_root=root, serving=ServingSettings(first_port=take_ports()))
        self.keeper = Keeper(settings, self.seen.append, SEAL.public_key)

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
