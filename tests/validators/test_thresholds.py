"""PERF-003: bounds on figures, with finiteness first."""

from __future__ import annotations

import math

import pytest

from flywheel.domain.gates import Verdict
from validators import thresholds
from validators.specs import Bounds


@pytest.mark.parametrize(
    ("value", "verdict"),
    [
        (0.71, Verdict.PASSED),
        (0.7, Verdict.PASSED),
        (0.1 + 0.2 + 0.4 - 1e-16, Verdict.PASSED),
        (0.69, Verdict.FAILED),
        (math.nan, Verdict.FAILED),
    ],
)
def test_a_lower_bound_holds(value: float, verdict: Verdict) -> None:
    assert thresholds.check({"auc": value}, bounds={"auc": Bounds(at_least=0.7)}).result.verdict is verdict


def test_a_figure_never_computed_fails() -> None:
    result = thresholds.check({"brier": 0.1}, bounds={"auc": Bounds(at_least=0.7)}).result
    assert result.verdict is Verdict.FAILED
    assert "never computed" in result.findings[0].what


def test_an_unbounded_figure_must_still_be_a_number() -> None:
    figures = {"auc": 0.9, "brier": math.inf}
    assert thresholds.check(figures, bounds={"auc": Bounds(at_least=0.7)}).result.verdict is Verdict.FAILED


def test_no_bounds_are_no_pass() -> None:
    assert thresholds.check({"auc": 0.9}, bounds={}).result.verdict is Verdict.NOT_EVALUATED


@pytest.mark.parametrize("bound", [Bounds(), Bounds(at_least=math.nan), Bounds(at_most=math.inf)])
def test_a_bound_that_bounds_nothing_is_an_error(bound: Bounds) -> None:
    assert thresholds.check({"auc": 0.9}, bounds={"auc": bound}).result.verdict is Verdict.ERROR
