"""A weekend of a shop with business customers on weekdays is no broken feed, and a feed broken at a weekend is one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from flywheel.domain.gates import Verdict
from flywheel.project.kinds import Kind
from flywheel.services.serving import releases
from flywheel.services.watching.coverage import Coverage
from tasks.part_of_slot import AsAPart, as_a_part
from tests.factories.people import BEN, VERA
from tests.factories.projects import SLUG
from tests.tasks.conftest import MONDAY, Walk
from validators import drift_own, sentinels
from validators.profiles import Profile, make_profile
from validators.protocol import Checked
from validators.repeats import Cases, cases_of
from validators.specs import ColumnRule

RULES = (ColumnRule("channel", Kind.CATEGORY), ColumnRule("amount", Kind.NUMBER), ColumnRule("items", Kind.INTEGER))
WEEK = range(7)
PARTS = {"Mon-Fri": range(5), "Fri-Sun": range(4, 7), "Sat-Sun": range(5, 7)}
Plant = Callable[[pd.DataFrame], pd.DataFrame]


def shop(rng: np.random.Generator, days: range, *, weeks: int = 1) -> pd.DataFrame:
    """Draw traffic: business customers come on weekdays only, buy more, and pay more."""
    day = np.repeat(np.array(days), 150 * weeks)
    is_weekday = day < 5
    channel = np.where(is_weekday & (rng.random(day.size) < 0.3), "b2b", rng.choice(["web", "app"], day.size))
    is_b2b = channel == "b2b"
    amount = np.where(is_b2b, rng.lognormal(6.5, 0.8, day.size), rng.lognormal(3.8, 0.8, day.size)).round(2)
    items = np.where(is_b2b, rng.poisson(12, day.size), 1 + rng.poisson(1.5, day.size))
    return pd.DataFrame({"channel": channel, "amount": amount, "items": items, "day": day})


def checks(cases: Cases, profile: Profile) -> tuple[Checked, ...]:
    return sentinels.check(cases.rows, profile=profile), drift_own.check(cases.rows, profile=profile)


def judged(days: range, *, plant: Plant, seed: int, has_times: bool) -> tuple[bool, AsAPart]:
    """Judge a part of a week; says whether the gates alone ring, too."""
    rng = np.random.default_rng([seed, len(days)])
    before = shop(rng, WEEK, weeks=20)
    profile, like = (make_profile(one, rules=RULES) for one in (before, before[before["day"].isin(days)]))
    rows = plant(shop(rng, days)).drop(columns="day")
    cases = cases_of(rows, pd.Series([None] * len(rows)), profile)
    coverage = Coverage(frozenset(cell for day in days for cell in range(4 * day, 4 * day + 4)), timedelta(weeks=1))
    found = checks(cases, profile)
    told = as_a_part(found, coverage, cases, profile, again=lambda: checks(cases, like) if has_times else ())
    return rings(found), told


def rings(checked: tuple[Checked, ...]) -> bool:
    return any(one.result.verdict is Verdict.FAILED for one in checked)


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
    assert "it covers 0.5 of 7 days of its window" in kept["words"]
    assert "income" in kept["words"]
    broken = walk.window(some.assign(income=some["income"] * 100), week=9, after=timedelta(days=5, hours=12))
    assert broken["state"] == "bad"
    assert (broken["decided"], broken["cases"]) == (800, 800)
    assert broken["answered_seconds"] == pytest.approx(12 * 3_600, abs=120)
    assert any("income" in reason for alarm in broken["alarms"] for reason in alarm["reasons"])
