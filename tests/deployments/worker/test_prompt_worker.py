"""The worker fetches when an event, a free place or a due time rings; it is patient with runs that are leaving."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Coroutine, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import anyio
import httpx
import pytest
from prefect.client.schemas.objects import FlowRun, State, StateType, WorkPool
from prefect.client.schemas.responses import DeploymentResponse, WorkerFlowRunResponse
from prefect.events import Event, Resource
from prefect.settings import PREFECT_API_URL, PREFECT_LOGGING_TO_API_ENABLED, temporary_settings
from prefect.workers.process import ProcessJobConfiguration, ProcessWorker

from deployments.worker import prompt_worker
from deployments.worker.prompt_worker import PromptWorker, foreign_to, may_begin_a_run
from deployments.worker.work_pool import job_template
from flywheel.settings import Settings

LEAVING, FRESH, LATER = uuid.UUID(int=1), uuid.UUID(int=2), uuid.UUID(int=3)
FLOW = "flows.research.research"
SETTINGS = Settings.load(environ={})
Result = TypeVar("Result")


@dataclass
class Started:
    """Stands where the worker's task group stands, and notes what is started in it."""

    runs: list[uuid.UUID] = field(default_factory=list)

    def start_soon(self, _: Any, run: FlowRun) -> None:
        """Note a run."""
        self.runs.append(run.id)


@dataclass
class Answering:
    """Stands where Prefect's API stands, and notes which runs were ended."""

    ended: list[uuid.UUID] = field(default_factory=list)

    async def read_deployment(self, _: uuid.UUID) -> DeploymentResponse:
        """Give the deployment that we registered."""
        return registered()

    async def set_flow_run_state(self, run: uuid.UUID, state: State, *, force: bool) -> None:
        """Note the end of a run."""
        assert force
        assert state.type is StateType.FAILED
        self.ended.append(run)


def registered(**changed: Any) -> DeploymentResponse:
    """A deployment as we register it, or as somebody changed it."""
    facts = {"name": "churn", "flow_id": uuid.uuid4(), "entrypoint": FLOW, "pull_steps": [], "path": None}
    return DeploymentResponse(**{**facts, "job_variables": {}, **changed})


def found(ids: Iterable[uuid.UUID], *, due_in_seconds: float = 0.0, **more: Any) -> list[WorkerFlowRunResponse]:
    """Runs as Prefect hands them to a worker."""
    pool = uuid.uuid4()
    due_at = datetime.now(UTC) + timedelta(seconds=due_in_seconds)
    facts: dict[str, Any] = {"flow_id": pool, "deployment_id": uuid.uuid4(), "next_scheduled_start_time": due_at}
    runs = [FlowRun(id=one, name=f"run {one.int}", **facts, **more) for one in ids]
    return [WorkerFlowRunResponse(work_pool_id=pool, work_queue_id=pool, flow_run=run) for run in runs]


def event(state_type: str | None) -> Event:
    """An event of a run that has come into a state."""
    payload = {} if state_type is None else {"validated_state": {"type": state_type, "name": "whatever"}}
    resource = Resource({"prefect.resource.id": f"prefect.flow-run.{FRESH}"})
    return Event(event="prefect.flow-run.Whatever", resource=resource, payload=payload)


def alone(coroutine: Coroutine[Any, Any, Result]) -> Result:
    """Run without a Prefect server: nothing is logged to it."""
    with temporary_settings({PREFECT_LOGGING_TO_API_ENABLED: False, PREFECT_API_URL: "http://127.0.0.1:9/api"}):
        return asyncio.run(coroutine)


def ours() -> PromptWorker:
    """A worker whose Prefect knows one deployment of ours and the work pool that we made."""
    prompt = PromptWorker(SETTINGS, flows=[FLOW], out=lambda _: None)
    prompt.worker._client = Answering()  # type: ignore[assignment]  # Prefect's API, as far as the worker asks here
    pool = {"name": "flywheel", "type": "process", "base_job_template": job_template(SETTINGS)}
    prompt.worker._work_pool = WorkPool(**pool, default_queue_id=uuid.uuid4())
    return prompt


def with_a_leaving_run(worker: ProcessWorker) -> Started:
    """Let one run's process be about to leave."""
    started = Started()
    worker._limiter = anyio.CapacityLimiter(4)
    worker._runs_task_group = started  # type: ignore[assignment]  # it only notes what is started
    worker._limiter.acquire_on_behalf_of_nowait(LEAVING)
    return started


def test_run_whose_last_process_has_not_left_is_taken_later_and_others_are_taken_now() -> None:
    async def submit() -> list[uuid.UUID]:
        prompt = ours()
        started = with_a_leaving_run(prompt.worker)
        await prompt.worker._submit_scheduled_flow_runs(flow_run_response=found([LEAVING, FRESH]))
        return started.runs

    assert alone(submit()) == [FRESH]


def test_without_patience_prefects_worker_falls_over_such_a_run() -> None:
    async def submit() -> None:
        worker = ProcessWorker(work_pool_name="pool", limit=4)
        with_a_leaving_run(worker)
        await worker._submit_scheduled_flow_runs(flow_run_response=found([LEAVING, FRESH]))

    with pytest.raises(RuntimeError, match="already holding"):
        alone(submit())


def test_run_of_the_near_future_is_fetched_again_at_its_time_and_takes_no_place_before() -> None:
    async def wait_for_it() -> list[uuid.UUID]:
        prompt = ours()
        started = with_a_leaving_run(prompt.worker)
        await prompt.worker._submit_scheduled_flow_runs(flow_run_response=found([LATER], due_in_seconds=0.05))
        await asyncio.wait_for(prompt._bell.wait(), timeout=10)
        return started.runs

    assert alone(wait_for_it()) == []


def test_runs_end_rings_for_whoever_waits_for_its_place() -> None:
    async def end() -> tuple[bool, int, bool]:
        prompt = ours()
        with_a_leaving_run(prompt.worker)
        rang_before = prompt._bell.is_set()
        await prompt.worker._submit_run_and_capture_errors(found([LEAVING])[0].flow_run)
        return rang_before, int(prompt.worker.limiter.borrowed_tokens), prompt._bell.is_set()

    assert alone(end()) == (False, 0, True)


@pytest.mark.parametrize("state", ["SCHEDULED", "PAUSED", "COMPLETED", "FAILED", "CRASHED", "CANCELLED"])
def test_event_after_which_a_run_may_begin_rings(state: str) -> None:
    assert may_begin_a_run(event(state))


@pytest.mark.parametrize("state", ["PENDING", "RUNNING", "CANCELLING", None])
def test_event_after_which_none_can_begin_is_passed_over(state: str | None) -> None:
    assert not may_begin_a_run(event(state))


def test_lost_events_are_told_once_and_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    tries: list[int] = []

    def nobody_there(**_: object) -> None:
        tries.append(1)
        raise OSError("no server")

    async def listen() -> list[str]:
        said: list[str] = []
        monkeypatch.setattr(prompt_worker, "get_events_subscriber", nobody_there)
        monkeypatch.setattr(prompt_worker, "LONGEST_WAIT_SECONDS", 0.001)
        listening = asyncio.create_task(PromptWorker(SETTINGS, flows=[FLOW], out=said.append)._listen())
        while len(tries) < 3:
            await asyncio.sleep(0.001)
        listening.cancel()
        return said

    assert len(alone(listen())) == 1


def test_fetch_that_fails_ends_nothing_and_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    async def answer() -> list[str]:
        said: list[str] = []
        prompt = PromptWorker(SETTINGS, flows=[FLOW], out=said.append)

        async def refused() -> list[FlowRun]:
            raise httpx.ConnectError("no server")

        monkeypatch.setattr(prompt.worker, "get_and_submit_flow_runs", refused)
        answering = asyncio.create_task(prompt._answer())
        prompt.ring()
        while not said:
            await asyncio.sleep(0.001)
        is_going_on = not answering.done()
        answering.cancel()
        assert is_going_on
        return said

    assert "the poll will" in alone(answer())[0]


def taken_and_ended(prompt: PromptWorker, runs: list[WorkerFlowRunResponse]) -> tuple[list[uuid.UUID], list[uuid.UUID]]:
    """Let the worker fetch runs; which it starts, and which it ends."""

    async def submit() -> list[uuid.UUID]:
        started = with_a_leaving_run(prompt.worker)
        await prompt.worker._submit_scheduled_flow_runs(flow_run_response=runs)
        return started.runs

    started = alone(submit())
    client: Any = prompt.worker._client
    return started, client.ended


def test_run_that_asks_for_another_program_is_ended_and_not_started() -> None:
    runs = found([FRESH], job_variables={"command": "id"}) + found([LATER])
    assert taken_and_ended(ours(), runs) == ([LATER], [FRESH])


def test_pool_that_starts_another_program_starts_nothing() -> None:
    prompt = ours()
    prompt.worker.work_pool.base_job_template = {"job_configuration": {"command": "id"}, "variables": {}}
    assert taken_and_ended(prompt, found([FRESH])) == ([], [FRESH])


STRANGE: list[dict[str, Any]] = [
    {"entrypoint": "os.system"},
    {"entrypoint": None},
    {"pull_steps": [{"prefect.deployments.steps.run_shell_script": {"script": "id"}}]},
    {"path": "/tmp/elsewhere"},
    {"storage_document_id": uuid.UUID(int=9)},
    {"job_variables": {"env": {"PYTHONPATH": "/tmp"}}},
    {"job_variables": {"working_dir": "/tmp"}},
]


@pytest.mark.parametrize("changed", STRANGE)
def test_whatever_is_changed_in_a_deployment_is_foreign(changed: dict[str, Any]) -> None:
    run = found([FRESH])[0].flow_run
    assert len(foreign_to(run, registered(**changed), flows=[FLOW])) == 1
    assert foreign_to(run, registered(), flows=[FLOW]) == []
    assert foreign_to(run, None, flows=[FLOW])


def test_runs_process_is_told_what_was_looked_at_and_reads_no_deployment(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str | None] = []

    async def start(_: ProcessWorker, run: FlowRun, configuration: ProcessJobConfiguration) -> None:
        assert run.id == FRESH
        told.append(configuration.env["PREFECT__FLOW_ENTRYPOINT"])

    monkeypatch.setattr(ProcessWorker, "run", start)
    prompt = ours()

    async def submit_and_run() -> None:
        with_a_leaving_run(prompt.worker)
        runs = found([FRESH])
        await prompt.worker._submit_scheduled_flow_runs(flow_run_response=runs)
        await prompt.worker.run(runs[0].flow_run, ProcessJobConfiguration())

    alone(submit_and_run())
    assert told == [FLOW]


@pytest.mark.parametrize(("found_at", "fetches"), [(1, 1), (3, 3), (99, 1 + prompt_worker.LOOKS_AGAIN)])
def test_run_that_an_event_told_of_too_early_is_looked_for_again(
    found_at: int, fetches: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prompt_worker, "AGAIN_SECONDS", 0.001)
    monkeypatch.setattr(prompt_worker, "PAUSE_SECONDS", 0.0)

    async def answer() -> int:
        prompt, tries = ours(), list[int]()

        async def fetch() -> list[FlowRun]:
            tries.append(1)
            prompt._free(found([FRESH] if len(tries) >= found_at else []), now=datetime.now(UTC))
            return []

        prompt.worker._limiter = anyio.CapacityLimiter(4)
        prompt.worker.get_and_submit_flow_runs = fetch  # type: ignore[method-assign]
        prompt.hear(event("SCHEDULED"))
        answering = asyncio.create_task(prompt._answer())
        await asyncio.sleep(0.2)
        answering.cancel()
        return len(tries)

    assert alone(answer()) == fetches
