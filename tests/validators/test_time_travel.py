"""PERF-007: features from after the decision are found by their times, their gaps and what they knew before."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from flywheel.domain.gates import Severity, Verdict
from flywheel.project.reading.kinds import Kind
from tests.factories.examined import seen
from tests.factories.traffic import RULES
from validators import time_travel
from validators.protocol import Checked
from validators.specs import ColumnRole, ColumnRule

SEEN = seen()
FRAME, OUTCOMES = SEEN.frame, SEEN.labels.astype(float)
CLOCK = ColumnRule("asked_at", Kind.TIME, role=ColumnRole.TIME)
SPY = ColumnRule("spy", Kind.NUMBER)


def judged(frame: pd.DataFrame, *more: ColumnRule, outcomes: np.ndarray = OUTCOMES) -> Checked:
    return time_travel.check(frame, outcomes, rules=(CLOCK, *RULES, *more))


def test_honest_features_pass() -> None:
    assert judged(FRAME).result.verdict is Verdict.PASSED


def test_a_time_after_the_decision_closes() -> None:
    later = ColumnRule("paid_at", Kind.TIME)
    frame = FRAME.assign(paid_at=FRAME["asked_at"] + pd.to_timedelta(np.arange(len(FRAME)) % 3 - 1, unit="D"))
    result = judged(frame, later).result
    assert (result.verdict, result.findings[0].locator) == (Verdict.FAILED, "paid_at")
    before = FRAME.assign(paid_at=FRAME["asked_at"] - pd.Timedelta("1D"))
    assert judged(before, later).result.verdict is Verdict.PASSED


DAY = np.timedelta64(1, "D")
DAYS = pd.Series(pd.date_range("2024-01-01", periods=400, tz="UTC")[np.arange(len(FRAME)) % 400], index=FRAME.index)


def of_time(values: pd.Series, *, at: pd.Series = FRAME["asked_at"]) -> tuple[Verdict, list[Severity]]:
    frame = FRAME.assign(asked_at=at, due=values)
    result = judged(frame, ColumnRule("due", Kind.TIME)).result
    return result.verdict, [one.severity for one in result.findings if one.locator == "due"]


def days_later(least: int, most: int, *, after: pd.Series) -> pd.Series:
    return after + pd.to_timedelta(np.random.default_rng(abs(least)).integers(least, most, len(FRAME)), unit="D")


@pytest.mark.parametrize("ahead", [(14, 15), (1, 60), (365, 3_650)])
@pytest.mark.parametrize("at", [FRAME["asked_at"], DAYS])
def test_a_day_that_may_have_been_agreed_by_then_is_asked_about(ahead: tuple[int, int], at: pd.Series) -> None:
    _, found = of_time(days_later(*ahead, after=at), at=at)
    assert found == [Severity.QUESTION]


def test_an_expiry_that_some_have_behind_them_is_asked_about() -> None:
    assert of_time(days_later(-300, 1_500, after=DAYS), at=DAYS)[1] == [Severity.QUESTION]


@pytest.mark.parametrize("ahead", [(20, 60), (1, 200), (-30, 90)])
@pytest.mark.parametrize("is_lacking", [False, True])
def test_a_time_that_ends_with_the_data_was_recorded_and_closes(ahead: tuple[int, int], is_lacking: bool) -> None:
    recorded = days_later(*ahead, after=DAYS)
    last = DAYS.max()
    recorded = recorded.mask(recorded > last, pd.NaT if is_lacking else last)
    verdict, found = of_time(recorded, at=DAYS)
    assert (verdict, found[0]) == (Verdict.FAILED, Severity.CRITICAL)


@pytest.mark.parametrize("zone_hours", [-10, -5, 0, 2])
def test_what_happened_on_the_day_of_the_decision_is_not_after_it(zone_hours: int) -> None:
    minutes = np.random.default_rng(3).integers(0, 24 * 60, len(FRAME)) - 60 * zone_hours
    assert of_time(DAYS + pd.to_timedelta(minutes, unit="m"), at=DAYS) == (Verdict.PASSED, [])
    assert of_time(DAYS + DAY, at=DAYS)[1] != []
    assert of_time(DAYS + DAY + pd.to_timedelta(minutes + 12 * 60, unit="m"), at=DAYS)[1] != []


def test_a_value_that_newest_rows_lack_is_a_question() -> None:
    is_new = np.arange(len(FRAME)) > 0.96 * len(FRAME)
    spy = np.where(is_new, np.nan, np.random.default_rng(1).normal(size=len(FRAME)))
    finding = judged(FRAME.assign(spy=spy), SPY).result.findings[0]
    assert (finding.locator, finding.severity) == ("spy", Severity.QUESTION)
    assert "filled in later" in finding.what


def test_a_feature_that_knows_its_own_row_only_is_a_question() -> None:
    subject = ColumnRule("customer", Kind.INTEGER, role=ColumnRole.ENTITY)
    spy = OUTCOMES + np.random.default_rng(2).normal(scale=0.4, size=OUTCOMES.size)
    frame = FRAME.assign(spy=spy, customer=np.arange(len(FRAME)) % 400)
    finding = judged(frame, SPY, subject).result.findings[0]
    assert (finding.locator, finding.severity) == ("spy", Severity.QUESTION)
    assert "one step earlier" in finding.what


def test_a_series_at_even_steps_is_its_own_subject() -> None:
    steps = pd.Timestamp("2026-01-01", tz="UTC") + pd.to_timedelta(np.arange(len(FRAME)), unit="h")
    spy = OUTCOMES + np.random.default_rng(2).normal(scale=0.4, size=OUTCOMES.size)
    assert judged(FRAME.assign(asked_at=steps, spy=spy), SPY).result.findings[0].locator == "spy"


def test_without_a_declared_time_it_does_not_apply() -> None:
    assert time_travel.check(FRAME, OUTCOMES, rules=RULES).result.verdict is Verdict.NOT_APPLICABLE


@pytest.mark.parametrize(
    "frame",
    [
        FRAME.drop(columns="asked_at"),
        FRAME.drop(columns="income"),
        FRAME.assign(asked_at=FRAME["asked_at"].mask(FRAME.index == 3)),
        FRAME[:50],
    ],
)
def test_rows_that_cannot_be_placed_in_time_close(frame: pd.DataFrame) -> None:
    assert judged(frame).result.verdict is Verdict.FAILED
