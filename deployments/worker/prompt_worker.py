"""A Prefect worker that fetches runs when Prefect's events tell of them; its rare poll catches what was missed.

Each fetch makes Prefect's server write to every deployment of the pool, so that fetching often is what rest costs.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable
from datetime import UTC, datetime
from random import random
from typing import Any
from uuid import UUID

import httpx
from prefect.client.schemas.objects import FlowRun
from prefect.client.schemas.responses import DeploymentResponse, WorkerFlowRunResponse
from prefect.events import Event
from prefect.events.clients import get_events_subscriber
from prefect.events.filters import EventFilter, EventNameFilter
from prefect.states import Failed
from prefect.workers.process import ProcessJobConfiguration, ProcessWorker

from deployments.worker.work_pool import job_template
from flywheel.domain.backoff import wait_before
from flywheel.settings import Settings

WAKING_STATES = frozenset({"SCHEDULED", "PAUSED", "COMPLETED", "FAILED", "CRASHED", "CANCELLED"})
"""A run that wants to begin or go on, or one that leaves its place to the next."""
PAUSE_SECONDS = 0.1
"""A burst of events is one fetch."""
LOOKS_AGAIN, AGAIN_SECONDS = 3, 1.0
"""Prefect tells of a state before it has committed it, so that a fetch at once may find nothing yet."""
HEARTBEAT_SECONDS = 30
SPREAD = 1.3
"""Prefect spreads its polls by so much; what falls due before the latest next one is fetched now and waited for."""
SPARE_SECONDS = 5.0
LONGEST_WAIT_SECONDS = 10.0


class PromptWorker:
    """Prefect's process worker, with a bell that makes it fetch at once."""

    def __init__(self, settings: Settings, *, flows: Collection[str], out: Callable[[str], None]) -> None:
        self.worker = ProcessWorker(
            work_pool_name=settings.prefect.work_pool,
            name="flywheel",
            limit=settings.prefect.run_limit,
            create_pool_if_not_found=False,
            prefetch_seconds=SPREAD * settings.prefect.poll_seconds + SPARE_SECONDS,
            heartbeat_interval_seconds=HEARTBEAT_SECONDS,
        )
        self._flows = frozenset(flows)
        self._entrypoints: dict[UUID, str] = {}
        self._template = job_template(settings)
        self._out = out
        self._bell = asyncio.Event()
        self._fetching = asyncio.Lock()
        self._alarm: asyncio.TimerHandle | None = None
        self._told: dict[str, int] = {}
        """Runs that want to begin by an event and were not found yet, and how often they are still looked for."""
        self._teach()

    async def work(self) -> None:
        """Poll, listen and answer the bell until cancelled."""
        async with asyncio.TaskGroup() as together:
            together.create_task(self.worker.start(printer=self._out))
            together.create_task(self._answer())
            together.create_task(self._listen())

    async def _answer(self) -> None:
        """Fetch whenever the bell has rung."""
        while True:
            await self._bell.wait()
            self._bell.clear()
            try:
                await self.worker.get_and_submit_flow_runs()
            except httpx.HTTPError as error:
                self._out(f"runs were not fetched, the poll will: {error!r}")
            self._look_again()
            await asyncio.sleep(PAUSE_SECONDS)

    def _look_again(self) -> None:
        """Fetch once more, a few times, for runs that an event told of and that were not found."""
        self._told = {run: looks - 1 for run, looks in self._told.items() if looks > 0}
        if self._told:
            asyncio.get_running_loop().call_later(AGAIN_SECONDS, self.ring)

    async def _listen(self) -> None:
        """Ring for every event after which a run may begin; connect anew, with growing pauses, for ever."""
        failures = 0
        while True:
            try:
                async with get_events_subscriber(filter=_of_runs(), reconnection_attempts=0) as events:
                    failures = 0
                    self.ring()  # for what came while nobody listened
                    async for event in events:
                        if may_begin_a_run(event):
                            self.hear(event)
            except Exception as error:  # noqa: BLE001  Prefect raises plain ones too; without events the poll goes on
                if failures == 0:
                    self._out(f"Prefect's events are not heard, runs begin within a poll: {error!r}")
            failures += 1
            wait = wait_before(failures, chance=random()).total_seconds()  # noqa: S311  it spreads, it guards nothing
            await asyncio.sleep(min(wait, LONGEST_WAIT_SECONDS))

    def hear(self, event: Event) -> None:
        """Have runs fetched at once; the one that wants to begin is looked for until it is found."""
        if event.payload["validated_state"]["type"] == "SCHEDULED":
            self._told[event.resource.id.removeprefix("prefect.flow-run.")] = LOOKS_AGAIN
        self.ring()

    def ring(self) -> None:
        """Have runs fetched at once."""
        self._bell.set()

    def _teach(self) -> None:
        """Put our manners into Prefect's worker, which has no settings for them."""
        fetch, submit = self.worker.get_and_submit_flow_runs, self.worker._submit_scheduled_flow_runs
        run, begin = self.worker._submit_run_and_capture_errors, self.worker._initialize_after_sync
        start = self.worker.run

        async def fetch_alone() -> list[FlowRun]:
            async with self._fetching:
                return await fetch()

        async def submit_free(flow_run_response: list[WorkerFlowRunResponse]) -> list[FlowRun]:
            due = self._free(flow_run_response, now=datetime.now(UTC))
            places = int(self.worker.limiter.available_tokens)  # the others are looked at when they have a place
            return await submit([entry for entry in due[:places] if await self._is_ours(entry.flow_run)])

        async def run_and_ring(*given: Any, **named: Any) -> Any:
            try:
                return await run(*given, **named)
            finally:
                self.ring()  # its place is free, and it may itself have been resumed meanwhile

        async def run_as_looked_at(flow_run: FlowRun, configuration: ProcessJobConfiguration, **named: Any) -> Any:
            configuration.env |= {"PREFECT__FLOW_ENTRYPOINT": self._entrypoints.pop(flow_run.id)}
            return await start(flow_run, configuration, **named)

        async def begin_and_ring() -> None:
            is_first = not self.worker._has_successfully_synced
            await begin()
            if is_first:
                self.ring()  # until now Prefect's worker has fetched nothing

        self.worker.run = run_as_looked_at  # type: ignore[method-assign, assignment]
        self.worker._initialize_after_sync = begin_and_ring  # type: ignore[method-assign]
        self.worker.get_and_submit_flow_runs = fetch_alone  # type: ignore[method-assign]
        self.worker._submit_scheduled_flow_runs = submit_free  # type: ignore[method-assign]
        self.worker._submit_run_and_capture_errors = run_and_ring  # type: ignore[method-assign]

    async def _is_ours(self, run: FlowRun) -> bool:
        """Look whether a run would start what was registered here; another one is ended, with the reason.

        The run's process is told what was seen and reads the deployment no more: it may be another one by then.
        """
        client = self.worker.client
        deployment = None if run.deployment_id is None else await client.read_deployment(run.deployment_id)
        strange = foreign_to(run, deployment, flows=self._flows)
        if self.worker.work_pool.base_job_template != self._template:
            strange.append("the work pool starts another program")
        if not strange and deployment is not None:
            self._entrypoints[run.id] = str(deployment.entrypoint)
            return True
        message = f"Refused: {'; '.join(strange)}. Only deployments that Flywheel registered run here."
        self._out(f"run {run.id}: {message}")
        await client.set_flow_run_state(run.id, Failed(message=message), force=True)
        return False

    def _free(self, found: Iterable[WorkerFlowRunResponse], *, now: datetime) -> list[WorkerFlowRunResponse]:
        """Pick the runs that are due and whose last process has left; for the next due one an alarm is set.

        Prefect's worker falls over a run that is resumed faster than its suspended process leaves (seen in 3.8.8:
        "this borrower is already holding one of this CapacityLimiter's tokens"), and takes all other runs with it.
        """
        leaving = self.worker.limiter.statistics().borrowers
        due, waits = [], []
        for entry in found:
            self._told.pop(str(entry.flow_run.id), None)
            due_at = entry.flow_run.next_scheduled_start_time
            wait = 0.0 if due_at is None else due_at.timestamp() - now.timestamp()
            if wait > 0:
                waits.append(wait)
            elif entry.flow_run.id not in leaving:
                due.append(entry)
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm = asyncio.get_running_loop().call_later(min(waits), self.ring) if waits else None
        return due


def foreign_to(run: FlowRun, deployment: DeploymentResponse | None, *, flows: Collection[str]) -> list[str]:
    """Name what a run or its deployment asks for that no deployment of ours does."""
    if deployment is None:
        return ["it belongs to no deployment"]
    named = {
        f"the deployment starts {deployment.entrypoint}": deployment.entrypoint not in flows,
        "the deployment pulls code": bool(deployment.pull_steps),
        "the deployment names a storage": deployment.storage_document_id is not None,
        "the deployment names a path": deployment.path not in {None, "", "."},
        "the deployment sets job variables": bool(deployment.job_variables),
        "the run sets job variables": bool(run.job_variables),
    }
    return [what for what, is_so in named.items() if is_so]


def may_begin_a_run(event: Event) -> bool:
    """Whether after this event of a run it, or the next one in its place, wants to be fetched."""
    state = event.payload.get("validated_state")
    return isinstance(state, dict) and state.get("type") in WAKING_STATES


def _of_runs() -> EventFilter:
    return EventFilter(event=EventNameFilter(prefix=["prefect.flow-run."]))
