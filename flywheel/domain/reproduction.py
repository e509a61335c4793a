"""Reproductions: what was made again, stage by stage, and whether the same model came out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from flywheel.errors import counted


class Step(StrEnum):
    """What is held against the record, in the order in which one thing is made from the other."""

    CHARTER = "charter"
    SOURCES = "sources"
    INGEST = "ingest"
    PREPARE = "prepare"
    CODE = "code"
    ENVIRONMENT = "environment"
    RECIPE = "recipe"
    ENCODING = "encoding"
    TRAINING = "training"
    PREDICTIONS = "predictions"


class Outcome(StrEnum):
    """What was found at a step; what nobody recorded or what is gone cannot be compared, and is not the same."""

    SAME = "same"
    DIFFERS = "differs"
    UNKNOWN = "unknown"
    NOT_REACHED = "not_reached"


class ReproductionState(StrEnum):
    """Whether a version could be made again; NONE where nobody has tried."""

    PASSED = "passed"
    FAILED = "failed"
    NONE = "none"


TOLERANCE = 1e-6
"""By how much a prediction may differ, where nobody asks for less or more."""
DECISIVE = frozenset({Step.CHARTER, Step.INGEST, Step.PREPARE, Step.RECIPE, Step.PREDICTIONS})
"""Without these being the same there is no reproduction; the others only explain, or are told beside a success."""


@dataclass(frozen=True)
class Compared:
    """One step beside the record."""

    step: Step
    outcome: Outcome
    detail: str = ""


@dataclass(frozen=True)
class Reproduction:
    """The badge of an attempt."""

    state: ReproductionState
    first_differing_stage: str
    detail: str
    steps: tuple[Compared, ...]
    tolerance: float
    rows: int
    largest_difference: float | None
    environment: str


def judge(
    steps: Sequence[Compared], *, tolerance: float, rows: int, largest_difference: float | None, environment: str
) -> Reproduction:
    """Conclude from what was compared; a step that was not reached counts as not the same."""
    known = {one.step: one for one in steps}
    whole = tuple(known.get(step, Compared(step, Outcome.NOT_REACHED)) for step in Step)
    passed = all(one.outcome is Outcome.SAME for one in whole if one.step in DECISIVE)
    differing = next((one for one in whole if one.outcome is Outcome.DIFFERS), None)
    return Reproduction(
        state=ReproductionState.PASSED if passed else ReproductionState.FAILED,
        first_differing_stage=differing.step.value if differing else "",
        detail=_sentence(whole, differing, rows, passed=passed),
        steps=whole,
        tolerance=tolerance,
        rows=rows,
        largest_difference=largest_difference,
        environment=environment,
    )


def _sentence(steps: tuple[Compared, ...], differing: Compared | None, rows: int, *, passed: bool) -> str:
    first = f"{differing.step.value}: {differing.detail}" if differing else ""
    if passed:
        beside = f" Also, {first}." if first else ""
        training = next(one for one in steps if one.step is Step.TRAINING)
        how = "External model: read and scored again" if training.outcome is Outcome.UNKNOWN else "Reproduced"
        return f"{how} in a clean process; the answers to all {counted(rows, 'test row', 'agree')}.{beside}"
    if first:
        return f"Not reproduced. The first step that differs is {first}."
    missing = next(one for one in steps if one.step in DECISIVE and one.outcome is not Outcome.SAME)
    return f"Not reproduced: {missing.step.value} {missing.outcome.value.replace('_', ' ')}. {missing.detail}".strip()
