"""Features that are times are watched: what is missing, what is declared, and what no calendar explains."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from flywheel.domain.gates import Verdict
from flywheel.project.reading.kinds import Kind
from validators import drift_own, input_contract, sentinels
from validators.profiles import make_profile
from validators.specs import ColumnRule

START = pd.Timestamp("2015-01-01", tz="UTC")
RULES = (ColumnRule("since", Kind.TIME),)
DECLARED = (
    ColumnRule("since", Kind.TIME, between=(START, pd.Timestamp("2035-01-01", tz="UTC")), missing_at_most=0.01),
)


def since(rows: int, *, seed: int, first: int = 0, days: int = 3_500) -> pd.DataFrame:
    drawn = first + np.random.default_rng(seed).integers(0, days, rows)
    return pd.DataFrame({"since": START + pd.to_timedelta(drawn, unit="D")})


def half(frame: pd.DataFrame, moment: str) -> pd.DataFrame:
    return frame.assign(since=frame["since"].mask(frame.index % 2 == 0, pd.Timestamp(moment, tz="UTC")))


PROFILE = make_profile(since(5_000, seed=1), rules=RULES)
FAULTS: dict[str, Callable[[pd.DataFrame], pd.DataFrame]] = {
    "all null": lambda frame: frame.assign(since=pd.Series(pd.NaT, frame.index).dt.tz_localize("UTC")),
    "a third null": lambda frame: frame.assign(since=frame["since"].mask(frame.index % 3 == 0)),
    "half 1900": lambda frame: half(frame, "1900-01-01"),
    "half 2099": lambda frame: half(frame, "2099-12-31"),
    "stuck at the first day": lambda frame: frame.assign(since=START),
    "a code within": lambda frame: half(frame, "2016-02-29"),
    "milliseconds read as microseconds": lambda frame: frame.assign(
        since=pd.to_datetime((frame["since"] - pd.Timestamp(0, tz="UTC")) // pd.Timedelta("1s"), unit="ms", utc=True)
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("rows", [300, 2_000])
def test_a_time_that_no_calendar_explains_rings(fault: str, rows: int) -> None:
    result = drift_own.check(FAULTS[fault](since(rows, seed=2)), profile=PROFILE).result
    assert result.verdict is Verdict.FAILED
    assert {finding.column for finding in result.findings} == {"since"}


@pytest.mark.parametrize("fault", ["all null", "a third null", "half 1900", "half 2099"])
def test_what_is_declared_of_a_time_is_held_against_traffic(fault: str) -> None:
    frame = FAULTS[fault](since(2_000, seed=2))
    assert input_contract.check(frame, rules=DECLARED, profile=PROFILE).result.verdict is Verdict.FAILED


@pytest.mark.parametrize(("first", "days"), [(0, 3_500), (400, 3_500), (3_495, 7), (4_200, 1), (5_000, 30)])
def test_a_time_that_moves_with_the_calendar_rings_nothing(first: int, days: int) -> None:
    for seed in range(10):
        frame = since(500, seed=10 + seed, first=first, days=days)
        for result in (
            drift_own.check(frame, profile=PROFILE).result,
            sentinels.check(frame, profile=PROFILE).result,
            input_contract.check(frame, rules=RULES, profile=PROFILE).result,
        ):
            assert [finding.what for finding in result.findings] == []


def test_a_day_without_end_beyond_what_python_counts_is_watched() -> None:
    endless = since(5_000, seed=1).astype("datetime64[us, UTC]")
    endless.loc[::3, "since"] = pd.Timestamp("9999-12-31", tz="UTC").as_unit("us")
    profile = make_profile(endless, rules=RULES)
    assert drift_own.check(endless.head(600), profile=profile).result.verdict is Verdict.PASSED
    assert drift_own.check(half(endless.head(600), "1900-01-01"), profile=profile).result.verdict is Verdict.FAILED
