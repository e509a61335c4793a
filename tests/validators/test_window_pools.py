"""Windows of the like time: few rows leave their shares open, weekdays stay apart, a season ends with its time."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from flywheel.project.reading.kinds import Kind
from flywheel.project.tabular.certainty import ALONE
from validators.own_windows import Seen, seen_of, with_its_windows
from validators.profiles import Profile, make_profile
from validators.specs import ColumnRule
from validators.stretches import Span, Stretch
from validators.window_pools import like_times

NUMBERS = ("price", "warmth", "power", "days")
FIRST, YEAR, TWO_YEARS = "2024-01-08", 400, 760
DAY, WEEK = timedelta(days=1), timedelta(weeks=1)


def rules(*names: str, kind: Kind = Kind.NUMBER) -> tuple[ColumnRule, ...]:
    return tuple(ColumnRule(name, kind) for name in names)


def drawn(rows: int, seed: list[int], *, first: str, days: int) -> pd.DataFrame:
    draw = np.random.default_rng(seed)
    at = pd.Timestamp(first, tz="UTC") + pd.to_timedelta(np.sort(draw.random(rows)) * days, unit="D")
    winter = np.cos(2 * np.pi * at.dayofyear.to_numpy() / 365)
    return pd.DataFrame(
        {
            "at": at,
            "price": (10 + at.month.to_numpy() / 2 + draw.normal(0, 0.4, rows)).round(1),
            "warmth": (10 - 12 * winter + draw.normal(0, 3, rows)).round(1),
            "power": np.exp(5 + 0.6 * winter + draw.normal(0, 0.5, rows)).round(),
            "days": (40 + 15 * winter + draw.normal(0, 6, rows)).round(),
            "season": np.array(["winter", "spring", "summer", "autumn"])[(at.month.to_numpy() - 1) // 3],
            "offer": np.where(draw.random(rows) < np.where(at.weekday == 2, 0.7, 0.1), "yes", "no"),
        }
    )


def known(table: pd.DataFrame, watched: tuple[ColumnRule, ...], length: timedelta = WEEK) -> Profile:
    profile = make_profile(table.iloc[: len(table) * 4 // 5], rules=watched)
    return with_its_windows(profile, table, rules=watched, time="at", length=length)


def unlike(window: pd.DataFrame, profile: Profile, first: str, length: timedelta = WEEK) -> set[str]:
    begun_s = pd.Timestamp(first, tz="UTC").timestamp()
    span = Span(begun_s, begun_s + length.total_seconds())
    names = {column.name for column, _ in profile.moving}
    rows = window[[column.name for column in profile.columns]]
    return {name for name, one in seen_of(names, rows, profile, ALONE, span).items() if one is not Seen.LIKE}


@pytest.mark.parametrize("days", [YEAR, TWO_YEARS])
def test_seasons_of_few_rows_a_week_are_as_at_the_like_time_and_a_fault_in_them_is_not(days: int) -> None:
    profile = known(drawn(25 * days, [3, days], first=FIRST, days=days), rules(*NUMBERS))
    assert {column.name for column, _ in profile.moving} == set(NUMBERS)
    weeks = pd.date_range(pd.Timestamp(FIRST) + timedelta(days=days), periods=52, freq="W-MON")
    for place, first in enumerate(map(str, weeks.date)):
        window = drawn(300, [4, days, place], first=first, days=7)
        assert unlike(window, profile, first) == set()
        if place % 13 == 0:
            assert "warmth" in unlike(window.assign(warmth=window["warmth"] * 1.8 + 32), profile, first)
            assert "power" in unlike(window.assign(power=window["power"] * 100), profile, first)
            assert "price" in unlike(window.assign(price=window["price"].mode()[0]), profile, first)
            coded = np.where(np.arange(300) % 8 == 0, 0, window["days"])
            assert "days" in unlike(window.assign(days=coded), profile, first)


def test_weather_that_weeks_of_the_table_had_accuses_no_week_and_another_unit_does() -> None:
    draw = np.random.default_rng(8)
    mood = np.convolve(draw.normal(0, 1, 1_000), 0.8 ** np.arange(20), mode="same") * 1.5

    def with_weather(frame: pd.DataFrame) -> pd.DataFrame:
        day = (frame["at"] - pd.Timestamp(FIRST, tz="UTC")).dt.days
        return frame.assign(warmth=(frame["warmth"] + mood[day]).round(1))

    profile = known(with_weather(drawn(80 * YEAR, [5], first=FIRST, days=YEAR)), rules("warmth"))
    weeks = pd.date_range(pd.Timestamp(FIRST) + timedelta(days=YEAR), periods=52, freq="W-MON")
    windows = {
        str(first.date()): with_weather(drawn(600, [6, place], first=str(first.date()), days=7))
        for place, first in enumerate(weeks)
    }
    assert sum(bool(unlike(window, profile, first)) for first, window in windows.items()) <= 1
    assert all(unlike(one.assign(warmth=one["warmth"] + 273.15), profile, first) for first, one in windows.items())


@pytest.mark.parametrize("days", [700, 900])
def test_what_differs_by_weekday_is_judged_by_days_however_long_the_table(days: int) -> None:
    rule = rules("offer", kind=Kind.CATEGORY)
    profile = known(drawn(60 * days, [days], first="2023-03-06", days=days), rule, DAY)
    assert {round(one.span.end_s - one.span.start_s) for _, windows in profile.moving for one in windows} == {86_400}
    after = pd.date_range(pd.Timestamp("2023-03-06") + timedelta(days=days), periods=14)
    for first in map(str, after.date):
        window = drawn(250, [days, 1], first=first, days=1)
        assert unlike(window, profile, first, DAY) == set()
        assert unlike(window.assign(offer="yes"), profile, first, DAY) == {"offer"}


def test_a_season_that_stands_still_is_told_when_its_time_of_the_year_is_over() -> None:
    profile = known(drawn(25 * TWO_YEARS, [7], first=FIRST, days=TWO_YEARS), rules("season", kind=Kind.CATEGORY))
    ended = pd.Timestamp(FIRST) + timedelta(days=TWO_YEARS)
    assert str(ended.date()) == "2026-02-06"
    for first, is_told in (("2026-02-16", False), ("2026-03-16", False), ("2026-04-20", True), ("2026-05-04", True)):
        window = drawn(300, [9], first=first, days=7)
        assert unlike(window, profile, first) == set()
        assert unlike(window.assign(season="winter"), profile, first) == ({"season"} if is_told else set())


def test_newest_windows_count_where_something_changed_since_the_year_before() -> None:
    weeks = [Span(start, start + 7 * 86_400.0) for start in np.arange(0, 100) * 7 * 86_400.0]
    same = tuple(Stretch(span, (0, 100, 100)) for span in weeks)
    changed = tuple(Stretch(one.span, (0, 190, 10)) if place >= 80 else one for place, one in enumerate(same))
    soon = Span(weeks[-1].end_s + 60 * 86_400, weeks[-1].end_s + 67 * 86_400)
    assert not set(like_times(same, soon)) & set(same[-4:])
    assert set(changed[-4:]) <= set(like_times(changed, soon))
    assert set(like_times(same[60:], soon)) == set(same[-5:]), "no year before says otherwise"
