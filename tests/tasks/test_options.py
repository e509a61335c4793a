"""What names a task's kept result."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, cast

import pytest
from prefect.context import FlowRunContext, TaskRunContext
from prefect.states import Failed

from flywheel.errors import Conflict, InputRefused, NotFound, Refused, Tampered, Unavailable
from tasks.options import content_key, is_worth_retrying, run_key
from tasks.train import train


@dataclass(frozen=True)
class Named:
    """A task, as far as its key goes."""

    task_key: str
    fn: Callable[..., Any] = train.fn


@dataclass(frozen=True)
class Run:
    """A task run, as far as its ids go."""

    flow_run_id: uuid.UUID | None
    id: uuid.UUID


@dataclass(frozen=True)
class Context:
    """What Prefect hands to a cache key function."""

    task: Named
    task_run: Run


ARGUMENTS: dict[str, Any] = {"project": "card-default", "project_digest": "sha256:1"}
ONE, OTHER = uuid.UUID(int=1), uuid.UUID(int=2)


def context(task: str, flow_run: uuid.UUID | None) -> TaskRunContext:
    return cast("TaskRunContext", Context(Named(task), Run(flow_run, OTHER)))


def test_two_tasks_of_one_run_with_equal_arguments_never_share_a_result() -> None:
    assert run_key(context("release", ONE), ARGUMENTS) != run_key(context("estimate_return", ONE), ARGUMENTS)


def test_a_resumed_run_finds_the_result_of_its_own_task_and_a_new_run_does_not() -> None:
    first = run_key(context("release", ONE), ARGUMENTS)
    assert run_key(context("release", ONE), dict(ARGUMENTS)) == first
    assert run_key(context("release", OTHER), ARGUMENTS) != first


def test_an_attempt_that_goes_on_with_a_dead_run_finds_what_that_run_finished(monkeypatch: pytest.MonkeyPatch) -> None:
    first = run_key(context("release", ONE), ARGUMENTS)
    within = SimpleNamespace(flow_run=SimpleNamespace(tags=["flywheel", f"continues:{ONE}"]))
    monkeypatch.setattr(FlowRunContext, "get", lambda: within)
    assert run_key(context("release", OTHER), ARGUMENTS) == first


def test_computed_results_are_shared_between_runs_but_not_between_tasks() -> None:
    first = content_key(context("train", ONE), ARGUMENTS)
    assert content_key(context("train", OTHER), ARGUMENTS) == first
    assert content_key(context("prepare", ONE), ARGUMENTS) != first


def test_computed_results_follow_what_goes_in() -> None:
    first = content_key(context("train", ONE), ARGUMENTS)
    assert content_key(context("train", ONE), ARGUMENTS | {"project_digest": "sha256:2"}) != first
    assert content_key(context("train", ONE), dict(reversed(ARGUMENTS.items()))) == first


@pytest.mark.parametrize("fault", [Unavailable("away"), Conflict("parted"), OSError("disk"), ValueError("a bug")])
def test_what_may_heal_by_itself_is_tried_again(fault: Exception) -> None:
    assert is_worth_retrying(cast("Any", None), cast("Any", None), Failed(data=fault))


@pytest.mark.parametrize("fault", [Refused("no"), InputRefused("bad"), NotFound("none"), Tampered("other bytes")])
def test_what_only_a_person_can_mend_is_not_tried_again(fault: Exception) -> None:
    assert not is_worth_retrying(cast("Any", None), cast("Any", None), Failed(data=fault))
