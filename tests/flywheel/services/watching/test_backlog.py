"""What one run of monitoring leaves is counted, and said with the command that goes on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from flywheel.adapters.predictions.log import append, log_schema
from flywheel.catalog.engine import Catalog
from flywheel.domain.monitoring import WindowState
from flywheel.project.loader import load_project
from flywheel.services.watching import backlog, health
from flywheel.services.watching.health import Found, Part
from flywheel.settings import Settings
from tests.factories.charters import ROOT
from tests.factories.projects import SLUG, registered
from tests.factories.serving import make_contract

MONDAY, WEEK = datetime(2026, 1, 5, tzinfo=UTC), timedelta(weeks=1)
FIRST = f"{SLUG}:1"


@pytest.fixture
def asked(settings: Settings) -> None:
    """Seventy weeks with a row each."""
    schema = log_schema(make_contract())
    own = {**dict.fromkeys(schema.names), "at": MONDAY, "version": FIRST, "served_by": "model", "flags": ()}
    moments = [MONDAY + number * WEEK for number in range(70)]
    append(settings.predictions_root, SLUG, [{**own, "event_at": at, "entity": str(at)} for at in moments], schema)


@pytest.mark.usefixtures("asked")
def test_what_is_over_is_counted_beyond_what_one_run_judges(catalog: Catalog, settings: Settings) -> None:
    registered(catalog)
    project = load_project(ROOT / "examples" / "card_default")

    def over(most: int = backlog.COUNTED_AT_MOST) -> int:
        return backlog.over(catalog, project, live=(), settings=settings, until=MONDAY + 100 * WEEK, most=most)

    assert (over(), over(most=4)) == (70, 4)
    part = Part(FIRST, "model", MONDAY + 59 * WEEK, MONDAY + 60 * WEEK)
    found = Found(WindowState.GOOD, 1)
    health.record_health(catalog, project=SLUG, part=part, found=found, run_id="run-1", actor="flow:monitoring")
    assert over() == 10


def test_what_a_run_leaves_is_told_with_the_command_that_goes_on() -> None:
    assert backlog.left_told(SLUG, 60) == ""
    assert backlog.left_told(SLUG, 61) == f"1 window left (`flywheel monitor {SLUG}` goes on)"
    until = "2026-01-05T10:00:00+00:00"
    left = backlog.left_told(SLUG, 174, until=until)
    assert left == f"114 windows left (`flywheel monitor {SLUG} --until {until}` goes on)"
    assert backlog.left_told(SLUG, backlog.COUNTED_AT_MOST).startswith("940 windows or more left")


def test_what_is_over_is_told_below_the_judged_windows() -> None:
    assert backlog.over_told(SLUG, 0) == ""
    assert backlog.over_told(SLUG, 1) == f"1 window is over and not judged: `flywheel monitor {SLUG}` judges it"
    said = f"114 windows are over and not judged: `flywheel monitor {SLUG}` judges 60 at a time"
    assert backlog.over_told(SLUG, 114) == said
