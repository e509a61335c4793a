"""Close runs whose process is gone, and let their stage start again.

Prefect leaves a run whose engine and worker were killed in Running for ever, and its own heartbeat automation also ends
runs that are rightly suspended. Here a run is closed only when the lock that its process holds is free, or, where the
process is on another machine, when its heartbeat is old.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from flywheel.adapters.machine import is_locked
from flywheel.adapters.prefect import Prefect
from flywheel.adapters.prefect_answers import RunFacts, RunStateType
from flywheel.errors import Refused

HEARTBEAT_SILENCE = timedelta(minutes=10)
"""Prefect's own heartbeat comes every three minutes; three missed ones are silence."""
PENDING_PATIENCE = timedelta(minutes=5)
"""From a worker taking a run until the run's process has its lock: longer than a cold start on a busy machine.

A process that dies on its way is told by its worker, and what a worker had taken that is gone is closed at once.
"""
ENDING_PATIENCE = timedelta(seconds=30)
"""From somebody cancelling a run until its process has let go of its lock."""
LOCK_FILE_SECONDS = 3_600.0
WATCHED = (RunStateType.RUNNING, RunStateType.PENDING, RunStateType.CANCELLING, RunStateType.PAUSED)


@dataclass
class Reaper:
    """What it takes to see which runs are alive."""

    prefect: Prefect
    locks: Path
    is_local: bool
    """All runs are on this machine, so that a run without a lock file has no process."""
    worker_since: Callable[[], datetime | None] = lambda: None
    """Since when the present worker works; what an earlier one had taken and not yet started is gone with it."""
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    _with_form: set[str] = field(default_factory=set)
    _locks_at_rest: int | None = None
    """When the folder of locks had last changed as nothing was at work."""

    @property
    def is_at_rest(self) -> bool:
        """Whether nothing was at work at the last look and no run has made its lock since."""
        return self.is_local and self._locks_at_rest == self.locks.stat().st_mtime_ns

    def reap(self) -> tuple[RunFacts, ...]:
        """Close the runs whose process is gone and return them; of those that wait only what nobody can answer."""
        self._locks_at_rest, locks_changed = None, self.locks.stat().st_mtime_ns
        runs = self.prefect.runs(*WATCHED)
        closed = tuple(
            run
            for run in runs
            if (self._is_unanswerable(run) if run.is_waiting else self._is_gone(run)) and self._close(run)
        )
        if not closed and all(run.is_waiting for run in runs):
            self._locks_at_rest = locks_changed
        return closed

    def sweep(self) -> None:
        """Remove the lock files of runs that ended long ago."""
        for path in self.locks.iterdir():
            if time.time() - path.stat().st_mtime > LOCK_FILE_SECONDS:
                _remove_unlocked(path)

    def _is_gone(self, run: RunFacts) -> bool:
        if run.deployment_id is None:
            return False  # started by hand, or a part of another run: it has no process of ours
        path = self.locks / run.id
        if path.exists():
            return not is_locked(path) and (run.state is RunStateType.RUNNING or self._is_overdue(run))
        if self.is_local:
            return self._is_overdue(run)
        return run.state is RunStateType.RUNNING and self._is_silent(run)

    def _is_overdue(self, run: RunFacts) -> bool:
        since = self.worker_since()
        is_of_another_worker = since is not None and run.state_at < since
        patience = PENDING_PATIENCE if run.state is RunStateType.PENDING else ENDING_PATIENCE
        return is_of_another_worker or self.now() - run.state_at > patience

    def _is_unanswerable(self, run: RunFacts) -> bool:
        """Tell whether a run died after it had suspended and before it had written the form for its question."""
        question = f"{run.id}:{run.pause_key}"
        if run.deployment_id is None or run.form_key is None or question in self._with_form:
            return False
        if is_locked(self.locks / run.id) or not (self.is_local or self._is_overdue(run)):
            return False
        if self.prefect.has_form(run):
            self._with_form.add(question)
            return False
        return True

    def _is_silent(self, run: RunFacts) -> bool:
        heard_at = self.prefect.last_heartbeat_at(run.id)
        return heard_at is not None and self.now() - max(heard_at, run.state_at) > HEARTBEAT_SILENCE

    def _close(self, run: RunFacts) -> bool:
        """Close the run if it still is as it was: a run states its end before its process ends."""
        latest = self.prefect.run_state(run.id)
        if (latest.state, latest.state_at) != (run.state, run.state_at):
            return False
        is_cancelled = run.state is RunStateType.CANCELLING
        end = RunStateType.CANCELLED if is_cancelled else RunStateType.CRASHED
        with suppress(Refused):  # it ended by itself at this very moment
            self.prefect.end_run(run.id, end, message="Its process is gone; closed by Flywheel's reaper.")
            return True
        return False


def _remove_unlocked(path: Path) -> None:
    """Remove a lock file while holding its lock: a run that comes just now waits, and then makes a new one."""
    descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        path.unlink(missing_ok=True)
    except BlockingIOError:
        return
    finally:
        os.close(descriptor)
