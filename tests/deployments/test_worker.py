"""The worker waits for a run's last process to leave before it starts the next one."""

from __future__ import annotations

import asyncio
import os
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import anyio
import pytest
from prefect.client.schemas.objects import FlowRun
from prefect.client.schemas.responses import WorkerFlowRunResponse
from prefect.settings import PREFECT_LOGGING_TO_API_ENABLED, temporary_settings
from prefect.workers.process import ProcessWorker

from deployments.worker import READY_FILE, _be_patient, working_since
from flywheel.settings import Settings

LEAVING, FRESH = uuid.UUID(int=1), uuid.UUID(int=2)


@dataclass
class Started:
    """Stands where the worker's task group stands, and notes what is started in it."""

    runs: list[uuid.UUID] = field(default_factory=list)

    def start_soon(self, _: Any, run: FlowRun) -> None:
        """Note a run."""
        self.runs.append(run.id)


def due(ids: Iterable[uuid.UUID]) -> list[WorkerFlowRunResponse]:
    """Runs as Prefect hands them to a worker."""
    pool = uuid.uuid4()
    return [
        WorkerFlowRunResponse(
            work_pool_id=pool, work_queue_id=pool, flow_run=FlowRun(id=run_id, flow_id=pool, name=f"run {run_id.int}")
        )
        for run_id in ids
    ]


def submitted(*, is_patient: bool) -> list[uuid.UUID]:
    """Let a worker in which one run is still leaving take two: that one again, and a fresh one."""

    async def submit() -> list[uuid.UUID]:
        worker = ProcessWorker(work_pool_name="pool", limit=4)
        started = Started()
        worker._limiter = anyio.CapacityLimiter(4)
        worker._runs_task_group = started  # type: ignore[assignment]  # it only notes what is started
        worker._limiter.acquire_on_behalf_of_nowait(LEAVING)
        if is_patient:
            _be_patient(worker)
        await worker._submit_scheduled_flow_runs(flow_run_response=due([LEAVING, FRESH]))
        return started.runs

    with temporary_settings({PREFECT_LOGGING_TO_API_ENABLED: False}):  # else Prefect starts a server for a line of log
        return asyncio.run(submit())


def test_run_whose_last_process_has_not_left_is_taken_later_and_others_are_taken_now() -> None:
    assert submitted(is_patient=True) == [FRESH]


def test_without_patience_prefects_worker_falls_over_such_a_run() -> None:
    with pytest.raises(RuntimeError, match="already holding"):
        submitted(is_patient=False)


def test_worker_works_since_it_last_said_so(tmp_path: Path) -> None:
    settings = Settings.load(environ={"FLYWHEEL_DATA_ROOT": str(tmp_path)})
    assert working_since(settings) is None
    settings.sockets_root.mkdir(parents=True)
    said = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
    (settings.sockets_root / READY_FILE).touch()
    os.utime(settings.sockets_root / READY_FILE, (said.timestamp(), said.timestamp()))
    assert working_since(settings) == said
