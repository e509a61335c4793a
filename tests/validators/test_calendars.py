"""One day in many rows is no fault where it is natural at its age, and is one wherever it is not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from flywheel.domain.gates import Verdict
from flywheel.project.reading.kinds import Kind
from validators import drift_own
from validators.profiles import Profile, make_profile
from validators.protocol import Checked
from validators.specs import ColumnRule

START, DAYS = np.datetime64("2025-01-01", "D"), 600
RULES = (ColumnRule("since", Kind.TIME),)
Floats = np.ndarray[Any, np.dtype[np.float64]]
Column = Callable[[np.random.Generator, Floats], Any]


def _months(days: Any) -> Any:
    return (START + np.floor(days).astype(int)).astype("datetime64[M]").astype("datetime64[D]")


def _days(days: Any) -> Any:
    return START + np.floor(days).astype(int)


def _campaigns(draw: np.random.Generator, asked: Floats) -> Any:
    """Six in ten came by one of the last campaigns, which there is about each month; the others at any time."""
    last = (asked // 31 - draw.geometric(0.5, asked.size) + 1) * 31
    return _days(np.where(draw.random(asked.size) < 0.6, last, asked - draw.exponential(400, asked.size)))


def _moved_in(draw: np.random.Generator, asked: Floats) -> Any:
    """Since the 300th day three in ten are of a firm that was taken over then."""
    is_theirs = (asked > 300) & (draw.random(asked.size) < 0.3)
    return _days(np.where(is_theirs, 300, asked - draw.exponential(700, asked.size)))


HONEST: dict[str, Column] = {
    "the day itself": lambda _, asked: _days(asked),
    "loaded the day before": lambda _, asked: _days(asked - 1),
    "the first of the month": lambda _, asked: _months(asked),
    "births": lambda draw, asked: _days(-6_000 - draw.random(asked.size) * 20_000),
    "births, many unknown": lambda draw, asked: _days(
        np.where(draw.random(asked.size) < 0.03, -20_089, -6_000 - draw.random(asked.size) * 20_000)
    ),
    "opened at any time": lambda draw, asked: _days(asked - draw.exponential(700, asked.size)),
    "month of opening": lambda draw, asked: _months(asked - draw.exponential(700, asked.size)),
    "campaigns": _campaigns,
    "a firm taken over": _moved_in,
    "an appointment": lambda draw, asked: _days(asked + draw.integers(1, 30, asked.size)),
    "a year before": lambda _, asked: _days(asked - 365),
}


def rows(column: str, count: int, first: int, days: int, *, seed: int) -> pd.DataFrame:
    draw = np.random.default_rng([seed, first, days])
    asked = np.sort(first + days * draw.random(count))
    at = START.astype("datetime64[s]") + (asked * 86_400).astype("timedelta64[s]")
    since = pd.Series(pd.to_datetime(HONEST[column](draw, asked))).dt.as_unit("us").dt.tz_localize("UTC")
    return pd.DataFrame({"since": since, "at": pd.Series(at).dt.as_unit("us").dt.tz_localize("UTC")})


def frozen(column: str, *, count: int = 5_000, time: str | None = "at", seed: int = 1) -> Profile:
    return make_profile(rows(column, count, 0, DAYS, seed=seed), rules=RULES, time=time)


def judged(window: pd.DataFrame, profile: Profile, *, has_times: bool = True) -> Checked:
    return drift_own.check(window, profile=profile, asked=window["at"] if has_times else None)


def stuck(window: pd.DataFrame, share: float, day: Any) -> pd.DataFrame:
    is_stuck = np.random.default_rng(3).random(len(window)) < share
    return window.assign(since=window["since"].mask(is_stuck, pd.Timestamp(day, tz="UTC")))


@pytest.mark.parametrize("column", HONEST)
@pytest.mark.parametrize(("first", "days"), [(600, 1), (641, 1), (655, 7), (760, 7), (700, 31)])
def test_no_honest_column_rings_in_any_window(column: str, first: int, days: int) -> None:
    for seed, count in ((1, 1_000), (2, 5_000), (3, 20_000)):
        for has_times in (True, False):
            profile = frozen(column, count=count, time="at" if has_times else None, seed=seed)
            window = rows(column, 1_000, first, days, seed=seed)
            assert judged(window, profile, has_times=has_times).result.findings == ()


@pytest.mark.parametrize("share", [0.2, 0.5, 1.0])
@pytest.mark.parametrize("point", [0.3, 0.6, 0.8])
@pytest.mark.parametrize("has_times", [True, False])
@pytest.mark.parametrize("column", ["opened at any time", "births", "the day itself"])
def test_a_feed_stuck_at_any_day_of_the_reference_rings(
    column: str, has_times: bool, point: float, share: float
) -> None:
    profile = frozen(column, time="at" if has_times else None)
    day = rows(column, 5_000, 0, DAYS, seed=1)["since"].sort_values().iloc[int(5_000 * point)].date()
    window = rows(column, 1_000, 640, 7, seed=9)
    result = judged(stuck(window, share, day), profile, has_times=has_times).result
    assert result.verdict is Verdict.FAILED
    assert f"lie on one day, {day}" in result.findings[0].what


@pytest.mark.parametrize("share", [0.2, 1.0])
@pytest.mark.parametrize("column", ["opened at any time", "births"])
def test_the_newest_day_as_a_default_rings_where_rows_have_times(column: str, share: float) -> None:
    window = rows(column, 1_000, 640, 7, seed=9)
    broken = stuck(window, share, window["at"].min().date())
    assert judged(broken, frozen(column)).result.verdict is Verdict.FAILED


@pytest.mark.parametrize("column", ["the day itself", "loaded the day before"])
def test_a_feed_that_stopped_twenty_days_ago_rings(column: str) -> None:
    window = rows(column, 1_000, 640, 7, seed=9)
    assert judged(stuck(window, 1.0, START + 620), frozen(column)).result.verdict is Verdict.FAILED


def test_a_reference_that_hardly_asks_twice_a_day_tells_nothing_of_ages() -> None:
    assert frozen("the day itself", count=200).columns[0].calendar.shared == ()
    assert Profile.from_json((known := frozen("births")).to_json()) == known
