"""PARITY-001: trained and packaged answers, row by row."""

from __future__ import annotations

import numpy as np
import pytest

from flywheel.domain.gates import Verdict
from validators import parity

SCORES = np.linspace(0, 1, 500)


def test_equal_answers_pass_with_their_count() -> None:
    result = parity.check(SCORES, SCORES.astype(np.float32)).result
    assert result.verdict is Verdict.PASSED
    assert result.figures["evaluated"] == 500


def test_one_row_that_differs_fails_and_is_named() -> None:
    served = SCORES.copy()
    served[42] += 0.01
    result = parity.check(SCORES, served).result
    assert result.verdict is Verdict.FAILED
    assert "1 of 500 rows, first in row 42" in result.findings[0].what


@pytest.mark.parametrize(("by", "verdict"), [(0.5e-6, Verdict.PASSED), (2e-6, Verdict.FAILED)])
@pytest.mark.parametrize("amount", [1.0, 40_000.0, -3e9])
def test_large_amounts_are_compared_by_their_digits(amount: float, by: float, verdict: Verdict) -> None:
    """A chance is compared by itself; the sixth digit of an amount is the sixth digit, whatever its size."""
    amounts = np.full(500, amount)
    assert parity.check(amounts, amounts * (1 + by)).result.verdict is verdict


def test_what_was_compared_is_named() -> None:
    assert parity.check(SCORES, SCORES, package="sha256:1").result.figures["package"] == "sha256:1"


@pytest.mark.parametrize("tolerance", [float("nan"), -1.0, 1.0])
def test_a_tolerance_that_tolerates_anything_is_an_error(tolerance: float) -> None:
    assert parity.check(SCORES, SCORES, tolerance=tolerance).result.verdict is Verdict.ERROR


def test_golden_rows_that_were_answered_pass() -> None:
    assert parity.check_golden(rows=12).result.verdict is Verdict.PASSED


def test_golden_rows_that_were_not_answered_never_pass() -> None:
    refused = parity.check_golden(rows=0, refusal="the model answers 6 of 6 golden rows otherwise").result
    assert refused.verdict not in {Verdict.PASSED, Verdict.WARNED}
    assert "6 of 6 golden rows" in refused.findings[0].what
    assert parity.check_golden(rows=0).result.verdict not in {Verdict.PASSED, Verdict.WARNED}
