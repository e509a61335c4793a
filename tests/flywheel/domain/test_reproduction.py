"""Reproductions: what is not the same is not passed, and the first to differ is named."""

from __future__ import annotations

import pytest

from flywheel.domain.reproduction import Compared, Outcome, Reproduction, ReproductionState, Step, judge


def judged(**outcomes: Outcome) -> Reproduction:
    steps = [Compared(step, outcomes.get(step.value, Outcome.SAME), "seen") for step in reversed(Step)]
    return judge(steps, tolerance=0.0, rows=9, largest_difference=0.0, environment="this")


def test_all_the_same_passes() -> None:
    made = judged()
    assert (made.state, made.first_differing_stage) == (ReproductionState.PASSED, "")


@pytest.mark.parametrize("step", [Step.CHARTER, Step.INGEST, Step.PREPARE, Step.RECIPE, Step.PREDICTIONS])
@pytest.mark.parametrize("outcome", [Outcome.DIFFERS, Outcome.UNKNOWN, Outcome.NOT_REACHED])
def test_a_decisive_step_that_is_not_the_same_fails(step: Step, outcome: Outcome) -> None:
    made = judged(**{step.value: outcome})
    assert made.state is ReproductionState.FAILED
    assert step.value in made.detail


def test_the_first_to_differ_is_named_in_the_order_of_making() -> None:
    differ = {step.value: Outcome.DIFFERS for step in (Step.PREDICTIONS, Step.TRAINING, Step.ENVIRONMENT)}
    assert judged(**differ).first_differing_stage == "environment"


def test_what_differs_and_changes_no_answer_is_told_beside_the_success() -> None:
    made = judged(code=Outcome.DIFFERS)
    assert (made.state, made.first_differing_stage) == (ReproductionState.PASSED, "code")
    assert "Also, code" in made.detail


def test_nothing_compared_is_no_success() -> None:
    assert judge([], tolerance=0.0, rows=0, largest_difference=None, environment="").state is ReproductionState.FAILED
