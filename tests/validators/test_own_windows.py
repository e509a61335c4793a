"""What a reference's own windows held at the like time accuses no later window; any other fault still rings."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial

import numpy as np
import pandas as pd
import pytest

from flywheel.domain.gates import Severity, Verdict
from flywheel.project.reading.kinds import Kind
from flywheel.project.tabular.certainty import ALONE
from tests.factories.seasons import seasonal
from validators import drift_own, input_contract, sentinels
from validators.own_windows import judged_by_its_windows, with_its_windows
from validators.profiles import Profile, make_profile
from validators.specs import ColumnRule
from validators.stretches import Span

RULES = (
    ColumnRule("month", Kind.CATEGORY),
    ColumnRule("quarter", Kind.CATEGORY),
    ColumnRule("week", Kind.INTEGER),
    ColumnRule("heating", Kind.CATEGORY),
    ColumnRule("warmth", Kind.NUMBER),
    ColumnRule("region", Kind.CATEGORY),
    ColumnRule("amount", Kind.NUMBER),
)
WEEK = timedelta(weeks=1)
Fault = Callable[[pd.DataFrame], pd.DataFrame]
world = partial(seasonal, swing=0.4)


def known(rows: int, days: int, *, first: str = "2024-11-04", seed: int = 1, time: str | None = "at") -> Profile:
    """A reference that lacks the newest fifth of its table, which was kept for the test."""
    table = world(rows, seed, first=first, days=days)
    profile = make_profile(table.iloc[: rows * 4 // 5], rules=RULES)
    return with_its_windows(profile, table, rules=RULES, time=time, length=WEEK)


def rings(window: pd.DataFrame, profile: Profile, first: str) -> set[str]:
    begun_s = pd.Timestamp(first, tz="UTC").timestamp()
    span = Span(begun_s, begun_s + WEEK.total_seconds())
    checks = (sentinels.check, drift_own.check)
    judged = [judged_by_its_windows(check, window, profile, ALONE, span).result for check in checks]
    return {
        f"{one.code} {found.column}"
        for one in judged
        for found in one.findings
        if one.verdict is Verdict.FAILED and found.severity is Severity.CRITICAL
    }


WEEKS = [str(day.date()) for day in pd.date_range("2026-11-16", periods=12, freq="28D")]


@pytest.mark.parametrize(("rows", "days"), [(4_000, 370), (14_000, 735)])
def test_a_clean_week_is_as_at_the_like_time_of_a_year_though_never_as_the_year(rows: int, days: int) -> None:
    start = pd.Timestamp("2026-11-15") - pd.Timedelta(days=days)
    profile = known(rows, days, first=str(start.date()))
    assert {column.name for column, _ in profile.moving} == {"month", "quarter", "week", "heating", "warmth"}
    without = known(rows, days, first=str(start.date()), time=None)
    for place, first in enumerate(WEEKS):
        window = world(400, 50 + place, first=first, days=7)
        assert {one for one in rings(window, profile, first) if one != "DRIFT-001 warmth"} == set()
        assert {"DATA-003 month", "DRIFT-001 quarter", "DATA-003 week"} <= rings(window, without, first)


def some(frame: pd.DataFrame, name: str, every: int, value: object) -> pd.DataFrame:
    return frame.assign(**{name: frame[name].mask(np.arange(len(frame)) % every == 0, value)})


FAULTS: dict[str, tuple[str, Fault]] = {
    "a code among months": ("DATA-003 month", lambda frame: some(frame, "month", 30, "unknown")),
    "a month that stands still": ("DATA-003 month", lambda frame: frame.assign(month="September")),
    "months in another tongue": ("DATA-003 month", lambda frame: frame.assign(month=frame["month"].str.upper())),
    "a code among weeks": ("DATA-003 week", lambda frame: some(frame, "week", 20, 0.0)),
    "one value of a season": ("DATA-003 heating", lambda frame: frame.assign(heating="on")),
    "a code in a season": ("DATA-003 heating", lambda frame: some(frame, "heating", 30, "?")),
    "gaps in a season": ("DRIFT-001 heating", lambda frame: some(frame, "heating", 8, None)),
    "a unit of what moves": ("DRIFT-001 warmth", lambda frame: frame.assign(warmth=frame["warmth"] * 1.8 + 32)),
    "a default of what moves": ("DATA-003 warmth", lambda frame: some(frame, "warmth", 15, 0.0)),
    "what moves stands still": ("DATA-003 warmth", lambda frame: frame.assign(warmth=7.7)),
    "what never moves": ("DATA-003 amount", lambda frame: some(frame, "amount", 30, 0.0)),
    "a lost name": ("DATA-003 region", lambda frame: frame.assign(region=frame["region"].replace({"W": "N"}))),
}


@pytest.mark.parametrize(("rung", "fault"), FAULTS.values(), ids=FAULTS)
def test_a_fault_rings_in_what_moves_as_in_what_does_not(rung: str, fault: Fault) -> None:
    profile = known(4_000, 370, first="2025-11-10")
    for place, first in enumerate(WEEKS[::4]):
        assert rung in rings(fault(world(600, 80 + place, first=first, days=7)), profile, first)


def test_what_no_window_held_at_that_time_rings_though_another_time_did() -> None:
    profile = known(4_000, 370, first="2025-11-10")
    june = world(400, 5, first="2026-06-08", days=7)
    assert "DATA-003 month" not in rings(june, profile, "2027-06-07")
    assert "DATA-003 month" in rings(june, profile, "2027-02-01")


def test_of_a_reference_that_never_moves_or_tells_no_times_nothing_more_is_kept() -> None:
    steady = tuple(rule for rule in RULES if rule.name in {"region", "amount"})
    for seed in range(6):
        table = world(6_000, seed, first="2025-01-06", days=364)
        plain = make_profile(table, rules=steady)
        assert with_its_windows(plain, table, rules=steady, time="at", length=WEEK) == plain
        assert with_its_windows(plain, table, rules=steady, time=None, length=WEEK) == plain


@pytest.mark.parametrize("share", [0.015, 0.06])
def test_a_name_that_came_with_the_newest_rows_of_the_table_accuses_no_later_week(share: float) -> None:
    """A branch that opened within the test: its rows were vouched for, and the weeks after are as its last ones."""
    rule = tuple(one for one in RULES if one.name == "region")
    draw = np.random.default_rng(3)

    def opened(frame: pd.DataFrame, until: float = 0.0) -> pd.DataFrame:
        is_new = (draw.random(len(frame)) < share) & (np.arange(len(frame)) >= until * len(frame))
        return frame.assign(region=np.where(is_new, "NEW", frame["region"]))

    table = opened(world(9_000, 1, first="2025-11-10", days=370), until=0.85)
    profile = make_profile(table.iloc[:7_200], rules=rule, time="at")
    profile = with_its_windows(profile, table, rules=rule, time="at", length=WEEK)
    for seed, first in enumerate(WEEKS[:4], start=10):
        week = opened(world(400, seed, first=first, days=7))
        assert rings(week, profile, first) == set()
        at = pd.Timestamp(first, tz="UTC").to_pydatetime()
        assert input_contract.check(week, rules=rule, profile=profile, asked_at=at).result.verdict is Verdict.PASSED
    other = week.assign(region=week["region"].replace("NEW", "OTHER").where(draw.random(400) < 0.9, "OTHER"))
    assert "DATA-003 region" in rings(other, profile, first), "a name that the table lacks is told"


def test_what_is_kept_of_windows_can_be_read_again() -> None:
    profile = known(3_000, 200)
    assert profile.moving
    assert Profile.from_json(profile.to_json()) == profile


def test_newest_windows_say_how_a_column_is_to_what_comes_soon_after_them_and_to_nothing_later() -> None:
    profile = known(4_000, 150, first="2026-01-05")
    soon = world(400, 7, first="2026-06-08", days=7)
    assert "DATA-003 quarter" not in rings(soon, profile, "2026-06-08")
    assert "DATA-003 quarter" in rings(soon, profile, "2026-10-12")
