"""Late rows: what comes after its window was judged is counted, told once, and never taken for looked at."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from flywheel.adapters.predictions.log import append, log_schema
from flywheel.catalog.engine import Catalog
from flywheel.domain.monitoring import WindowState
from flywheel.services.watching import health, late_rows
from flywheel.services.watching.health import Found, Part
from flywheel.services.watching.late_rows import Late
from flywheel.settings import Settings
from tests.factories.projects import SLUG, registered
from tests.factories.serving import make_contract

MONDAY, DAY = datetime(2026, 1, 5, tzinfo=UTC), timedelta(days=1)
WEEK = Part(f"{SLUG}:1", "model", MONDAY, MONDAY + 7 * DAY)
RULE = replace(WEEK, served_by="rule")


@dataclass(frozen=True)
class Watched:
    """A project whose traffic is watched."""

    catalog: Catalog
    settings: Settings

    def asked(self, rows: int, *, day: int = 1, served_by: str = "model") -> None:
        schema = log_schema(make_contract())
        own = {**dict.fromkeys(schema.names), "at": MONDAY, "version": WEEK.version, "served_by": served_by}
        row: dict[str, Any] = {**own, "flags": [], "event_at": MONDAY + day * DAY}
        append(self.settings.predictions_root, SLUG, [row] * rows, schema)

    def judge(self, rows: int, state: WindowState = WindowState.GOOD, part: Part = WEEK) -> None:
        found = Found(state, rows)
        health.record_health(self.catalog, project=SLUG, part=part, found=found, run_id="r", actor="flow:monitoring")

    def late(self) -> tuple[Late, ...]:
        return late_rows.count_late(self.catalog, project=SLUG, settings=self.settings, run_id="r")


@pytest.fixture
def watched(catalog: Catalog, settings: Settings) -> Watched:
    registered(catalog)
    return Watched(catalog, settings)


def test_rows_after_their_window_was_judged_are_counted_and_told_once(watched: Watched) -> None:
    watched.asked(100)
    watched.judge(100)
    assert watched.late() == ()
    watched.asked(3_000, day=2)
    (late,) = watched.late()
    assert (late, late.is_worth_telling) == (Late(WEEK, 3_000, 100, 3_000), True)
    assert watched.late() == (), "told already"
    watched.asked(5)
    assert watched.late() == (Late(WEEK, 3_005, 100, 5),)
    (kept,) = health.list_health(watched.catalog, project=SLUG)
    assert (kept.rows, kept.late_rows) == (100, 3_005)


def test_rows_of_somebody_of_whom_nothing_was_judged_are_named_as_unjudged(watched: Watched) -> None:
    watched.asked(100)
    watched.judge(100)
    watched.asked(50, served_by="rule")
    (late,) = watched.late()
    assert late == Late(RULE, 50, 0, 50)
    assert f"50 rows that the rule of {SLUG}:1 answered, of 2026-01-05 00:00 to 2026-01-12 00:00 UTC" in late.sentence()
    assert watched.late() == ()
    kept = {one.part: (one.state, one.rows, one.late_rows) for one in health.list_health(watched.catalog, project=SLUG)}
    assert kept == {WEEK: (WindowState.GOOD, 100, 0), RULE: (WindowState.UNJUDGEABLE, 0, 50)}


@pytest.mark.parametrize("day", [-3, -400, -30_000])
def test_rows_from_before_the_first_window_are_named(watched: Watched, day: int) -> None:
    """The class: no row that was logged is in no window and in no count."""
    watched.asked(10)
    watched.judge(10)
    assert watched.late() == ()
    watched.asked(40, day=day)
    (late,) = watched.late()
    assert (late.part.start_at, late.part.end_at, late.rows) == (MONDAY + day * DAY, MONDAY, 40)
    assert watched.late() == ()
    watched.asked(2, day=day)
    (late,) = watched.late()
    assert (late.rows, late.more) == (42, 2)
    kept = {one.part: one.late_rows for one in health.list_shown(watched.catalog, project=SLUG, limit=1)}
    assert kept == {WEEK: 0, late.part: 42}, "those that nobody looked at are listed, however many windows are newer"


def test_rows_of_a_week_that_was_passed_over_are_named(watched: Watched) -> None:
    watched.asked(10)
    watched.judge(10)
    watched.judge(10, part=replace(WEEK, start_at=MONDAY + 14 * DAY, end_at=MONDAY + 21 * DAY))
    watched.asked(5, day=9)
    (late,) = [one for one in watched.late() if one.judged == 0]
    assert (late.part.start_at, late.part.end_at, late.rows) == (MONDAY + 9 * DAY, MONDAY + 14 * DAY, 5)


def test_rows_in_a_window_that_was_silent_came_late(watched: Watched) -> None:
    watched.judge(0, WindowState.SILENT)
    watched.asked(40)
    assert watched.late() == (Late(WEEK, 40, 0, 40),)


def test_a_window_that_goes_on_takes_its_late_rows_with_it(watched: Watched) -> None:
    watched.asked(10)
    watched.judge(10, WindowState.INSUFFICIENT)
    watched.asked(5)
    assert watched.late() == ()


def test_what_is_not_due_yet_is_not_late(watched: Watched) -> None:
    assert watched.late() == ()
    watched.asked(10)
    watched.judge(10)
    watched.asked(30, day=8)
    assert watched.late() == ()
