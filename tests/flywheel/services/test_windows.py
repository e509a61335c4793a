"""Windows of traffic: each once, whole, and only where there was any; no caller's clock makes others."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from flywheel.adapters.prediction_log import append, log_schema
from flywheel.catalog.engine import Catalog
from flywheel.errors import CharterError
from flywheel.project.loader import Project, load_project
from flywheel.services import health, windows
from flywheel.services.windows import Stretch
from flywheel.settings import Settings
from tests.factories.charters import ROOT
from tests.factories.projects import make_project, registered
from tests.factories.serving import make_contract

MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
WEEK, DAY = timedelta(weeks=1), timedelta(days=1)
LATER = MONDAY + 100 * WEEK

Asked = Callable[..., None]


@pytest.fixture
def project() -> Project:
    return load_project(ROOT / "examples" / "card_default")


@pytest.fixture
def asked(settings: Settings) -> Asked:
    def log(*times: datetime) -> None:
        schema = log_schema(make_contract())
        rows = [{**dict.fromkeys(schema.names), "at": MONDAY, "event_at": at, "entity": str(at)} for at in times]
        append(settings.predictions_root, "card-default", rows, schema)

    return log


def week(number: int) -> Stretch:
    return Stretch(MONDAY + number * WEEK, MONDAY + (number + 1) * WEEK)


def test_without_traffic_nothing_is_due(catalog: Catalog, settings: Settings, project: Project) -> None:
    assert windows.due(catalog, project, settings=settings, until=LATER) == ()


def test_weeks_begin_on_a_monday_and_the_present_one_waits(
    catalog: Catalog, settings: Settings, project: Project, asked: Asked
) -> None:
    asked(MONDAY + 2 * DAY, MONDAY + 9 * DAY)
    asked(MONDAY + 15 * DAY)
    assert windows.due(catalog, project, settings=settings, until=MONDAY + 17 * DAY) == (week(0), week(1))
    assert windows.due(catalog, project, settings=settings, until=MONDAY + 21 * DAY) == (week(0), week(1), week(2))


def test_a_judged_window_is_not_due_again(catalog: Catalog, settings: Settings, project: Project, asked: Asked) -> None:
    registered(catalog)
    asked(MONDAY, MONDAY + 8 * DAY)
    health.record_health(
        catalog,
        project="card-default",
        window_start=week(0).start_at,
        window_end=week(0).end_at,
        rows=1,
        signals={},
        verdicts={},
        run_id="run-1",
        actor="flow:monitoring",
    )
    assert windows.due(catalog, project, settings=settings, until=LATER) == (week(1),)


def test_silence_is_passed_over(catalog: Catalog, settings: Settings, project: Project, asked: Asked) -> None:
    asked(MONDAY, MONDAY + 30 * WEEK + DAY)
    assert windows.due(catalog, project, settings=settings, until=LATER) == (week(0), week(30))


@pytest.mark.parametrize("claimed", ["0001-01-01", "1970-01-01", "2099-01-01", "9999-12-31"])
def test_a_row_that_claims_another_century_makes_no_window_of_nothing(
    catalog: Catalog, settings: Settings, project: Project, asked: Asked, claimed: str
) -> None:
    asked(datetime.fromisoformat(claimed).replace(tzinfo=UTC), MONDAY + DAY)
    assert windows.due(catalog, project, settings=settings, until=LATER) == (week(0),)


def test_a_long_history_is_judged_in_parts(
    catalog: Catalog, settings: Settings, project: Project, asked: Asked
) -> None:
    asked(*(MONDAY + number * WEEK for number in range(70)))
    assert len(windows.due(catalog, project, settings=settings, until=LATER)) == windows.WINDOWS_AT_ONCE


def test_traffic_is_what_was_asked_within_the_window(settings: Settings, asked: Asked) -> None:
    asked(MONDAY, MONDAY + 3 * DAY, MONDAY + WEEK)
    assert len(windows.traffic("card-default", week(0), settings=settings)) == 2


def test_a_project_without_a_monitoring_plan_is_told(catalog: Catalog, settings: Settings) -> None:
    with pytest.raises(CharterError, match="there is no monitoring plan"):
        windows.due(catalog, make_project(), settings=settings, until=LATER)


def test_the_first_window_of_a_week_is_known_by_what_was_judged_before(catalog: Catalog) -> None:
    registered(catalog)
    days = [Stretch(MONDAY + n * DAY, MONDAY + (n + 1) * DAY) for n in (0, 1, 6, 9)]
    opens = []
    for day in days:
        opens.append(windows.opens_a_week(catalog, "card-default", day))
        health.record_health(
            catalog,
            project="card-default",
            window_start=day.start_at,
            window_end=day.end_at,
            rows=1,
            signals={},
            verdicts={},
            run_id="r",
            actor="flow:monitoring",
        )
    assert opens == [True, False, False, True]  # the last is a Wednesday, after two days without traffic
