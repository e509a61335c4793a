"""One moment in all rows of a window is a clock that stands still, unless the reference's windows were so."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

from validators.still_clocks import standing_still

WEEK, DAY = timedelta(weeks=1), timedelta(days=1)
START = pd.Timestamp("2025-07-07", tz="UTC")


def spread(days: int, a_day: int, *, to: str = "min", first: pd.Timestamp = START) -> pd.Series[Any]:
    rng = np.random.default_rng(days)
    return pd.Series((first + pd.to_timedelta(rng.random(days * a_day) * days * 86_400, unit="s")).floor(to))


def one(rows: int, at: str = "2026-11-02") -> pd.Series[Any]:
    return pd.Series([pd.Timestamp(at, tz="UTC")] * rows)


def monthly(months: int, rows: int) -> pd.Series[Any]:
    return pd.Series(np.repeat(pd.date_range(START.floor("D"), periods=months, freq="MS"), rows))


@pytest.mark.parametrize("to", ["s", "min", "h", "D"])
@pytest.mark.parametrize("rows", [200, 400, 5_000])
def test_a_week_of_one_moment_is_told(to: str, rows: int) -> None:
    said = standing_still(one(rows), spread(400, 25, to=to), length=WEEK, days=7)
    assert said.startswith(f"{rows:,} of {rows:,} rows claim one and the same time, 2026-11-02 00:00:00 UTC, ")


@pytest.mark.parametrize("days", [2.5, 4, 7])
def test_one_moment_of_more_days_than_hold_one_batch_is_told(days: float) -> None:
    said = standing_still(one(300), nightly(365, 33), length=WEEK, days=days)
    assert said.endswith(
        "sends the time of its batch; when cases were asked, and so which window they belong to, is not known"
    )
    assert "a clock stands still, only one batch came, or" in said


def test_a_few_rows_of_another_caller_hide_nothing() -> None:
    mixed = pd.concat([one(400), spread(7, 5)], ignore_index=True)
    assert standing_still(mixed, spread(400, 25), length=WEEK, days=7)


def nightly(nights: int, rows: int, at: str = "03:00") -> pd.Series[Any]:
    return pd.Series(np.repeat(pd.date_range(START.floor("D") + pd.Timedelta(f"{at}:00"), periods=nights), rows))


HONEST: dict[str, tuple[pd.Series[Any], pd.Series[Any], timedelta, float]] = {
    "rows of a week": (spread(7, 60), spread(400, 25), WEEK, 7),
    "dates of a week": (spread(7, 60, to="D"), spread(400, 25, to="D"), WEEK, 7),
    "dates, windows of a day": (one(400), spread(400, 25, to="D"), DAY, 1),
    "dates, a version that answered on one day of the week": (one(400), spread(400, 25, to="D"), WEEK, 0.6),
    "nightly batches, a version that answered since Saturday noon": (one(300), nightly(365, 33), WEEK, 1.5),
    "nightly batches, a version that answered since Friday night": (one(300), nightly(365, 33, "23:30"), WEEK, 1.9),
    "hourly batches, a version that answered for an hour": (one(300), spread(60, 600, to="h"), WEEK, 1 / 24),
    "monthly snapshots": (one(400), monthly(20, 500), WEEK, 7),
    "monthly snapshots, windows of a month": (one(400), monthly(20, 500), timedelta(days=30), 30),
    "few rows": (one(199), spread(400, 25), WEEK, 7),
    "half of the rows": (pd.concat([one(300), spread(7, 60)]), spread(400, 25), WEEK, 7),
    "a table of three weeks": (one(400), spread(21, 100), WEEK, 7),
}


@pytest.mark.parametrize("name", HONEST)
def test_what_is_so_in_the_reference_is_no_dead_clock(name: str) -> None:
    moments, before, length, days = HONEST[name]
    assert standing_still(moments, before, length=length, days=days) == ""


def test_without_times_of_the_reference_nothing_is_known() -> None:
    assert standing_still(one(400), None, length=WEEK, days=7) == ""
    assert standing_still(pd.Series([None] * 400, dtype=object), spread(400, 25), length=WEEK, days=7) == ""
