"""A stage that begins after its day is told once, and a project that is late says so in the portfolio."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from flywheel.catalog.engine import Catalog
from flywheel.domain.incidents import IncidentSeverity
from flywheel.domain.stages import Stage
from flywheel.services.incidents.incidents import list_incidents
from flywheel.services.overview import overview
from flywheel.services.people.identity import Identity
from flywheel.services.walk.timeline import tell_late
from tests.factories.agreeing import Table, make_table
from tests.factories.projects import SLUG
from tests.fakes.clock import SettableClock
from tests.flywheel.services.outgoing import messages_of


@pytest.fixture
def table(catalog: Catalog, identity: Identity, clock: SettableClock) -> Table:
    return make_table(catalog, identity, clock)


def due(table: Table, *, days: int) -> str:
    """Register a charter whose research is due in some days."""
    day: date = table.clock().date() + timedelta(days=days)
    table.register(timeline={"research_by": day.isoformat()})
    return day.isoformat()


def begin(table: Table, stage: Stage, run: str = "run-1") -> str:
    return tell_late(table.catalog, project=SLUG, stage=stage, run_id=run, actor="flow:x")


def test_a_stage_that_begins_late_is_told_once_and_wakes_nobody(table: Table) -> None:
    day = due(table, days=-3)
    assert f"research was to begin by {day} and begins 3 days later" in begin(table, Stage.RESEARCH)
    assert begin(table, Stage.RESEARCH, "run-2") == ""
    (told,) = list_incidents(table.catalog)
    assert (told.severity, told.occurrences) == (IncidentSeverity.NOTICE, 1)
    assert messages_of(table.catalog, "page") == []


def test_a_stage_in_time_or_without_a_day_is_not_told(table: Table) -> None:
    due(table, days=0)
    assert begin(table, Stage.RESEARCH) == ""
    due(table, days=-1)
    assert begin(table, Stage.DELIVERY) == ""
    assert begin(table, Stage.DATA_PREPARATION) == ""


def test_another_day_that_is_missed_too_is_told_again(table: Table) -> None:
    due(table, days=-3)
    begin(table, Stage.RESEARCH)
    due(table, days=-1)
    assert begin(table, Stage.RESEARCH) != ""


def test_the_portfolio_says_who_is_late_until_the_stage_is_reached(table: Table) -> None:
    day = due(table, days=-1)
    (seen,) = overview(table.catalog, channels=())
    assert seen.late == f"late: research was to begin by {day}"
    due(table, days=1)
    assert overview(table.catalog, channels=())[0].late == ""
