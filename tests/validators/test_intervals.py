"""PERF-015: intervals that hold what they promise pass, and those that do not are named."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from flywheel.domain.gates import Severity, Verdict
from flywheel.project.tabular.answering import Amounts, amounts_around
from flywheel.project.tabular.certainty import units_of
from validators import intervals
from validators.protocol import Checked

HALF = {"region south": np.arange(2_000) % 2 == 0}


def amounts(rows: int, *, seed: int, wider: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """What was true, and what was said of it."""
    draw = np.random.default_rng(seed)
    said = draw.uniform(10, 200, rows)
    return said * draw.lognormal(0, 0.25 * wider, rows), said


def measured(seed: int, rows: int = 1_000) -> Amounts:
    return amounts_around(*amounts(rows, seed=seed), quantile=0.5, least=0.0)


def judged(answering: Amounts, truth: np.ndarray, output: np.ndarray, **more: Any) -> Checked:
    return intervals.check(truth, answering.interval(answering.said(output)), **more)


@pytest.mark.parametrize("rows", [100, 1_000])
def test_honest_intervals_close_hardly_ever(rows: int) -> None:
    closed = 0
    for seed in range(150):
        result = judged(measured(seed), *amounts(rows, seed=seed + 1_000)).result
        closed += result.verdict is Verdict.FAILED
    assert closed <= 150 * 0.02 + 3


def test_intervals_of_a_calmer_time_close_the_gate() -> None:
    result = judged(measured(1), *amounts(2_000, seed=2, wider=1.6)).result
    assert result.verdict is Verdict.FAILED
    assert "which promise 90%" in result.findings[0].what.replace(" %", "%")


def test_a_part_that_they_do_not_hold_in_is_asked_about() -> None:
    truth, said = amounts(2_000, seed=3)
    wild, _ = amounts(2_000, seed=3, wider=1.7)
    south = HALF["region south"]
    result = judged(measured(1, 4_000), np.where(south, wild, truth), said, parts=HALF).result
    asked = [one for one in result.findings if one.severity is Severity.QUESTION]
    assert [one.locator for one in asked] == ["region south"]


def test_copies_of_few_rows_prove_nothing() -> None:
    truth, said = amounts(40, seed=9, wider=2.0)
    many = (np.repeat(truth, 50), np.repeat(said, 50))
    alone = judged(measured(1), *many).result
    together = judged(measured(1), *many, units=units_of(np.repeat(np.arange(40), 50))).result
    assert (alone.verdict, together.verdict is Verdict.FAILED) == (Verdict.FAILED, False)


def test_too_few_rows_and_no_amounts_are_no_pass() -> None:
    assert judged(measured(1), *amounts(30, seed=2)).result.verdict is Verdict.FAILED
    assert intervals.check(np.ones(200), None).result.verdict is Verdict.NOT_APPLICABLE
