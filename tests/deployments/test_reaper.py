"""The reaper closes what has no process, and nothing else."""

from __future__ import annotations

import fcntl
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from deployments.reaper import Reaper, is_locked
from flywheel.adapters.prefect import Prefect
from flywheel.settings import Settings

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)


class Server:
    """Prefect with one run in one state."""

    def __init__(
        self, state: str, *, age: timedelta, deployment: str | None = "d", beat: timedelta | None = None
    ) -> None:
        self.state, self.since, self.deployment, self.beat = state, NOW - age, deployment, beat

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
        return httpx.Response(200, json=self._run())

    def _run(self) -> dict[str, object]:
        state = {"type": self.state, "name": self.state, "message": "", "timestamp": self.since.isoformat()}
        return {"id": "r", "name": "n", "deployment_id": self.deployment, "parameters": {}, "tags": [], "state": state}


def reap(server: Server, locks: Path, *, is_local: bool = True) -> str:
    """Reap once and tell the state that the run is in afterwards."""
    with Prefect(Settings.load(), transport=httpx.MockTransport(server.answer)) as prefect:
        Reaper(prefect, locks, is_local=is_local, now=lambda: NOW).reap()
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
    assert reap(Server("PENDING", age=timedelta(seconds=60)), tmp_path) == "CRASHED"


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
