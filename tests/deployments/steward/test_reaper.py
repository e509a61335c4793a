"""The reaper closes what has no process, and nothing else."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from deployments.steward.reaper import Reaper
from flywheel.adapters.machine import is_locked
from flywheel.adapters.prefect import Prefect
from flywheel.settings import Settings

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)


class Server:
    """Prefect with one run in one state."""

    def __init__(
        self,
        state: str,
        *,
        age: timedelta,
        deployment: str | None = "d",
        beat: timedelta | None = None,
        has_form: bool | None = None,
    ) -> None:
        self.state, self.since, self.deployment, self.beat = state, NOW - age, deployment, beat
        self.has_form = has_form
        """Whether the form that the run asked for was written; None: it asks for none."""

    def answer(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        if path.endswith("/csrf-token"):
            return httpx.Response(200, json={"token": "t"})
        if path.endswith("/flow_runs/filter"):
            wanted = json.loads(request.content)["flow_runs"]["state"]["type"]["any_"]
            return httpx.Response(200, json=[self._run()] if self.state in wanted else [])
        if path.endswith("/events/filter"):
            events = [] if self.beat is None else [{"occurred": (NOW - self.beat).isoformat()}]
            return httpx.Response(200, json={"events": events})
        if path.endswith("/set_state"):
            self.state = json.loads(request.content)["state"]["type"]
            return httpx.Response(200, json={"status": "ACCEPT"})
        if path.endswith("/input/form"):
            return httpx.Response(200, json={}) if self.has_form else httpx.Response(404, json={})
        return httpx.Response(200, json=self._run())

    def _run(self) -> dict[str, object]:
        state: dict[str, object] = {"type": self.state, "name": self.state, "timestamp": self.since.isoformat()}
        if self.has_form is not None:
            state["state_details"] = {"pause_key": "sign-0", "run_input_keyset": {"schema": "form"}}
        return {"id": "r", "name": "n", "deployment_id": self.deployment, "parameters": {}, "tags": [], "state": state}


def reap(server: Server, locks: Path, *, is_local: bool = True, worker_since: datetime | None = None) -> str:
    """Reap once and tell the state that the run is in afterwards."""
    with Prefect(Settings.load(), transport=httpx.MockTransport(server.answer)) as prefect:
        Reaper(prefect, locks, is_local=is_local, worker_since=lambda: worker_since, now=lambda: NOW).reap()
    return server.state


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Hold a run's lock, as its process does."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def test_running_without_a_process_is_closed(tmp_path: Path) -> None:
    (tmp_path / "r").touch()
    assert reap(Server("RUNNING", age=timedelta(seconds=1)), tmp_path) == "CRASHED"


def test_running_with_its_lock_is_left_alone_however_old(tmp_path: Path) -> None:
    with held(tmp_path / "r"):
        assert reap(Server("RUNNING", age=timedelta(days=3)), tmp_path) == "RUNNING"


@pytest.mark.parametrize("state", ["PAUSED", "SCHEDULED", "COMPLETED", "FAILED"])
def test_what_needs_no_process_is_never_touched(tmp_path: Path, state: str) -> None:
    (tmp_path / "r").touch()
    assert reap(Server(state, age=timedelta(days=3)), tmp_path) == state


def test_pending_run_has_time_to_start(tmp_path: Path) -> None:
    assert reap(Server("PENDING", age=timedelta(seconds=5)), tmp_path) == "PENDING"
    assert reap(Server("PENDING", age=timedelta(seconds=200)), tmp_path) == "PENDING", "a cold start takes its time"
    assert reap(Server("PENDING", age=timedelta(seconds=400)), tmp_path) == "CRASHED"


def test_pending_run_of_a_worker_that_is_gone_is_closed_at_once(tmp_path: Path) -> None:
    age = timedelta(seconds=5)
    assert reap(Server("PENDING", age=age), tmp_path, worker_since=NOW - age * 2) == "PENDING"
    assert reap(Server("PENDING", age=age), tmp_path, worker_since=NOW - age / 2) == "CRASHED"


def test_question_whose_form_was_never_written_is_closed_so_that_it_is_asked_again(tmp_path: Path) -> None:
    assert reap(Server("PAUSED", age=timedelta(seconds=1), has_form=False), tmp_path) == "CRASHED"


def test_question_that_can_be_answered_waits_however_long(tmp_path: Path) -> None:
    assert reap(Server("PAUSED", age=timedelta(days=20), has_form=True), tmp_path) == "PAUSED"


def test_question_whose_form_is_just_being_written_is_left_alone(tmp_path: Path) -> None:
    with held(tmp_path / "r"):
        assert reap(Server("PAUSED", age=timedelta(seconds=1), has_form=False), tmp_path) == "PAUSED"


def test_cancelling_without_a_process_is_cancelled(tmp_path: Path) -> None:
    assert reap(Server("CANCELLING", age=timedelta(seconds=60)), tmp_path) == "CANCELLED"


def test_run_started_by_hand_is_left_alone(tmp_path: Path) -> None:
    assert reap(Server("RUNNING", age=timedelta(days=1), deployment=None), tmp_path) == "RUNNING"


@pytest.mark.parametrize(("beat", "state"), [(timedelta(minutes=4), "RUNNING"), (timedelta(minutes=20), "CRASHED")])
def test_run_on_another_machine_is_judged_by_its_heartbeat(tmp_path: Path, beat: timedelta, state: str) -> None:
    server = Server("RUNNING", age=timedelta(hours=1), beat=beat)
    assert reap(server, tmp_path, is_local=False) == state


def test_lock_is_seen_only_while_it_is_held(tmp_path: Path) -> None:
    path = tmp_path / "r"
    with held(path):
        assert is_locked(path)
    assert not is_locked(path)


def test_only_old_lock_files_that_nobody_holds_are_swept_away(tmp_path: Path) -> None:
    for name in ("old", "new"):
        (tmp_path / name).touch()
    with held(tmp_path / "held"), Prefect(Settings.load()) as prefect:
        for name in ("old", "held"):
            os.utime(tmp_path / name, (0, 0))
        Reaper(prefect, tmp_path, is_local=True).sweep()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["held", "new"]


@pytest.mark.parametrize(
    ("state", "is_at_rest"), [("PAUSED", True), ("COMPLETED", True), ("RUNNING", False), ("PENDING", False)]
)
def test_nothing_at_work_is_rest_until_a_run_makes_its_lock(tmp_path: Path, state: str, *, is_at_rest: bool) -> None:
    server = Server(state, age=timedelta(seconds=1))
    with Prefect(Settings.load(), transport=httpx.MockTransport(server.answer)) as prefect, held(tmp_path / "r"):
        reaper = Reaper(prefect, tmp_path, is_local=True, now=lambda: NOW)
        assert not reaper.is_at_rest
        reaper.reap()
        assert reaper.is_at_rest == is_at_rest
        (tmp_path / "another").touch()
        assert not reaper.is_at_rest


def test_runs_of_other_machines_are_never_taken_to_be_at_rest(tmp_path: Path) -> None:
    server = Server("COMPLETED", age=timedelta(seconds=1))
    with Prefect(Settings.load(), transport=httpx.MockTransport(server.answer)) as prefect:
        reaper = Reaper(prefect, tmp_path, is_local=False, now=lambda: NOW)
        reaper.reap()
        assert not reaper.is_at_rest
