"""A few times far beyond all others stand alone; data as they come, in bursts or with gaps, have none such."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from flywheel.project.reading.lone import ENOUGH, lone_at_end
from flywheel.project.tabular.split import SplitRule
from flywheel.project.tabular.units import Unit

DAY = 86_400
Times = Callable[[np.random.Generator, int], np.ndarray]
HONEST: dict[str, Times] = {
    "any moment": lambda rng, rows: rng.integers(0, 730 * DAY, rows),
    "days": lambda rng, rows: rng.integers(0, 730, rows) * DAY,
    "weekdays, by day": lambda rng, rows: (rng.integers(0, 100, rows) * 7 + rng.integers(0, 5, rows)) * DAY,
    "ends of months": lambda rng, rows: rng.integers(0, 24, rows) * 30 * DAY,
    "ever more": lambda rng, rows: (730 * DAY * np.sqrt(rng.random(rows))).astype(int),
    "with a year off": lambda rng, rows: rng.integers(0, 365, rows) * DAY + rng.integers(0, 2, rows) * 700 * DAY,
    "one day": lambda rng, rows: rng.integers(0, DAY, rows),
}


@pytest.mark.parametrize("rows", [30, 200, 3_000])
@pytest.mark.parametrize("how", HONEST)
def test_times_as_they_come_have_hardly_ever_a_lone_one(how: str, rows: int) -> None:
    drawn = [np.sort(HONEST[how](np.random.default_rng([seed, rows]), rows)).astype(np.int64) for seed in range(100)]
    assert sum(lone_at_end(one) > 0 for one in drawn) <= 2


@pytest.mark.parametrize("rows", [30, 200, 3_000])
def test_where_rows_thin_out_to_nothing_the_last_may_be_called_alone_but_seldom(rows: int) -> None:
    """It costs nothing: the test begins that much earlier."""
    days = [730 * DAY * (1 - np.sqrt(np.random.default_rng([seed, rows]).random(rows))) for seed in range(100)]
    assert sum(lone_at_end(np.sort(one).astype(np.int64)) > 0 for one in days) <= 10


@pytest.mark.parametrize("how", ["any moment", "days", "weekdays, by day", "ends of months", "ever more"])
@pytest.mark.parametrize(("rows", "mistyped"), [(100, 1), (400, 3), (3_000, 1), (3_000, 20)])
def test_a_few_mistyped_years_stand_alone(how: str, rows: int, mistyped: int) -> None:
    rng = np.random.default_rng(rows)
    times = np.sort(HONEST[how](rng, rows))
    times[-mistyped:] += rng.choice([365, 730, 3_650, 36_500], mistyped) * DAY
    assert lone_at_end(np.sort(times).astype(np.int64)) == mistyped


def test_of_a_few_times_none_is_called_alone() -> None:
    assert lone_at_end(np.array([*range(ENOUGH - 2), 10_000], dtype=np.int64)) == 0


@pytest.mark.parametrize("day", ["2024-06-01", "2024-12-01", "2026-07-01", "2203-01-01"])
def test_one_mistyped_day_moves_no_cut(day: str) -> None:
    rng = np.random.default_rng(1)
    times = pd.Timestamp("2022-01-01", tz="UTC") + pd.to_timedelta(rng.integers(0, 730, 3_000), unit="D")
    frame = pd.DataFrame({"at": times.as_unit("us"), "x": rng.normal(size=3_000)})
    rule = SplitRule(Unit("shop", None, ("x",)), "146 days", "146 days", "at")
    clean, place = rule.part(frame), int(frame["at"].argmin())
    mistyped = rule.part(frame.assign(at=frame["at"].mask(frame.index == place, pd.Timestamp(day, tz="UTC"))))
    assert (clean.lone.tolist(), mistyped.lone.tolist()) == ([], [place])
    assert mistyped.cuts == clean.cuts
    assert mistyped.split.sizes["test"] == clean.split.sizes["test"] + 1


def test_one_mistyped_day_moves_no_turn_of_the_others() -> None:
    rng, rule = np.random.default_rng(2), SplitRule(Unit("shop", "who", ()), "90 days", "90 days", "at")
    days = pd.Timestamp("2022-01-01", tz="UTC") + pd.to_timedelta(rng.integers(0, 730, 600), unit="D")
    frame = pd.DataFrame({"who": [f"w{n % 50}" for n in range(600)], "at": days.as_unit("us")})
    mistyped = frame.assign(at=frame["at"].mask(frame.index == 5, pd.Timestamp("2026-01-01", tz="UTC")))
    assert np.flatnonzero(rule.in_turn(frame) != rule.in_turn(mistyped)).tolist() == [5]
