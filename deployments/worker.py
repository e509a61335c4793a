"""The Prefect worker of the embedded servers; `python -m deployments.worker`.

Prefect's own `prefect worker start` ends when the API is not there yet; this one imports meanwhile and waits.
"""

from __future__ import annotations

import asyncio
import signal
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from deployments.work_pool import ensure_work_pool
from flywheel.adapters import prefect
from flywheel.settings import Settings

if TYPE_CHECKING:
    from prefect.client.schemas.objects import FlowRun
    from prefect.client.schemas.responses import WorkerFlowRunResponse
    from prefect.workers.process import ProcessWorker

READY_FILE = "worker.ready"
API_WITHIN_SECONDS = 120.0


def main() -> None:
    """Wait for the API, make the work pool as the settings say, poll until SIGTERM."""
    settings = Settings.load()
    # a second and a half: this program is the worker, nothing else waits for it
    from prefect.workers.process import ProcessWorker

    prefect.await_api(settings, within_seconds=API_WITHIN_SECONDS)
    ensure_work_pool(settings)
    worker = ProcessWorker(
        work_pool_name=settings.prefect.work_pool,
        name="flywheel",
        limit=settings.prefect.run_limit,
        create_pool_if_not_found=False,
        heartbeat_interval_seconds=10,
    )
    _be_patient(worker)
    ready = settings.sockets_root / READY_FILE
    asyncio.run(_work(worker.start(printer=lambda text: _note(text, ready=ready))))


def working_since(settings: Settings) -> datetime | None:
    """Tell when the embedded worker last began to take runs; nothing where it is not on this machine."""
    try:
        noted_at = (settings.sockets_root / READY_FILE).stat().st_mtime
    except FileNotFoundError:
        return None
    return datetime.fromtimestamp(noted_at, UTC)


def _be_patient(worker: ProcessWorker) -> None:
    """Let a run's last process end before the next one is started.

    Prefect's worker falls over a run that is resumed faster than its suspended process leaves (seen in 3.8.8:
    "this borrower is already holding one of this CapacityLimiter's tokens"), and takes all other runs with it.
    """
    submit = worker._submit_scheduled_flow_runs

    async def submit_free(flow_run_response: list[WorkerFlowRunResponse]) -> list[FlowRun]:
        leaving = worker.limiter.statistics().borrowers
        return await submit([entry for entry in flow_run_response if entry.flow_run.id not in leaving])

    worker._submit_scheduled_flow_runs = submit_free  # type: ignore[method-assign]  # it has no setting for this


async def _work(working) -> None:  # type: ignore[no-untyped-def]
    task = asyncio.ensure_future(working)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    asyncio.get_running_loop().add_signal_handler(signal.SIGINT, task.cancel)
    with suppress(asyncio.CancelledError):
        await task


def _note(text: str, *, ready) -> None:  # type: ignore[no-untyped-def]
    print(text, flush=True)  # noqa: T201  the worker's log
    if "started" in text:
        ready.touch()


if __name__ == "__main__":
    main()
