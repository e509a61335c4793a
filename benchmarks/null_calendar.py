"""Weeks and retrainings in which nothing changes but the date: columns of months, quarters, weeks, years, seasons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType

import numpy as np
import pandas as pd

from benchmarks.null_windows import ANY, Traffic
from benchmarks.null_worlds import Watched, clean_world, drawn, rules_of
from flywheel.domain.gates import Severity
from flywheel.project.reading.kinds import Kind
from flywheel.project.reading.table import table_of
from validators import drift_own, input_contract, news, sentinels
from validators.news import Known
from validators.own_windows import judged_by_its_windows, with_its_windows
from validators.profiles import Profile, make_profile
from validators.protocol import Checked
from validators.repeats import cases_of
from validators.specs import ColumnRule
from validators.stretches import Span

WEEK, ENDS = timedelta(weeks=1), pd.Timestamp("2026-11-16", tz="UTC")
"""When the table ends, on a Monday."""
STEADY: tuple[Watched, ...] = tuple(one for one in clean_world() if one.sort in {"dense", "ties", "heavy"})
RULES: tuple[ColumnRule, ...] = (
    *rules_of(STEADY),
    ColumnRule("month", Kind.CATEGORY),
    ColumnRule("quarter", Kind.CATEGORY),
    ColumnRule("week", Kind.INTEGER),
    ColumnRule("heating", Kind.CATEGORY),
    ColumnRule("warmth", Kind.NUMBER),
)
LATER_WEEKS, TEST_SHARE, ROWS_A_DAY = 26, 0.2, 20
YEAR = ColumnRule("year", Kind.INTEGER)
WHOLE_YEAR, LAST_WEEK = 365, 52
"""A fifty-third week comes every five or six years, and is a new value then."""


def dated(rng: np.random.Generator, rows: int, *, first: pd.Timestamp, days: int) -> pd.DataFrame:
    """Draw rows of some days, with what their dates and the time of the year bring."""
    at = first + pd.to_timedelta(np.sort(rng.random(rows)) * days * 86_400, unit="s").floor("s")
    winter = np.cos(2 * np.pi * at.dayofyear.to_numpy() / WHOLE_YEAR)
    return drawn(STEADY, rng, rows).assign(
        at=at,
        month=at.month_name(),
        quarter=[f"Q{quarter}" for quarter in at.quarter],
        week=np.minimum(at.isocalendar().week.to_numpy().astype(np.float64), LAST_WEEK),
        year=at.year.to_numpy(),
        heating=np.where(rng.random(rows) < 0.5 + 0.4 * winter, "on", "off"),
        warmth=(12 - 10 * winter + rng.normal(0, 4, rows)).round(1),
    )


@dataclass(frozen=True)
class Weeks:
    """Weeks that come after a table of so many days, each in another part of the year."""

    days: int
    rows: tuple[int, ...] = (400, 2_000)
    wrong: str = "a gate fails"

    def draws(self, rng: np.random.Generator, rows: int) -> Traffic:
        """Draw one of the weeks."""
        first = ENDS + int(rng.integers(LATER_WEEKS)) * WEEK
        frame = dated(rng, rows, first=first, days=WEEK.days)
        return Traffic(frame, pd.Series([None] * rows, dtype=object))

    def known(self, rng: np.random.Generator, _: int) -> KnownWeeks:
        """Freeze a table of which the newest fifth was kept for the test."""
        table = dated(rng, ROWS_A_DAY * self.days, first=ENDS - timedelta(days=self.days), days=self.days)
        profile = make_profile(table.iloc[: round(len(table) * (1 - TEST_SHARE))], rules=RULES)
        return KnownWeeks(with_its_windows(profile, table, rules=RULES, time="at", length=WEEK))


@dataclass(frozen=True)
class KnownWeeks:
    """What such a week is held against."""

    profile: Profile

    def words(self, one: Traffic) -> set[str]:
        """Name the gates that fail, and the sorts of columns by which they do."""
        cases = cases_of(one.rows, one.entities, self.profile)
        begun_s = one.rows["at"].min().floor("D").timestamp()
        span = Span(begun_s, begun_s + WEEK.total_seconds())
        rows, units = cases.rows, cases.units
        checked = [input_contract.check(rows, rules=RULES, profile=self.profile, units=units)]
        checked += [
            judged_by_its_windows(check, rows, self.profile, units, span)
            for check in (sentinels.check, drift_own.check)
        ]
        return failing(checked)


@dataclass(frozen=True)
class Growths:
    """Tables that grow by 2 to 26 weeks, as a retraining finds them; rows are those that came since."""

    days: int
    rows: tuple[int, ...] = (280, 3_640)
    wrong: str = "a gate fails"

    def draws(self, rng: np.random.Generator, rows: int) -> Traffic:
        """Draw the rows that came since."""
        frame = dated(rng, rows, first=ENDS, days=rows // ROWS_A_DAY)
        return Traffic(frame, pd.Series([None] * rows, dtype=object))

    def known(self, rng: np.random.Generator, _: int) -> KnownTable:
        """Draw the table of the model in use."""
        first = ENDS - timedelta(days=self.days)
        return KnownTable(dated(rng, ROWS_A_DAY * self.days, first=first, days=self.days))


@dataclass(frozen=True)
class KnownTable:
    """What a grown table is held against."""

    before: pd.DataFrame

    def words(self, one: Traffic) -> set[str]:
        """Say whether DATA-003 closes the way of the grown table."""
        grown = pd.concat([self.before, one.rows], ignore_index=True)
        return failing([news.check(table_of(grown), Known(table_of(self.before), (*RULES, YEAR), "at"))])


def failing(checked: list[Checked]) -> set[str]:
    """Name the gates that fail."""
    failed = {
        one.result.code
        for one in checked
        if any(f.severity is Severity.CRITICAL and f.locator != "rows" for f in one.result.findings)
    }
    return failed | ({ANY} if failed else set())


CALENDAR: Mapping[str, Weeks | Growths] = MappingProxyType(
    {
        "a week, of a calendar of a year": Weeks(370),
        "a week, of a calendar of two years": Weeks(735),
        "retraining, the table grown, of eight months": Growths(240),
        "retraining, the table grown, of a year": Growths(370),
        "retraining, the table grown, of two years": Growths(735),
    }
)
"""Where nothing changes but the date."""
