"""How tasks are cached and retried: by content where they compute, within the run where they have effects."""

from __future__ import annotations

from typing import Any

from prefect.cache_policies import CachePolicy
from prefect.client.schemas.objects import State, TaskRun
from prefect.context import FlowRunContext, TaskRunContext
from prefect.tasks import Task

from flywheel.adapters.prefect_answers import CONTINUES
from flywheel.domain.digests import digest_of
from flywheel.errors import Conflict, FlywheelError, Unavailable
from tasks.workbench import code_digest


def content_key(context: TaskRunContext, arguments: dict[str, Any]) -> str:
    """Name a result by the task, the code it needs and what goes in: the same work is never done twice."""
    code = code_digest(context.task.fn.__module__)
    return digest_of([context.task.task_key, code, arguments]).removeprefix("sha256:")


def run_key(context: TaskRunContext, arguments: dict[str, Any]) -> str:
    """Name a result by the task, what goes in and the run, or the dead run that this one goes on with."""
    return digest_of([context.task.task_key, _work_of(context), arguments]).removeprefix("sha256:")


def is_worth_retrying(_task: Task[..., Any], _run: TaskRun, state: State[Any]) -> bool:
    """Retry what may heal by itself; a refusal or a mistake in the project does not."""
    fault = state.result(raise_on_failure=False)
    return not (isinstance(fault, FlywheelError) and is_final(fault))


def is_final(fault: FlywheelError) -> bool:
    """Whether only a person can mend it: a server that is away comes back, two decisions that met part again."""
    return not isinstance(fault, Unavailable | Conflict)


BY_CONTENT = CachePolicy.from_cache_key_fn(content_key)
"""For tasks whose result depends on their inputs alone."""

WITHIN_RUN = CachePolicy.from_cache_key_fn(run_key)
"""For tasks with effects: neither a resumed run nor the next attempt after a death repeats them; a new run does."""

RETRY_DELAYS_SECONDS = [1.0, 5.0]


def run_continued() -> str:
    """Name the run that died and with whose work this one goes on, if there is one."""
    within = FlowRunContext.get()
    tags = within.flow_run.tags if within and within.flow_run else []
    return next((tag.removeprefix(CONTINUES) for tag in tags if tag.startswith(CONTINUES)), "")


def _work_of(context: TaskRunContext) -> str:
    """Name the run with which this piece of work began."""
    return run_continued() or str(context.task_run.flow_run_id or context.task_run.id)
