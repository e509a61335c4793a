"""Says which columns are functions of the calendar: all rows of one month, weekday or day hold the same value."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from itertools import pairwise

ROWS_AT_MOST = 10_000
"""Enough to see it."""
ROWS_AT_LEAST, OTHERS_AT_LEAST = 100, 20
"""Rows of which some others are of the same month, say; and those that do not hold the most frequent value."""
UNEXPLAINED = 0.1
"""So much of what differs may differ otherwise: an hour between two zones, a mistyped day."""
ODD_AT_MOST = 0.02
"""Of rows that came since, where it is known that a column follows the calendar."""
CHANGES_AT_LEAST = 2
"""What changed once has changed, and follows no calendar."""
NAMED = 0.98


@dataclass(frozen=True)
class Grain:
    """A part of time, such as the month, and whether windows of some length see all of it."""

    name: str
    key: Callable[[datetime], Hashable]
    takes: timedelta = timedelta.max
    """How long it takes until all of its values have come; for ever, where each comes but once."""


_WEEK, _YEAR = timedelta(weeks=1), timedelta(days=366)
GRAINS = (
    Grain("year", lambda at: at.year),
    Grain("quarter", lambda at: (at.month - 1) // 3, _YEAR),
    Grain("weekday", lambda at: at.weekday(), _WEEK),
    Grain("month", lambda at: at.month, _YEAR),
    Grain("hour", lambda at: at.hour, timedelta(days=1)),
    Grain("day of the month", lambda at: at.day, timedelta(days=31)),
    Grain("week of the year", lambda at: at.isocalendar()[1], _YEAR),
    Grain("weekday and hour", lambda at: (at.weekday(), at.hour), _WEEK),
    Grain("day of the year", lambda at: (at.month, at.day), _YEAR),
    Grain("month of each year", lambda at: (at.year, at.month)),
    Grain("week of each year", lambda at: at.isocalendar()[:2]),
    Grain("day", lambda at: at.toordinal()),
)
"""The coarse ones first: what the month tells, its days tell too."""
DAILY = tuple(grain for grain in GRAINS if grain.name in {"day", "day of the year"})
"""Of so many that one value of theirs which makes much of a table is no day's."""
_NAMES: tuple[Callable[[datetime], str], ...] = (lambda at: f"{at:%Y}", lambda at: f"{at:%Y%m}")


@dataclass(frozen=True)
class Moments:
    """The times of some rows, by which their columns are looked at one after the other; None where one is missing."""

    of_rows: Sequence[datetime | None]

    def grain_of(self, values: Sequence[str | None]) -> Grain | None:
        """Find the coarsest part of time that tells what a column holds in each row."""
        there = self._where(values)
        held = {values[place] for place in there}
        if len(there) < ROWS_AT_LEAST or not 2 <= len(held) <= len(there) / 2:
            return None
        found = next((grain for grain in GRAINS if self._explains(grain, values, there)), None)
        has_changed_once = found is not None and found.takes > _WEEK and self._changes(values, there) < CHANGES_AT_LEAST
        return None if has_changed_once and not self.names_its_period(values) else found

    def usual_in(self, grain: Grain, values: Sequence[str | None]) -> dict[Hashable, str | None]:
        """Say what most rows of each part of time hold."""
        keys, held = self._keys[grain.name], dict[Hashable, Counter[str | None]]()
        for place in self._where(values):
            held.setdefault(keys[place], Counter())[values[place]] += 1
        return {key: counts.most_common(1)[0][0] for key, counts in held.items()}

    def go_on(self, grain: Grain, values: Sequence[str | None], before: Mapping[Hashable, str | None]) -> bool:
        """Whether all rows but a few hold what their part of time held before, or hold alike in one that is new."""
        keys, there = self._keys[grain.name], self._where(values)
        expected = {**self.usual_in(grain, values), **before}
        return bool(there) and sum(values[at] != expected[keys[at]] for at in there) <= ODD_AT_MOST * len(there)

    def names_its_period(self, values: Sequence[str | None]) -> bool:
        """Whether values write down the year of their row, or its year and month, such as 2024 and 202411."""
        there = self._where(values)
        moments = [(self.of_rows[place], values[place]) for place in there]
        return bool(there) and any(
            sum(way(at) == value for at, value in moments if at) >= NAMED * len(there) for way in _NAMES
        )

    def _explains(self, grain: Grain, values: Sequence[str | None], there: Sequence[int]) -> bool:
        """Whether other rows of the same part of time tell what a row holds, as they would not by chance."""
        judged, odd, usual = self._odd(grain, values, there)
        others = judged - usual
        return judged >= ROWS_AT_LEAST and others >= OTHERS_AT_LEAST and odd <= UNEXPLAINED * others

    def _odd(self, grain: Grain, values: Sequence[str | None], there: Sequence[int]) -> tuple[int, int, int]:
        """Count rows that do not stand alone in their part of time, those unlike the others there, and the usual."""
        keys, groups = self._keys[grain.name], dict[Hashable, list[tuple[int, str | None]]]()
        for (key, value), rows in Counter((keys[place], values[place]) for place in there).items():
            groups.setdefault(key, []).append((rows, value))
        judged, odd, by_value = 0, 0, Counter[str | None]()
        for held in groups.values():
            counts = sorted((rows for rows, _ in held), reverse=True)
            if sum(counts) < 2:
                continue
            first, second = counts[0], counts[1] if len(counts) > 1 else 1
            judged += sum(counts)
            odd += sum(counts) - (first if first > second or len(counts) == 1 else 0)
            for rows, value in held:
                by_value[value] += rows
        return judged, odd, max(by_value.values(), default=0)

    def _changes(self, values: Sequence[str | None], there: Sequence[int]) -> int:
        """Count how often the value of most rows of a day is another one than on the day before."""
        by_day = dict[int, Counter[str | None]]()
        for place in there:
            if at := self.of_rows[place]:
                by_day.setdefault(at.toordinal(), Counter())[values[place]] += 1
        said = [by_day[day].most_common(1)[0][0] for day in sorted(by_day)]
        return sum(one != other for one, other in pairwise(said))

    def _where(self, values: Sequence[str | None]) -> list[int]:
        step = -(-max(len(values), 1) // ROWS_AT_MOST)
        return [
            place
            for place in range(0, len(values), step)
            if self.of_rows[place] is not None and values[place] is not None
        ]

    @cached_property
    def _keys(self) -> dict[str, list[Hashable]]:
        return {grain.name: [None if at is None else grain.key(at) for at in self.of_rows] for grain in GRAINS}
