"""A weekend of a shop with business customers on weekdays is no broken feed, and a feed broken at a weekend is one."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from benchmarks import part_weeks
from benchmarks.part_weeks import RULES, WEEK, Plant, checks, rings, shop
from flywheel.domain.monitoring import Action, Signal, Watch, WindowState
from flywheel.services.serving import releases
from flywheel.services.watching.coverage import Coverage
from flywheel.services.watching.health import Found, Part, list_health, record_health
from tasks.part_of_slot import AsAPart, as_a_part
from tests.factories.people import BEN, VERA
from tests.factories.projects import SLUG
from tests.tasks.conftest import MONDAY, Walk
from validators.profiles import make_profile
from validators.repeats import cases_of

PARTS = {"Mon-Fri": range(5), "Fri-Sun": range(4, 7), "Sat-Sun": range(5, 7)}


def judged(days: range, *, plant: Plant, seed: int, has_times: bool, slots: int = 0) -> tuple[bool, AsAPart]:
    """Judge a part of a week, after so many in which all was kept back; says whether the gates alone ring, too."""
    rng = np.random.default_rng([seed, len(days)])
    before = shop(rng, WEEK, weeks=20)
    held = dict.fromkeys(("channel", "amount", "items"), slots)
    return part_weeks.judged(plant(shop(rng, days)), before, has_times=has_times, slots=held)


@pytest.mark.parametrize("has_times", [True, False])
@pytest.mark.parametrize("part", PARTS)
def test_clean_parts_of_a_week_accuse_nobody_and_say_what_is_kept_back(part: str, has_times: bool) -> None:
    told = [judged(PARTS[part], plant=lambda rows: rows, seed=seed, has_times=has_times) for seed in range(4)]
    assert any(alone for alone, _ in told), "each alone would be taken for a broken feed"
    assert not any(rings(one.checked) for _, one in told)
    days = f"it covers {len(PARTS[part])} of 7 days of its window"
    assert all(one.kept_back.startswith(days) for alone, one in told if alone)


UNSEEN: dict[str, Plant] = {
    "x100": lambda rows: rows.assign(amount=rows["amount"] * 100),
    "cents": lambda rows: rows.assign(amount=rows["amount"] / 100),
    "a dead column": lambda rows: rows.assign(items=np.nan),
    "a new channel": lambda rows: rows.assign(channel=rows["channel"].replace("app", "partner")),
}
OF_KNOWN_VALUES: dict[str, Plant] = {
    "merged": lambda rows: rows.assign(channel=rows["channel"].replace("web", "app")),
    "stuck": lambda rows: rows.assign(items=2),
}


@pytest.mark.parametrize("has_times", [True, False])
@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("fault", UNSEEN)
def test_what_no_part_of_the_reference_shows_rings_at_once(fault: str, part: str, has_times: bool) -> None:
    _, told = judged(PARTS[part], plant=UNSEEN[fault], seed=9, has_times=has_times)
    assert rings(told.checked)


@pytest.mark.parametrize("fault", OF_KNOWN_VALUES)
def test_known_values_in_another_mix_ring_where_the_reference_has_times(fault: str) -> None:
    known, unknown = (
        judged(PARTS["Sat-Sun"], plant=OF_KNOWN_VALUES[fault], seed=9, has_times=has_times)[1]
        for has_times in (True, False)
    )
    assert rings(known.checked)
    assert not rings(unknown.checked), "the price, told in docs/monitoring.md"


@pytest.mark.parametrize(
    ("lasted", "length", "told"),
    [
        (timedelta(minutes=7), timedelta(weeks=1), "7 minutes of 7 days"),
        (timedelta(seconds=20), timedelta(weeks=1), "1 minute of 7 days"),
        (timedelta(hours=6), timedelta(weeks=1), "6 hours of 7 days"),
        (timedelta(minutes=7), timedelta(days=1), "7 minutes of 24 hours"),
        (timedelta(days=2), timedelta(weeks=1), "2 of 7 days"),
    ],
)
def test_little_of_a_window_is_told_in_minutes_and_hours(lasted: timedelta, length: timedelta, told: str) -> None:
    rng = np.random.default_rng(4)
    before = shop(rng, WEEK, weeks=20)
    profile = make_profile(before, rules=RULES)
    rows = shop(rng, range(5, 7)).drop(columns="day")
    cases = cases_of(rows, pd.Series([None] * len(rows)), profile)
    coverage = Coverage(frozenset(range(8)), length, lasted)
    kept = as_a_part(
        checks(cases, profile), coverage, cases, profile, again=lambda: None, before=dict[str, int], past=lambda: None
    )
    assert kept.kept_back.startswith(f"it covers {told} of its window")
    assert len(kept.reasons) > 1
    assert f"({len(kept.reasons) - 1} more under --all)" in kept.kept_back


PLAN = (Signal(Watch.SENTINELS, Action.FALLBACK), Signal(Watch.DRIFT, Action.PAGE))


@pytest.mark.parametrize("before", range(7))
@pytest.mark.parametrize("fault", OF_KNOWN_VALUES)
def test_what_no_whole_window_will_ever_show_is_asked_of_a_person_in_every_third(fault: str, before: int) -> None:
    _, told = judged(PARTS["Sat-Sun"], plant=OF_KNOWN_VALUES[fault], seed=9, has_times=False, slots=before)
    rung = told.alarms(PLAN, tuple(one.result for one in told.checked))
    assert bool(rung) is (before in {2, 5})
    assert {one.action for one in rung} <= {Action.PAGE}, "nobody knows, so nothing is taken back"
    assert all("3 windows in a row" in one.reasons[-1] for one in rung)
    assert told.unknown


def test_what_is_sure_acts_as_planned_beside_what_is_asked() -> None:
    def plant(rows: pd.DataFrame) -> pd.DataFrame:
        return OF_KNOWN_VALUES["stuck"](rows.assign(amount=rows["amount"] * 100))

    _, told = judged(PARTS["Sat-Sun"], plant=plant, seed=9, has_times=False, slots=2)
    plan = (Signal(Watch.DRIFT, Action.FALLBACK),)
    (rung,) = told.alarms(plan, tuple(one.result for one in told.checked))
    assert "items" in told.asked
    assert rung.action is Action.FALLBACK


@pytest.mark.parametrize("before", [2, 5])
def test_where_the_reference_shows_the_same_days_a_clean_part_is_never_asked_about(before: int) -> None:
    for seed in range(3):
        _, told = judged(PARTS["Mon-Fri"], plant=lambda rows: rows, seed=seed, has_times=True, slots=before)
        assert (told.unknown, told.asked, rings(told.checked)) == ((), frozenset(), False)


def test_a_whole_week_is_judged_as_ever() -> None:
    alone, told = judged(WEEK, plant=OF_KNOWN_VALUES["merged"], seed=9, has_times=False)
    assert alone
    assert rings(told.checked)
    assert told.kept_back == ""


@pytest.mark.usefixtures("foreign_examiners")
def test_a_day_of_other_customers_waits_for_a_whole_week_and_a_unit_does_not(walk: Walk) -> None:
    """A model that answered for half of a Saturday alone, and asked of it only what some customers want."""
    walk.desk.sign(BEN)
    walk.desk.sign(VERA)
    saturday = MONDAY + timedelta(weeks=9, days=5, hours=6)
    walk.desk.clock.now = saturday
    walk.desk.release()
    walk.desk.clock.now = saturday + timedelta(hours=12)
    releases.fall_back(walk.catalog, project=SLUG, reason="drift", incident=None, actor="flow:monitoring")
    frame = walk.ground.artifacts.get_frame(walk.ground.prepared().digest)
    some = frame.nlargest(len(frame) // 3, "income").sample(400, random_state=3)
    kept = walk.window(some, week=9, after=timedelta(days=5, hours=12))
    assert (kept["state"], kept["alarms"], kept["telling"]) == ("insufficient", [], "")
    assert "it covers 12 hours of 7 days of its window" in kept["waiting"]
    assert "income" in kept["waiting"]
    assert "kept back income" in kept["verdicts"]
    assert "more under --all" not in kept["waiting"] or len(kept["kept_back"]) > 1
    (health,) = list_health(walk.catalog, project=SLUG)
    assert kept["waiting"] in health.words
    assert health.signals == {"kept back: nothing": kept["kept_back"]}
    broken = walk.window(some.assign(income=some["income"] * 100), week=9, after=timedelta(days=5, hours=12))
    assert broken["state"] == "bad"
    assert (broken["decided"], broken["cases"]) == (800, 800)
    assert broken["answered_seconds"] == pytest.approx(12 * 3_600, abs=120)
    assert any("income" in reason for alarm in broken["alarms"] for reason in alarm["reasons"])


@pytest.mark.parametrize("was_so", [True, False])
def test_what_the_version_saw_before_is_asked_about_once_and_a_change_always(*, was_so: bool) -> None:
    rng = np.random.default_rng(11)
    before, stuck = shop(rng, WEEK, weeks=20), OF_KNOWN_VALUES["stuck"]
    past = [shop(rng, range(5, 7)) for _ in range(6)]
    past = [stuck(one) for one in past] if was_so else past
    held = dict.fromkeys(("items",), 5)
    rows = stuck(shop(rng, range(5, 7)))
    _, told = part_weeks.judged(rows, before, has_times=False, slots=held, past=past)
    assert "items" in told.unknown
    assert ("items" in told.asked) is not was_so


@pytest.mark.parametrize("was_so", [True, False])
@pytest.mark.usefixtures("foreign_examiners")
def test_the_third_part_in_succession_pages_and_names_the_cure(walk: Walk, *, was_so: bool) -> None:
    walk.desk.sign(BEN)
    walk.desk.sign(VERA)
    walk.desk.clock.now = MONDAY + timedelta(weeks=9, days=5, hours=6)
    walk.desk.release()
    walk.desk.clock.now += timedelta(hours=6)
    releases.fall_back(walk.catalog, project=SLUG, reason="drift", incident=None, actor="flow:monitoring")
    for week in (7, 8):
        start_at = MONDAY + timedelta(weeks=week)
        part = Part(walk.desk.version.id, "model", start_at, start_at + timedelta(weeks=1))
        found = Found(WindowState.INSUFFICIENT, 9, verdicts={"kept back income": "not_evaluated"})
        record_health(walk.catalog, project=SLUG, part=part, found=found, run_id="run-1", actor="flow:monitoring")
    frame = walk.ground.artifacts.get_frame(walk.ground.prepared().digest)
    some = frame.nlargest(len(frame) // 3, "income").sample(400, random_state=3)
    if was_so:
        for week in (4, 5):
            for half, hour in ((some[:200], 7), (some[200:], 10)):
                walk.ask(half, at=MONDAY + timedelta(weeks=week, days=5, hours=hour))
    asked = walk.window(some, week=9, after=timedelta(days=5, hours=12))
    if was_so:
        assert (asked["state"], asked["alarms"]) == ("insufficient", [])
        return
    assert asked["state"] == "bad"
    assert {one["action"] for one in asked["alarms"]} == {"page"}
    assert any("With data.time in the charter" in reason for one in asked["alarms"] for reason in one["reasons"])


@pytest.mark.usefixtures("foreign_examiners")
def test_the_end_of_a_week_in_which_nobody_asked_any_more_judges_all_of_it(walk: Walk) -> None:
    """A feed that stops on Fridays at 17:40, judged then: its weekend is no silence, and its week is whole."""
    frame = walk.ground.artifacts.get_frame(walk.ground.prepared().digest)
    some = frame.nlargest(len(frame) // 3, "income").sample(400, random_state=3)
    start_at = MONDAY + timedelta(weeks=10)
    friday = start_at + timedelta(days=4, hours=17, minutes=40)
    part = Part(walk.desk.version.id, "model", start_at, friday)
    found = Found(WindowState.INSUFFICIENT, 9, verdicts={"kept back income": "not_evaluated"})
    record_health(walk.catalog, project=SLUG, part=part, found=found, run_id="run-1", actor="flow:monitoring")
    walk.ask(some, at=start_at + timedelta(days=2))
    rest = walk.looked_at(week=10, rows=0, since=friday)
    assert (rest["rows"], rest["state"], rest["start_at"]) == (400, "bad", start_at.isoformat())
