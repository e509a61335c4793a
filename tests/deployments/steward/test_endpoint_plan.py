"""The plan of endpoints: what is started, kept and stopped on the way from what runs to what is desired."""

from __future__ import annotations

from typing import Any

import pytest

from deployments.steward.endpoint_plan import (
    SLOW_SECONDS,
    Running,
    ServerStep,
    State,
    StepKind,
    answers,
    cannot_start,
    plan,
)
from tests.deployments.records import Record


def steps(desired: list[Record], running: list[Running]) -> list[tuple[StepKind, int]]:
    assert not any(step.stands_in for step in plan(desired, running))
    return [(step.kind, step.generation) for step in plan(desired, running)]


def server(state: State, generation: int = 1, **changes: Any) -> Running:
    return Running("card-default", generation, state, **changes)


def stand_in(state: State, generation: int = 1, **changes: Any) -> Running:
    return server(state, generation, stands_in=True, **changes)


RESTING = {"pause_seconds": 5, "failures": 1}
FAILED = [server(State.ENDED, 2, **RESTING), server(State.STARTING, 2, failures=2)]
"""It rests after its first failure, or is tried once more."""


def test_what_is_desired_and_does_not_run_is_started_and_then_left_alone() -> None:
    assert plan([Record()], []) == (ServerStep(StepKind.START, "card-default", 1),)
    assert steps([Record()], [server(State.STARTING)]) == []
    assert steps([Record()], [server(State.READY)]) == []


@pytest.mark.parametrize("desired", [[], [Record(mode="stopped", generation=2)]])
def test_what_is_no_longer_desired_is_stopped(desired: list[Record]) -> None:
    assert steps(desired, [server(State.READY)]) == [(StepKind.STOP, 1)]


def test_a_newer_generation_starts_beside_the_older_which_goes_once_the_newer_is_ready() -> None:
    newer = Record(generation=2)
    assert steps([newer], [server(State.READY)]) == [(StepKind.START, 2)]
    assert steps([newer], [server(State.READY), server(State.STARTING, 2)]) == []
    assert steps([newer], [server(State.READY), server(State.READY, 2)]) == [(StepKind.STOP, 1)]


@pytest.mark.parametrize("failed", FAILED)
def test_a_move_forward_that_fails_keeps_what_answers(failed: Running) -> None:
    assert steps([Record(generation=2)], [server(State.READY), failed]) == []
    answering = answers("card-default", [server(State.READY), failed])
    assert answering == server(State.READY)


@pytest.mark.parametrize("mode", ["model", "rule"])
@pytest.mark.parametrize("failed", [*FAILED, server(State.STARTING, 2, seconds=SLOW_SECONDS + 1)])
def test_a_move_to_safety_that_fails_keeps_nothing_of_what_was_taken_back(mode: str, failed: Running) -> None:
    record = Record(generation=2, mode=mode, safe_from=2)
    assert ServerStep(StepKind.STOP, "card-default", 1) in plan([record], [server(State.READY), failed])


def test_what_was_taken_back_is_not_kept_by_a_later_move_forward_either() -> None:
    servers = [server(State.READY, 1), server(State.READY, 2), server(State.ENDED, 3, **RESTING)]
    assert steps([Record(generation=3, safe_from=2)], servers) == [(StepKind.STOP, 1)]


def test_of_older_generations_only_one_that_answers_is_kept() -> None:
    servers = [server(State.READY, 1), server(State.STARTING, 2), server(State.ENDED, 3, **RESTING)]
    assert steps([Record(generation=3)], servers) == [(StepKind.STOP, 2)]


@pytest.mark.parametrize("failed", [*FAILED, server(State.STARTING, 2, seconds=SLOW_SECONDS + 1)])
def test_where_nobody_answers_the_rule_stands_in_for_a_model_that_cannot_start(failed: Running) -> None:
    record = Record(generation=2)
    begin = ServerStep(StepKind.START, "card-default", 2, stands_in=True)
    assert plan([record], [failed]) == (begin,)
    assert cannot_start(record, [failed])
    assert steps([record], [failed, stand_in(State.STARTING, 2)]) == []
    assert steps([record], [failed, stand_in(State.READY, 2)]) == []
    assert plan([Record(generation=2, mode="rule")], [failed]) == ()


def test_nobody_stands_in_for_a_first_start_nor_for_one_that_died_and_comes_back_at_once() -> None:
    assert steps([Record()], [server(State.STARTING)]) == []
    assert steps([Record()], [server(State.ENDED, failures=1)]) == [(StepKind.BURY, 1), (StepKind.START, 1)]
    assert steps([Record()], [server(State.STARTING, failures=1)]) == []


def test_a_stand_in_goes_once_the_model_answers_and_is_tried_again_where_it_fails_too() -> None:
    gone = ServerStep(StepKind.STOP, "card-default", 1, stands_in=True)
    assert plan([Record()], [server(State.READY), stand_in(State.READY)]) == (gone,)
    resting = server(State.ENDED, **RESTING)
    assert plan([Record()], [resting, stand_in(State.ENDED, pause_seconds=1)]) == ()
    again = [step.kind for step in plan([Record()], [resting, stand_in(State.ENDED)])]
    assert again == [StepKind.BURY, StepKind.START]
    assert plan([], [stand_in(State.READY)]) == (gone,)


def test_a_failed_server_is_started_again_after_its_pause_and_not_before() -> None:
    assert steps([Record(mode="rule")], [server(State.ENDED, pause_seconds=3)]) == []
    assert steps([Record()], [server(State.ENDED, pause_seconds=0)]) == [(StepKind.BURY, 1), (StepKind.START, 1)]


def test_a_server_that_never_gets_ready_or_never_stops_is_killed() -> None:
    assert steps([Record(mode="rule")], [server(State.STARTING, seconds=61)]) == [(StepKind.KILL, 1)]
    assert steps([], [server(State.STOPPING, seconds=16)]) == [(StepKind.KILL, 1)]
    assert steps([], [server(State.STOPPING, seconds=1)]) == []
