"""A season that stood elsewhere at the end of a reference has not changed for good; a new tariff or unit has."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from flywheel.domain.gates import Verdict
from flywheel.project.reading.kinds import Kind
from flywheel.project.tabular.certainty import ALONE
from validators import drift_own, sentinels
from validators.endings import with_its_end
from validators.own_windows import judged_by_its_windows, with_its_windows
from validators.profiles import Profile, make_profile
from validators.specs import ColumnRule
from validators.stretches import Span

WEEK = timedelta(weeks=1)
A_WEEK, NEVER = 300, pd.Timestamp("2100-01-01", tz="UTC")
SEASONS = (ColumnRule("heating", Kind.CATEGORY), ColumnRule("load", Kind.CATEGORY), ColumnRule("price", Kind.NUMBER))
CHANGES = (
    ColumnRule("tariff", Kind.CATEGORY),
    ColumnRule("maker", Kind.CATEGORY),
    ColumnRule("starts", Kind.NUMBER),
    ColumnRule("heat", Kind.NUMBER),
)


def drawn(
    seed: list[int], *, first: str, days: int, changed: pd.Timestamp = NEVER, rolled_out: int = 0
) -> pd.DataFrame:
    draw, rows = np.random.default_rng(seed), A_WEEK * days // 7
    at = pd.Timestamp(first, tz="UTC") + pd.to_timedelta(np.sort(draw.random(rows)) * days, unit="D")
    winter = np.cos(2 * np.pi * (at.dayofyear.to_numpy() - 20) / 365)
    is_new = np.asarray(at >= changed + pd.to_timedelta(draw.random(rows) * rolled_out, unit="D"))
    makers = draw.choice(["OTIS", "KONE", "Ganz"], rows, p=[0.3, 0.4, 0.3])
    gaps = draw.random(rows) < 0.06
    return pd.DataFrame(
        {
            "at": at,
            "heating": np.where(draw.random(rows) < 1 / (1 + np.exp(-9 * winter)), "on", "off"),
            "load": np.select([winter > 0.5, winter < -0.5], ["high", "low"], "middle"),
            "price": np.select([winter > 0.5, winter < -0.5], [12.0, 4.0], 8.0) + draw.integers(0, 4, rows) / 10,
            "tariff": np.where(is_new, "flat", "by hour"),
            "maker": np.where(is_new & (makers == "OTIS"), "OTIS Kft.", makers),
            "starts": draw.poisson(220, rows) * np.where(is_new, 7.0, 1.0),
            "heat": np.where(gaps, np.where(is_new, 0.0, np.nan), draw.normal(58, 9, rows).round(1)),
        }
    )


def known(table: pd.DataFrame, rules: tuple[ColumnRule, ...]) -> Profile:
    reference = table.iloc[: len(table) * 4 // 5]
    profile = with_its_end(make_profile(reference, rules=rules), reference, rules=rules, time="at")
    return with_its_windows(profile, table, rules=rules, time="at", length=WEEK)


def rings(window: pd.DataFrame, profile: Profile, first: str) -> set[str]:
    begun_s = pd.Timestamp(first, tz="UTC").timestamp()
    rows = window[[column.name for column in profile.columns]]
    span = Span(begun_s, begun_s + WEEK.total_seconds())
    judged = [judged_by_its_windows(one, rows, profile, ALONE, span) for one in (sentinels.check, drift_own.check)]
    heard = [one.result for one in judged if one.result.verdict is Verdict.FAILED]
    return {found.column for result in heard for found in result.findings if found.column}


def monday_after(first: str, *, days: int, weeks: int) -> str:
    ended = pd.Timestamp(first) + timedelta(days=days)
    return str((ended + timedelta(days=(7 - ended.weekday()) % 7, weeks=weeks)).date())


TABLES = [("2022-12-03", 300), ("2022-09-03", 365), ("2022-02-22", 400), ("2022-06-14", 460), ("2022-08-26", 760)]


@pytest.mark.parametrize(("first", "days"), TABLES)
def test_a_season_that_stands_still_since_the_end_of_the_table_is_told_when_it_is_another(
    first: str, days: int
) -> None:
    table = drawn([1, days], first=first, days=days)
    profile = known(table, SEASONS)
    sent_again = table.iloc[: len(table) * 4 // 5].iloc[-A_WEEK:].reset_index(drop=True)
    held, told = sent_again.mode().iloc[0], 0
    for weeks in (16, 20, 24, 28):
        monday = monday_after(first, days=days, weeks=weeks)
        week = drawn([2, days, weeks], first=monday, days=7)
        assert rings(week, profile, monday) == set()
        gone = {rule.name for rule in SEASONS if (week[rule.name] == held[rule.name]).mean() < 0.02}
        assert gone <= rings(sent_again, profile, monday), monday
        told += len(gone)
    assert told >= 3


@pytest.mark.parametrize(("since", "rolled_out"), [(0.5, 0), (0.6, 30), (0.72, 0)])
@pytest.mark.parametrize("days", [300, 365, 460, 760])
def test_what_changed_for_good_accuses_no_week_of_the_year_after(days: int, since: float, rolled_out: int) -> None:
    first = "2023-03-04"
    changed = pd.Timestamp(first, tz="UTC") + timedelta(days=days * since)
    profile = known(drawn([3, days], first=first, days=days, changed=changed, rolled_out=rolled_out), CHANGES)
    assert {column.name for column in profile.latest} == {rule.name for rule in CHANGES} or days > 2 * 365
    for weeks in (1, 14, 26, 40):
        monday = monday_after(first, days=days, weeks=weeks)
        week = drawn([4, days, weeks], first=monday, days=7, changed=changed)
        assert rings(week, profile, monday) == set()
    assert "starts" in rings(week.assign(starts=week["starts"] * 60), profile, monday)
