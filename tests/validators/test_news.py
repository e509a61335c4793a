"""At a retraining what the table before held is no news; what follows the calendar is asked, and a fault closes."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd
import pytest

from flywheel.domain.gates import Severity, Verdict
from flywheel.project.reading.kinds import Kind
from flywheel.project.reading.table import table_of
from tests.factories.seasons import seasonal
from validators import news, sentinels
from validators.news import Known
from validators.profiles import make_profile
from validators.specs import ColumnRule

RULES = (
    ColumnRule("month", Kind.CATEGORY),
    ColumnRule("quarter", Kind.CATEGORY),
    ColumnRule("year", Kind.INTEGER),
    ColumnRule("heating", Kind.CATEGORY),
    ColumnRule("region", Kind.CATEGORY),
    ColumnRule("amount", Kind.NUMBER),
)
Fault = Callable[[pd.DataFrame], pd.DataFrame]
world = partial(seasonal, swing=0.6)


def grown(days: int, weeks: int, *, end: str = "2026-11-15", fault: Fault | None = None) -> tuple[Known, pd.DataFrame]:
    """A table that ends some day, and the same with some weeks more."""
    start = pd.Timestamp(end) - pd.Timedelta(days=days)
    before = world(days * 20, days, first=str(start.date()), days=days)
    since = world(weeks * 140, weeks, first=end, days=7 * weeks)
    both = pd.concat([before, fault(since) if fault else since], ignore_index=True)
    return Known(table_of(before), RULES, "at"), both


def said(known: Known, table: pd.DataFrame, severity: Severity) -> dict[str, str]:
    found = news.check(table_of(table), known).result.findings
    return {one.column: one.what for one in found if one.severity is severity}


@pytest.mark.parametrize("weeks", [2, 8, 26])
@pytest.mark.parametrize("days", [250, 370, 735])
def test_an_honest_growth_closes_nothing_whatever_the_calendar_brings(days: int, weeks: int) -> None:
    known, table = grown(days, weeks)
    assert said(known, table, Severity.CRITICAL) == {}


def test_against_a_part_of_a_year_the_same_growth_would_close() -> None:
    known, table = grown(370, 2)
    before = known.rows.whole([*(rule.name for rule in RULES)])
    profile = make_profile(before.iloc[: len(before) * 4 // 5], rules=RULES)
    assert sentinels.check(table, profile=profile).result.verdict is Verdict.FAILED


def test_a_year_that_goes_on_is_asked_with_what_settles_it() -> None:
    known, table = grown(370, 13)
    asked = said(known, table, Severity.QUESTION)
    assert "exactly 2027" in asked["year"]
    assert 'no more than the year of at, which goes on: is that all? exempt = ["year"] under' in asked["year"]


def some(frame: pd.DataFrame, name: str, every: int, value: object) -> pd.DataFrame:
    return frame.assign(**{name: frame[name].mask(np.arange(len(frame)) % every == 0, value)})


CLOSING: dict[str, tuple[str, Fault]] = {
    "a code among months": ("month", lambda frame: some(frame, "month", 5, "unknown")),
    "months in another tongue": ("month", lambda frame: frame.assign(month=frame["month"].str.upper())),
    "a code among years": ("year", lambda frame: some(frame, "year", 5, 1900)),
    "a code in a season": ("heating", lambda frame: some(frame, "heating", 5, "?")),
    "a default": ("amount", lambda frame: some(frame, "amount", 5, 0.0)),
    "a new name": ("region", lambda frame: some(frame, "region", 5, "X")),
}


@pytest.mark.parametrize(("name", "fault"), CLOSING.values(), ids=CLOSING)
def test_a_code_or_a_default_that_came_since_closes(name: str, fault: Fault) -> None:
    for weeks in (4, 13):
        known, table = grown(370, weeks, fault=fault)
        assert name in said(known, table, Severity.CRITICAL)


ASKED: dict[str, tuple[str, Fault]] = {
    "a stuck column": ("region", lambda frame: frame.assign(region="W")),
    "a lost name": ("region", lambda frame: frame.assign(region=frame["region"].replace({"W": "N"}))),
    "another unit": ("amount", lambda frame: frame.assign(amount=frame["amount"] * 100)),
    "a rare code": ("amount", lambda frame: some(frame, "amount", 40, 0.0)),
}


@pytest.mark.parametrize(("name", "fault"), ASKED.values(), ids=ASKED)
def test_what_the_rows_that_came_since_show_by_themselves_is_asked(name: str, fault: Fault) -> None:
    known, table = grown(370, 3, fault=fault)
    assert said(known, table, Severity.CRITICAL) == {}
    assert said(known, table, Severity.QUESTION)[name].startswith("Of the 420 rows that came since: ")


def test_a_table_that_was_read_anew_with_a_fault_closes() -> None:
    known, table = grown(370, 2)
    spoilt = table.assign(amount=table["amount"] * 100)
    assert "amount" in said(known, spoilt, Severity.CRITICAL)


def test_without_times_the_whole_is_held_against_the_whole() -> None:
    known, table = grown(370, 13)
    without = Known(known.rows, RULES)
    assert set(said(without, table, Severity.CRITICAL)) == {"year"}
    assert said(without, some(table, "amount", 20, 0.0), Severity.CRITICAL).keys() >= {"amount"}


def test_a_first_table_is_held_against_nothing() -> None:
    assert news.check(table_of(world(300, 1, first="2026-01-01", days=90)), None).result.verdict is (
        Verdict.NOT_APPLICABLE
    )
