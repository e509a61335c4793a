"""PERF-016: what was agreed is reached, asked about until its day, and closes after it or where it got worse."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from flywheel.domain.gates import Verdict
from validators.targets import Target, check

TODAY = date(2026, 11, 30)
BEFORE, AFTER = date(2026, 11, 29), date(2026, 12, 1)


def verdict(level: float, *, before: float = 0.6, wanted: float = 0.8, by: date | None = None) -> Verdict:
    target = Target("ranks well", "AUC", before, wanted, by)
    return check({"AUC": level}, targets=(target,), today=TODAY).result.verdict


@pytest.mark.parametrize("by", [None, BEFORE, TODAY, AFTER])
def test_what_is_reached_passes_whatever_the_day(by: date | None) -> None:
    assert verdict(0.8, by=by) is Verdict.PASSED


@pytest.mark.parametrize("by", [TODAY, AFTER])
def test_until_its_day_what_is_missed_is_asked(by: date) -> None:
    target = Target("ranks well", "AUC", 0.6, 0.8, by)
    result = check({"AUC": 0.7}, targets=(target,), today=TODAY).result
    assert result.verdict in {Verdict.PASSED, Verdict.WARNED}
    assert result.questions == (
        f"ranks well: AUC is 0.7 on the test rows, and 0.8 is the target by {by}. Is that enough for now?",
    )


@pytest.mark.parametrize("by", [None, BEFORE])
def test_after_its_day_or_without_one_what_is_missed_closes(by: date | None) -> None:
    assert verdict(0.7, by=by) is Verdict.FAILED


def test_what_is_worse_than_today_closes_before_its_day_too() -> None:
    assert verdict(0.5, by=AFTER) is Verdict.FAILED


@pytest.mark.parametrize(("level", "said"), [(0.2, Verdict.PASSED), (0.3, Verdict.FAILED)])
def test_a_target_below_todays_level_is_reached_from_above(level: float, said: Verdict) -> None:
    assert verdict(level, before=0.6, wanted=0.2) is said


@pytest.mark.parametrize("level", [np.nan, np.inf, -np.inf, None, True])
def test_what_is_no_number_reaches_nothing(level: float) -> None:
    assert verdict(level, wanted=0.0, before=-1.0) not in {Verdict.PASSED, Verdict.WARNED}


def test_what_the_test_rows_do_not_give_closes() -> None:
    target = Target("hits", "hit rate", 0.1, 0.2, None)
    result = check({"AUC": 0.9}, targets=(target,), today=TODAY).result
    assert result.verdict not in {Verdict.PASSED, Verdict.WARNED}
    assert "give no hit rate" in result.findings[0].what


def test_without_a_target_it_does_not_apply() -> None:
    assert check({"AUC": 0.9}, targets=(), today=TODAY).result.verdict is Verdict.NOT_APPLICABLE
