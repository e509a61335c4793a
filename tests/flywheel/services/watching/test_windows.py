"""Windows of traffic: each once, whole, and only where there was any; no caller's clock makes others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest

from flywheel.adapters.predictions.chain import CHAIN
from flywheel.adapters.predictions.log import OUTSIDE, append, log_schema
from flywheel.adapters.predictions.segments import micros
from flywheel.catalog.engine import Catalog
from flywheel.domain.monitoring import WindowState
from flywheel.errors import CharterError, InputRefused
from flywheel.project.loader import Project, load_project
from flywheel.services.serving.endpoints import Live
from flywheel.services.watching import health, prediction_logs, windows
from flywheel.services.watching.health import Found, Part
from flywheel.services.watching.windows import DueWindow
from flywheel.settings import Settings
from tests.factories.charters import ROOT
from tests.factories.projects import SLUG, make_project, registered
from tests.factories.serving import make_contract

MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
WEEK, DAY = timedelta(weeks=1), timedelta(days=1)
FIRST, SECOND = f"{SLUG}:1", f"{SLUG}:2"
LATER = MONDAY + 100 * WEEK

Asked = Callable[..., None]


@pytest.fixture
def project() -> Project:
    return load_project(ROOT / "examples" / "card_default")


@pytest.fixture
def asked(settings: Settings) -> Asked:
    def log(*times: datetime, version: str = FIRST, served_by: str = "model", flags: tuple[str, ...] = ()) -> None:
        schema = log_schema(make_contract())
        own = {**dict.fromkeys(schema.names), "at": MONDAY, "version": version, "served_by": served_by, "flags": flags}
        rows = [{**own, "event_at": at, "entity": str(at)} for at in times]
        append(settings.predictions_root, "card-default", rows, schema)

    return log


def week(number: int, *, version: str = FIRST, served_by: str = "model") -> Part:
    return Part(version, served_by, MONDAY + number * WEEK, MONDAY + (number + 1) * WEEK)


def judge(
    catalog: Catalog, part: Part, rows: int = 1, state: WindowState = WindowState.GOOD, verdict: str = "insufficient"
) -> None:
    found = Found(state, rows, verdicts={"DRIFT-001": verdict})
    health.record_health(catalog, project=SLUG, part=part, found=found, run_id="run-1", actor="flow:monitoring")


@dataclass(frozen=True)
class Watched:
    """A project whose traffic is watched."""

    catalog: Catalog
    settings: Settings
    project: Project

    def due(self, *live: Live, until: datetime = LATER, now: datetime = LATER, early: bool = False) -> list[DueWindow]:
        found = windows.due(
            self.catalog, self.project, live=live, settings=self.settings, until=until, now=now, is_early=early
        )
        return list(found)

    def parts(self, until: datetime = LATER) -> list[Part]:
        return [one.part for one in self.due(until=until)]


@pytest.fixture
def watched(catalog: Catalog, settings: Settings, project: Project) -> Watched:
    registered(catalog)
    return Watched(catalog, settings, project)


def test_without_traffic_and_without_an_endpoint_nothing_is_due(watched: Watched) -> None:
    assert watched.due() == []


def test_weeks_begin_on_a_monday_and_the_present_one_waits(watched: Watched, asked: Asked) -> None:
    asked(MONDAY + 2 * DAY, MONDAY + 9 * DAY)
    asked(MONDAY + 15 * DAY)
    assert watched.parts(MONDAY + 17 * DAY) == [week(0), week(1)]
    assert watched.parts(MONDAY + 21 * DAY) == [week(0), week(1), week(2)]


def test_while_none_is_over_it_is_said_when_the_first_one_is_and_what_came_in(watched: Watched, asked: Asked) -> None:
    asked(
        MONDAY + timedelta(hours=3),
        MONDAY + timedelta(hours=4),
        *(MONDAY + DAY + timedelta(hours=n) for n in (2, 9, 20)),
    )
    said = windows.next_over(watched.catalog, watched.project, settings=watched.settings, now=MONDAY + DAY)
    assert said == (
        "a window lasts 1 week; the first one began 2026-01-05 00:00 and is over 2026-01-12 00:00 UTC; "
        "2 rows have arrived so far, and 3 rows claim a time in the future, to be judged then; "
        f"`flywheel monitor {SLUG} --early` judges it up to now"
    )


def test_the_future_is_refused_so_that_a_running_week_stays_open(watched: Watched, asked: Asked) -> None:
    asked(MONDAY + DAY)
    with pytest.raises(InputRefused, match="up to now"):
        watched.due(until=MONDAY + 7 * DAY, now=MONDAY + 2 * DAY)
    assert watched.due(until=MONDAY + 2 * DAY, now=MONDAY + 2 * DAY) == []


def test_whoever_cannot_wait_has_the_window_under_way_judged_and_its_rest_is_a_window(
    watched: Watched, asked: Asked
) -> None:
    """On the first day nothing is over for a week; what is judged early is judged once, and the grid stays."""
    noon = MONDAY + 2 * DAY + timedelta(hours=12)
    asked(MONDAY + DAY, noon - timedelta(minutes=1))
    asked(noon + timedelta(hours=1))
    cut = Part(FIRST, "model", MONDAY, noon)
    assert watched.due(until=noon, now=noon) == []
    assert watched.due(until=noon, now=noon, early=True) == [DueWindow(cut, 2)]
    judge(watched.catalog, cut, rows=2)
    assert watched.due(until=noon, now=noon, early=True) == [], "the same moment again"
    assert watched.parts() == [Part(FIRST, "model", noon, week(0).end_at)]
    said = windows.next_over(watched.catalog, watched.project, settings=watched.settings, now=noon + DAY)
    assert "the present one began 2026-01-07 12:00 and is over 2026-01-12 00:00 UTC" in said


def test_a_piece_of_a_window_without_rows_is_no_feed_that_died(watched: Watched, asked: Asked) -> None:
    noon = MONDAY + 2 * DAY
    asked(MONDAY + DAY)
    judge(watched.catalog, Part(FIRST, "model", MONDAY, noon), rows=1)
    answering = Live(FIRST, "model", MONDAY, None)
    assert watched.due(answering, until=noon + DAY, early=True) == []
    assert watched.due(answering, until=MONDAY + 2 * WEEK) == [DueWindow(week(1), 0)]


def test_two_runs_at_a_time_that_cut_a_window_differently_record_it_once(watched: Watched) -> None:
    cut, longer = (Part(FIRST, "model", MONDAY, MONDAY + n * DAY) for n in (1, 2))
    judge(watched.catalog, cut)
    judge(watched.catalog, longer)
    assert [one.part for one in health.list_health(watched.catalog, project=SLUG)] == [cut]


def test_a_window_is_parted_by_who_answered(watched: Watched, asked: Asked) -> None:
    asked(MONDAY, MONDAY + DAY)
    asked(MONDAY + 2 * DAY, version=SECOND)
    asked(MONDAY + 3 * DAY, version=SECOND, served_by="rule")
    assert watched.due() == [
        DueWindow(week(0), 2),
        DueWindow(week(0, version=SECOND), 1),
        DueWindow(week(0, version=SECOND, served_by="rule"), 1),
    ]
    assert len(windows.traffic(SLUG, week(0), settings=watched.settings).rows) == 2


def test_what_an_approval_leaves_to_the_rule_is_traffic_of_the_model(watched: Watched, asked: Asked) -> None:
    asked(MONDAY)
    asked(MONDAY + DAY, served_by="rule", flags=("out_of_range:age", OUTSIDE))
    assert watched.due() == [DueWindow(week(0), 2)]
    assert windows.traffic(SLUG, week(0), settings=watched.settings).is_left.tolist() == [False, True]


def test_a_judged_window_is_not_due_again(watched: Watched, asked: Asked) -> None:
    asked(MONDAY, MONDAY + 8 * DAY)
    judge(watched.catalog, week(0))
    assert watched.parts() == [week(1)]


def test_a_window_with_too_few_rows_goes_on_into_the_next_of_the_same_answerer(watched: Watched) -> None:
    judge(watched.catalog, week(0), state=WindowState.INSUFFICIENT)
    merged = Part(FIRST, "model", week(0).start_at, week(1).end_at)
    assert windows.carried_on(watched.catalog, SLUG, week(1), length=WEEK) == merged
    other = week(1, version=SECOND)
    assert windows.carried_on(watched.catalog, SLUG, other, length=WEEK) == other
    judge(watched.catalog, merged, state=WindowState.INSUFFICIENT)
    assert windows.carried_on(watched.catalog, SLUG, week(2), length=WEEK).start_at == week(0).start_at
    judge(watched.catalog, Part(FIRST, "model", week(0).start_at, week(2).end_at))
    assert windows.carried_on(watched.catalog, SLUG, week(3), length=WEEK) == week(3)


def test_what_is_kept_back_for_its_days_goes_on_within_its_week_only(watched: Watched) -> None:
    """With the next whole week its days would count twice."""
    saturday = MONDAY + 5 * DAY
    early, rest = Part(FIRST, "model", MONDAY, saturday), Part(FIRST, "model", saturday, MONDAY + WEEK)
    judge(watched.catalog, early, state=WindowState.INSUFFICIENT, verdict="warned")
    assert windows.carried_on(watched.catalog, SLUG, rest, length=WEEK) == week(0)
    assert windows.carried_on(watched.catalog, SLUG, week(1), length=WEEK) == week(1)


def test_the_end_of_a_slot_in_which_nobody_asked_shows_what_was_kept_back_of_it(watched: Watched, asked: Asked) -> None:
    """A feed that stops on Fridays at 17:40, judged then: no row of the weekend will ever make that week whole."""
    friday = MONDAY + 4 * DAY + timedelta(hours=17, minutes=40)
    asked(MONDAY + DAY)
    live = Live(FIRST, "model", MONDAY, None)
    assert [one.rows for one in watched.due(live, until=friday, early=True)] == [1]
    kept = {"kept back income": "not_evaluated"}
    found = Found(WindowState.INSUFFICIENT, 1, verdicts=kept)
    part = Part(FIRST, "model", MONDAY, friday)
    health.record_health(watched.catalog, project=SLUG, part=part, found=found, run_id="run-1", actor="flow:monitoring")
    assert watched.due(live, until=friday + DAY, early=True) == []
    (rest,) = watched.due(live, until=MONDAY + WEEK)
    assert rest == DueWindow(Part(FIRST, "model", friday, MONDAY + WEEK), 0)
    assert windows.carried_on(watched.catalog, SLUG, rest.part, length=WEEK) == week(0)


def test_where_nobody_asked_though_the_endpoint_answered_the_window_is_named(watched: Watched, asked: Asked) -> None:
    asked(MONDAY + DAY)
    answering = Live(FIRST, "model", MONDAY, None)
    assert watched.due(answering, until=MONDAY + 3 * WEEK) == [
        DueWindow(week(0), 1),
        DueWindow(week(1), 0),
        DueWindow(week(2), 0),
    ]


def test_a_stretch_in_which_the_endpoint_did_not_answer_all_the_time_is_passed_over(
    watched: Watched, asked: Asked
) -> None:
    asked(MONDAY, MONDAY + 30 * WEEK + DAY)
    assert watched.parts() == [week(0), week(30)], "no endpoint"
    stopped = Live(FIRST, "model", MONDAY + 3 * DAY, MONDAY + 3 * WEEK + DAY)
    again = Live(SECOND, "rule", MONDAY + 29 * WEEK, None)
    assert watched.due(stopped, again, until=MONDAY + 31 * WEEK) == [
        DueWindow(week(0), 1),
        DueWindow(week(1), 0),
        DueWindow(week(2), 0),
        DueWindow(week(29, version=SECOND, served_by="rule"), 0),
        DueWindow(week(30), 1),
    ]


def test_rows_were_due_by_the_windows_before(watched: Watched) -> None:
    assert windows.rows_were_due(watched.catalog, SLUG, week(0)) == (False, "0 of the 0 windows before had rows")
    judge(watched.catalog, week(0), rows=500)
    judge(watched.catalog, week(0, served_by="rule"), rows=0)
    judge(watched.catalog, week(1), rows=0, state=WindowState.SILENT)
    assert windows.rows_were_due(watched.catalog, SLUG, week(2)) == (True, "1 of the 2 windows before had rows")
    judge(watched.catalog, week(2), rows=0, state=WindowState.SILENT)
    assert not windows.rows_were_due(watched.catalog, SLUG, week(3))[0]


@pytest.mark.parametrize("claimed", ["0001-01-01", "1970-01-01", "2099-01-01", "9999-12-31"])
def test_a_row_that_claims_another_century_makes_no_window_of_nothing(
    watched: Watched, asked: Asked, claimed: str
) -> None:
    asked(datetime.fromisoformat(claimed).replace(tzinfo=UTC), MONDAY + DAY)
    assert watched.parts() == [week(0)]


def test_a_long_history_is_judged_in_parts(watched: Watched, asked: Asked) -> None:
    asked(*(MONDAY + number * WEEK for number in range(70)))
    assert len(watched.due()) == windows.WINDOWS_AT_ONCE


def test_a_project_without_a_monitoring_plan_is_told(watched: Watched) -> None:
    with pytest.raises(CharterError, match="there is no monitoring plan"):
        replace(watched, project=make_project()).due()


def test_the_first_window_of_a_week_is_known_by_what_was_judged_before(watched: Watched) -> None:
    days = [Part(FIRST, "model", MONDAY + n * DAY, MONDAY + (n + 1) * DAY) for n in (0, 1, 6, 9)]
    opens = []
    for day in days:
        opens.append(windows.opens_a_week(watched.catalog, SLUG, day))
        judge(watched.catalog, day)
    assert opens == [True, False, False, True]  # the last is a Wednesday, after two days without traffic
    assert windows.opens_a_week(watched.catalog, SLUG, replace(days[0], version=SECOND))


def test_a_window_whose_rows_were_altered_is_named_and_is_no_silent_one(watched: Watched, asked: Asked) -> None:
    asked(MONDAY)
    asked(MONDAY + 9 * DAY)
    (folder,) = watched.settings.predictions_root.iterdir()
    path = next(one for one in folder.glob("*.arrow") if one.name.startswith(f"{micros(MONDAY)}_"))
    path.write_bytes(b"something else")
    live = Live(FIRST, "model", MONDAY + DAY, None)
    assert watched.due(live, until=MONDAY + 2 * WEEK) == [DueWindow(week(0), 0), DueWindow(week(1), 1)]
    told = [windows.altered(watched.catalog, SLUG, week(number), settings=watched.settings) for number in range(2)]
    at = f"{MONDAY:%Y-%m-%d %H:%M:%S}"
    assert told == [f"segment {path.name} (1 row of {at} to {at} UTC) was altered", ""]


def test_no_window_is_judged_on_a_chain_that_does_not_hold(watched: Watched, asked: Asked) -> None:
    asked(MONDAY)
    asked(MONDAY + 9 * DAY)
    (folder,) = watched.settings.predictions_root.iterdir()
    prediction_logs.seal_log(watched.catalog, folder, generation=1, actor="steward")
    (folder / CHAIN).unlink()
    asked(MONDAY + 10 * DAY)
    told = windows.altered(watched.catalog, SLUG, week(0), settings=watched.settings)
    assert told.endswith("sealed line 3 of its chain, with 2 rows before it; the chain ends before that")
