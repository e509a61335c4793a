"""Which part of a week somebody answered, by the record and by the times that rows claim."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest

from flywheel.services.serving.endpoints import Live
from flywheel.services.watching.coverage import Coverage, covered
from flywheel.services.watching.health import Part

MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
WEEK, DAY, HOUR = timedelta(weeks=1), timedelta(days=1), timedelta(hours=1)
NONE = pd.Series([], dtype="datetime64[us, UTC]")
MODEL = Part("shop:1", "model", MONDAY, MONDAY + WEEK)
TWO_WEEKS = Part("shop:1", "model", MONDAY, MONDAY + 2 * WEEK)


def by(*stretches: tuple[datetime, datetime | None], moments: pd.Series = NONE, part: Part = MODEL) -> Coverage:
    live = [Live("shop:1", "model", since, until) for since, until in stretches]
    return covered(live, part, moments, length=WEEK)


def test_a_weekend_after_a_release_on_saturday_is_two_days_of_a_week() -> None:
    found = by((MONDAY + 5 * DAY, None))
    assert (found.share, found.is_whole) == (2 / 7, False)
    assert found.cells == frozenset(range(20, 28))


def test_while_the_rule_answers_a_model_covers_nothing() -> None:
    found = covered(
        [Live("shop:1", "rule", MONDAY, MONDAY + 4 * DAY), Live("shop:1", "model", MONDAY + 4 * DAY, None)],
        MODEL,
        NONE,
        length=WEEK,
    )
    assert found.share == 3 / 7


def test_a_release_on_monday_morning_is_a_whole_week() -> None:
    assert by((MONDAY + 8 * HOUR, None)).is_whole
    assert not by((MONDAY + 30 * HOUR, None)).is_whole


def test_where_the_record_says_nothing_of_that_time_a_window_covers_what_it_spans() -> None:
    assert by().is_whole, "a replayed history"
    assert by((MONDAY + 2 * WEEK, None)).is_whole
    assert by(part=Part("shop:1", "model", MONDAY, MONDAY + 2 * DAY)).share == 2 / 7, "judged early"


def test_times_that_callers_claim_count() -> None:
    """A batch that comes on Saturday with all of the week's rows speaks for the week."""
    claimed = pd.Series([MONDAY + number * 6 * HOUR for number in range(28)])
    assert by((MONDAY + 5 * DAY, None), moments=claimed).is_whole


def test_windows_put_together_cover_the_days_of_all() -> None:
    weekends = [(MONDAY + week * WEEK + 5 * DAY, MONDAY + (week + 1) * WEEK) for week in range(2)]
    assert by(*weekends, part=TWO_WEEKS).share == 2 / 7
    assert by((MONDAY + 5 * DAY, MONDAY + 12 * DAY), part=TWO_WEEKS).is_whole


def test_the_same_days_are_found_in_any_week_and_missing_times_in_none() -> None:
    weekend = by((MONDAY + 5 * DAY, None))
    moments = pd.Series([MONDAY - 2 * DAY, MONDAY + 40 * WEEK, MONDAY + 6 * DAY + 23 * HOUR, pd.NaT])
    assert weekend.holds(moments).tolist() == [True, False, True, False]


def test_a_date_stands_for_its_whole_day() -> None:
    dates = pd.Series([MONDAY - number * DAY for number in range(100)])
    assert {one.weekday() for one in dates[by((MONDAY + 5 * DAY, None)).holds(dates)]} == {5, 6}
    assert {one.weekday() for one in dates[by((MONDAY + 5 * DAY + 2 * HOUR, None)).holds(dates)]} == {5, 6}


@pytest.mark.parametrize("hour", [10, 13, 16])
def test_where_a_day_is_covered_in_part_no_dates_are_of_the_same_hours(hour: int) -> None:
    part = by((MONDAY + 4 * DAY + hour * HOUR, None))
    dates = pd.Series([MONDAY - number * DAY for number in range(100)])
    assert not part.holds(dates).any()
    assert not part.holds(pd.concat([dates, pd.Series([MONDAY + HOUR])])).any(), "a stray time changes nothing"
    assert part.holds(pd.Series([MONDAY - number * 6 * HOUR for number in range(400)])).any()


@pytest.mark.parametrize("every", [WEEK, 30 * DAY])
def test_dates_that_come_less_often_than_a_slot_are_of_no_day_of_it(every: timedelta) -> None:
    weekend = by((MONDAY + 5 * DAY, None))
    assert not weekend.holds(pd.Series([MONDAY + 5 * DAY - number * every for number in range(60)])).any()


def test_how_long_it_lasted_is_what_the_record_says_and_what_rows_claim_beside_it() -> None:
    release = MONDAY + 5 * DAY + 7 * HOUR
    claimed = pd.Series([MONDAY + HOUR, MONDAY + 2 * HOUR, release + HOUR])
    assert by((release, None)).lasted == 2 * DAY - 7 * HOUR
    assert by((release, None), moments=claimed).lasted == 2 * DAY - HOUR
    assert by((MONDAY, MONDAY + DAY), (MONDAY + 3 * DAY, None)).lasted == 5 * DAY
    assert by().lasted == WEEK
