"""Whether a number stands out against the numbers next to it: a code does, a season moves them together."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from validators.batches import ColumnState
from validators.profiles import ColumnProfile
from validators.statistics import uneven_split

Floats = npt.NDArray[np.float64]

BESIDE = 3
"""So many of the nearest known values on each side are what a value is held against."""
RISEN = 1.5
"""Neighbours that grew by this factor have moved; a value among them is none of its own by being new."""
AT_ONCE = 2
"""So many codes may come at once; a column in which more values jump is lumpy by nature, such as hourly weather."""
LEVELS_AT_LEAST = 12


@dataclass(frozen=True)
class Neighbours:
    """The values of a column of numbers, before and now; a value is given with its shares of both."""

    before: ColumnProfile
    now: ColumnState

    def stands_out(self, value: float, shares: tuple[float, float], *, times: float, chance: float) -> bool:
        """Whether a share changed by more than those of its neighbours did, and than others of the column do."""
        is_more = shares[1] > shares[0]
        if self._is_one_of_many(value, shares, times=times if is_more else times - 1, is_more=is_more):
            return False
        if is_more:
            return self._rose_alone(value, shares, times)
        return self._fell_alone(value, shares, times, chance)

    def _is_one_of_many(self, value: float, shares: tuple[float, float], *, times: float, is_more: bool) -> bool:
        """Whether other values jump too, by so many deviations that this one is nothing special."""
        values, before, now = self._all
        if self._known[0].size < LEVELS_AT_LEAST:
            return False
        jumps = self._jumps(values, before / self.before.present, now, is_more=is_more)
        own = self._jumps(
            *(np.array([one]) for one in (value, shares[0], shares[1] * self.now.present)), is_more=is_more
        )
        return float(own[0]) < times * float(np.sort(jumps)[::-1][AT_ONCE])

    def _jumps(self, values: Floats, shares: Floats, counts: Floats, *, is_more: bool) -> Floats:
        """How far counts are from what neighbours let expect, in standard deviations of a count."""
        risen = np.array([self._risen(value, is_more=is_more) for value in values.tolist()])
        expected = shares * risen * self.now.present
        jumps: Floats = (1 if is_more else -1) * (counts - expected) / np.sqrt(np.maximum(expected, 1.0))
        return jumps

    def _rose_alone(self, value: float, shares: tuple[float, float], times: float) -> bool:
        risen = self._risen(value, is_more=True)
        like_them = shares[0] * max(risen, 1.0)
        return shares[1] >= times * (max(like_them, self._largest_beside(value)) if risen >= RISEN else like_them)

    def _fell_alone(self, value: float, shares: tuple[float, float], times: float, chance: float) -> bool:
        if shares[1] * times > shares[0] * self._risen(value, is_more=False):
            return False
        before, now = (sum(one) for one in zip(*self._beside(value), strict=True))
        if not before:
            return True
        count, earlier = round(shares[1] * self.now.present), round(shares[0] * self.before.present)
        return uneven_split(count, count + now, earlier=earlier, earlier_of=earlier + before) <= chance

    def _risen(self, value: float, *, is_more: bool) -> float:
        """Say by which factor the neighbours grew, on the side that grew (or fell) most; 1 where there are none."""
        ratios = [(now / self.now.present) / (old / self.before.present) for old, now in self._beside(value) if old]
        return (max if is_more else min)(ratios, default=1.0)

    def _beside(self, value: float) -> list[tuple[int, int]]:
        """Count the rows of the nearest values of the reference below and above, before and now."""
        values, before, now = self._known
        below, above = _nearest(values, value)
        return [(int(before[at].sum()), int(now[at].sum())) for at in (below, above)]

    def _largest_beside(self, value: float) -> float:
        """Give the largest share of the window's own values next to this one."""
        values, _, now = self._all
        return max(float(now[at].max(initial=0.0)) for at in _nearest(values, value)) / self.now.present

    @cached_property
    def _known(self) -> tuple[Floats, Floats, Floats]:
        """The levels in order, with their counts before and now."""
        rows = [
            (float(v), float(old), float(new))
            for (v, old), new in zip(self.before.levels, self.now.level_counts, strict=True)
        ]
        return _columns(rows)

    @cached_property
    def _all(self) -> tuple[Floats, Floats, Floats]:
        """The levels and what is frequent now beside them."""
        known = set(self._known[0].tolist())
        more = [(float(v), self.before.unlisted_at_most, n) for v, n in self.now.top if float(v) not in known]
        return _columns([*zip(*(one.tolist() for one in self._known), strict=True), *more])


def _nearest(values: Floats, value: float) -> tuple[slice, slice]:
    low, high = (int(np.searchsorted(values, value, side)) for side in ("left", "right"))
    return slice(max(low - BESIDE, 0), low), slice(high, high + BESIDE)


def _columns(rows: list[tuple[float, float, float]]) -> tuple[Floats, Floats, Floats]:
    values, before, now = np.array(sorted(rows), dtype=np.float64).reshape(-1, 3).T
    return values, before, now
