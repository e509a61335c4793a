"""Weeks of seasonal numbers in which nothing changes but the time of the year, and faults planted into them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType

import numpy as np
import pandas as pd

from benchmarks.null_calendar import ENDS, TEST_SHARE, WEEK, failing
from benchmarks.null_windows import ANY, Traffic
from flywheel.project.reading.kinds import Kind
from validators import drift_own, sentinels
from validators.own_windows import judged_by_its_windows, with_its_windows
from validators.profiles import Profile, make_profile
from validators.repeats import cases_of
from validators.specs import ColumnRule
from validators.stretches import Span

RULES = tuple(ColumnRule(name, Kind.NUMBER) for name in ("price", "warmth", "power", "days", "amount"))
A_YEAR, TWO_YEARS, WEEKS_LATER = 400, 760, 52
SIZES, MISSED = (200, 300, 600, 2_000), "no gate fails"
Fault = Callable[[pd.DataFrame], pd.DataFrame]


def seasons(rng: np.random.Generator, rows: int, *, first: pd.Timestamp, days: int) -> pd.DataFrame:
    """Draw rows of some days: numbers that follow the time of the year, and amounts that follow nothing."""
    at = first + pd.to_timedelta(np.sort(rng.random(rows)) * days * 86_400, unit="s").floor("s")
    winter = np.cos(2 * np.pi * at.dayofyear.to_numpy() / 365)
    return pd.DataFrame(
        {
            "at": at,
            "price": (10 + at.month.to_numpy() / 2 + rng.normal(0, 0.4, rows)).round(1),
            "warmth": (10 - 12 * winter + rng.normal(0, 3, rows)).round(1),
            "power": np.exp(5 + 0.6 * winter + rng.normal(0, 0.5, rows)).round(),
            "days": (40 + 15 * winter + rng.normal(0, 6, rows)).round(),
            "amount": rng.lognormal(4, 1, rows).round(2),
        }
    )


@dataclass(frozen=True)
class Seasons:
    """Weeks after a table of so many days and as many rows a week; with a fault, wrong is that none of them fails."""

    days: int
    rows: tuple[int]
    fault: Fault | None = None

    @property
    def wrong(self) -> str:
        """What would be wrong."""
        return "a gate fails" if self.fault is None else MISSED

    def draws(self, rng: np.random.Generator, rows: int) -> Traffic:
        """Draw one of the weeks of a year."""
        frame = seasons(rng, rows, first=ENDS + int(rng.integers(WEEKS_LATER)) * WEEK, days=WEEK.days)
        return Traffic(frame if self.fault is None else self.fault(frame), pd.Series([None] * rows, dtype=object))

    def known(self, rng: np.random.Generator, _: int) -> KnownSeasons:
        """Freeze a table of which the newest fifth was kept for the test."""
        first = ENDS - timedelta(days=self.days)
        table = seasons(rng, self.rows[0] * self.days // WEEK.days, first=first, days=self.days)
        profile = make_profile(table.iloc[: round(len(table) * (1 - TEST_SHARE))], rules=RULES)
        profile = with_its_windows(profile, table, rules=RULES, time="at", length=WEEK)
        return KnownSeasons(profile, is_planted=self.fault is not None)


@dataclass(frozen=True)
class KnownSeasons:
    """What such a week is held against."""

    profile: Profile
    is_planted: bool

    def words(self, one: Traffic) -> set[str]:
        """Name the gates that fail; where a fault was planted, say whether none does."""
        cases = cases_of(one.rows, one.entities, self.profile)
        begun_s = one.rows["at"].min().floor("D").timestamp()
        span = Span(begun_s, begun_s + WEEK.total_seconds())
        rows, units = cases.rows, cases.units
        checks = (sentinels.check, drift_own.check)
        failed = failing([judged_by_its_windows(one, rows, self.profile, units, span) for one in checks])
        return failed if not self.is_planted else set() if failed else {ANY}


def _coded(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(days=frame["days"].mask(np.arange(len(frame)) % 8 == 0, 0.0))


FAULTS: Mapping[str, Fault] = MappingProxyType(
    {
        "warmth in °F": lambda frame: frame.assign(warmth=frame["warmth"] * 1.8 + 32),
        "power x 100": lambda frame: frame.assign(power=frame["power"] * 100),
        "a code in an eighth of days": _coded,
        "a price that stands still": lambda frame: frame.assign(price=frame["price"].mode()[0]),
    }
)
_LONG = {"a year": A_YEAR, "two years": TWO_YEARS}
SEASONS: Mapping[str, Seasons] = MappingProxyType(
    {
        f"{size:,} rows a week, of seasons of {long}": Seasons(days, (size,))
        for long, days in _LONG.items()
        for size in SIZES
    }
    | {
        f"{name}, of seasons of {long}": Seasons(days, (300,), fault)
        for long, days in _LONG.items()
        for name, fault in FAULTS.items()
    }
)
"""Tables and weeks of as many rows a week, and planted faults at 300."""
