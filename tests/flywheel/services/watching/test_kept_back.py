"""Slots that kept a column back are counted in succession, by who answered."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from flywheel.catalog.engine import Catalog
from flywheel.domain.monitoring import WindowState
from flywheel.services.watching import health
from flywheel.services.watching.health import Found, Part
from flywheel.services.watching.kept_back import kept_back_before
from tests.factories.projects import SLUG, registered

MONDAY, WEEK = datetime(2026, 1, 5, tzinfo=UTC), timedelta(weeks=1)


def week(number: int, version: str = f"{SLUG}:1") -> Part:
    return Part(version, "model", MONDAY + number * WEEK, MONDAY + (number + 1) * WEEK)


def test_columns_that_were_kept_back_are_counted_by_slots_in_succession(catalog: Catalog) -> None:
    registered(catalog)

    def keep(number: int, *columns: str, rows: int = 1) -> None:
        found = Found(WindowState.INSUFFICIENT, rows, verdicts=dict.fromkeys(map("kept back {}".format, columns), "x"))
        health.record_health(
            catalog, project=SLUG, part=week(number), found=found, run_id="run-1", actor="flow:monitoring"
        )

    for number, columns in enumerate([("a", "b"), ("a",), ("a", "b"), ("a", "b")]):
        keep(number, *columns)
    keep(4, rows=0)
    assert kept_back_before(catalog, SLUG, week(5), length=WEEK) == {"a": 4, "b": 2}
    keep(5)
    assert kept_back_before(catalog, SLUG, week(6), length=WEEK) == {}
    other = week(6, version=f"{SLUG}:2")
    assert kept_back_before(catalog, SLUG, other, length=WEEK) == {}
