"""A column that says nothing but when its row came is known by the times beside it."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from flywheel.project.reading.calendar_grains import GRAINS, Moments

Says = Callable[[datetime], str]


def moments(rows: int, days: int, *, first: datetime = datetime(2025, 4, 1, tzinfo=UTC), seed: int = 1) -> Moments:
    chance = random.Random(seed)
    return Moments(sorted(first + timedelta(seconds=chance.randrange(days * 86_400)) for _ in range(rows)))


def says(at: Moments, what: Says) -> list[str | None]:
    return [what(moment) for moment in at.of_rows if moment]


COLUMNS: dict[str, tuple[str, Says]] = {
    "month": ("month", lambda at: f"{at:%b}"),
    "month an hour off": ("month", lambda at: f"{at + timedelta(hours=2):%m}"),
    "season": ("month", lambda at: "winter" if at.month in {12, 1, 2} else "else"),
    "quarter": ("quarter", lambda at: f"Q{(at.month - 1) // 3 + 1}"),
    "week": ("week of the year", lambda at: str(at.isocalendar()[1])),
    "year": ("year", lambda at: f"{at:%Y}"),
    "weekend": ("weekday", lambda at: str(at.weekday() > 4)),
    "hour": ("hour", lambda at: str(at.hour)),
}


@pytest.mark.parametrize(("name", "what"), COLUMNS.values(), ids=COLUMNS)
@pytest.mark.parametrize(("rows", "days"), [(600, 370), (5_000, 740), (30_000, 740)])
def test_the_coarsest_part_of_time_that_tells_a_column_is_named(rows: int, days: int, name: str, what: Says) -> None:
    at = moments(rows, days)
    found = at.grain_of(says(at, what))
    assert found is not None
    assert found.name == name


def test_what_chance_or_a_season_brings_or_what_changed_once_follows_no_calendar() -> None:
    chance = random.Random(3)
    for rows, days in ((400, 370), (5_000, 740)):
        at = moments(rows, days)
        middle = at.of_rows[rows // 3]
        assert middle is not None
        others: dict[str, Says] = {
            "noise": lambda _: chance.choice("abc"),
            "rare": lambda _: str(chance.random() < 0.01),
            "each its own": lambda moment: moment.isoformat(),
            "seasonal": lambda moment: str(chance.random() < (0.8 if moment.month < 4 else 0.2)),
            "version": lambda moment: "v1" if moment < middle else "v2",  # noqa: B023  called at once
            "one value": lambda _: "x",
        }
        for name, what in others.items():
            assert at.grain_of(says(at, what)) is None, name


def test_gaps_are_passed_over_and_few_rows_show_nothing() -> None:
    at = moments(2_000, 370)
    values = says(at, COLUMNS["month"][1])
    values[::3] = [None] * len(values[::3])
    found = at.grain_of(values)
    assert found is not None
    assert found.name == "month"
    few = moments(60, 370)
    assert few.grain_of(says(few, COLUMNS["month"][1])) is None
    assert Moments([None] * 500).grain_of(["a", "b"] * 250) is None


def test_years_and_months_written_down_name_their_period() -> None:
    at = moments(900, 370)
    assert at.names_its_period(says(at, lambda moment: f"{moment:%Y}"))
    assert at.names_its_period(says(at, lambda moment: f"{moment:%Y%m}"))
    assert not at.names_its_period(says(at, lambda moment: str(moment.month)))


def test_later_rows_go_on_where_each_part_of_time_holds_what_it_held_or_one_value_where_it_is_new() -> None:
    before = moments(3_000, 240)
    since = moments(600, 90, first=datetime(2025, 11, 27, tzinfo=UTC), seed=2)
    (month,) = (grain for grain in GRAINS if grain.name == "month")
    written = COLUMNS["month"][1]
    usual = before.usual_in(month, says(before, written))
    assert since.go_on(month, says(since, written), usual)
    assert not since.go_on(month, says(since, lambda at: "?" if at.day % 10 == 0 else f"{at:%b}"), usual)
    again = moments(600, 60, first=datetime(2026, 5, 1, tzinfo=UTC), seed=3)
    assert again.go_on(month, says(again, written), usual)
    assert not again.go_on(month, says(again, lambda at: f"{at:%B} {at:%Y}"), usual)
