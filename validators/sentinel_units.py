"""Whether all of a column came in another unit: as if a change of unit had been applied to each number."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from validators.averages import of_all, of_free
from validators.batches import ColumnState
from validators.crowding import Weight
from validators.moves import quantiles_of
from validators.profiles import ColumnProfile
from validators.sentinel_limits import SentinelLimits
from validators.unit_changes import CHANGES, Unit

WIDTHS, MET_WITHIN = 1.5, 0.05
"""A unit that adds, such as °F, is told from a season where a column lies so many widths elsewhere, just there."""


@dataclass(frozen=True)
class Change:
    """What lies between a column before and now."""

    before: ColumnProfile
    now: ColumnState
    limits: SentinelLimits
    chance: float
    cases: Weight

    def found(self) -> Unit | None:
        """Find the unit between the averages, where the values truly moved."""
        if not self.before.is_numeric:
            return None
        old = np.array([*self.before.mass_counts, *self.before.bins], dtype=np.float64)
        new = np.array([*self.now.mass_counts, *self.now.bins], dtype=np.float64)
        cells = self.cases.cells(old, new, named=len(self.before.mass_counts))
        if cells.distance < self.limits.moved_at_least or cells.by_chance > self.chance:
            return None
        if self._one_value_moved():
            return None
        near = [(self._left_over(at), at) for at, unit in enumerate(CHANGES) if self._is_near(unit)]
        left, at = min(near, default=(1.0, 0))
        return CHANGES[at] if left <= min(self.limits.undone_at_most, cells.distance / 2) else None

    def _is_near(self, unit: Unit) -> bool:
        """Whether the averages lie as far from one another as the unit would have them."""
        if unit.before is None:
            ratios = (of_free(self.before, self.now).ratio, of_all(self.before, self.now).ratio)
            return any(abs(ratio / unit.times - 1) <= self.limits.unit_within for ratio in ratios)
        quantiles, mean = quantiles_of(self.before), of_all(self.before, self.now)
        low, high = unit.before
        if quantiles is None or not low <= mean.before <= high:
            return False
        moved = (unit.times - 1) * mean.before + unit.plus
        width = float(quantiles[-1] - quantiles[0]) * max(1.0, unit.times)
        return abs(moved) >= WIDTHS * width and abs(mean.now - mean.before - moved) <= MET_WITHIN * abs(moved)

    def _left_over(self, at: int) -> float:
        """Measure how far the values are from the reference once a change of unit is undone.

        A unit changes every number alike, so that it can be undone; a season moves where they lie, and nothing does.
        Defaults that keep their value, since they are filled in later, are passed over.
        """
        scaled = np.array(self.now.scaled[at], dtype=np.float64)
        masses, bins = len(self.before.mass_counts), len(self.before.bins)
        whole = np.array([*self.before.mass_counts, *self.before.bins], dtype=np.float64)
        sides = [(masses, whole, scaled[: masses + bins])]
        if len(self.before.edges):
            sides.append((0, whole[masses:], scaled[masses + bins :]))
        return min(
            self.cases.cells(old, new, named=named).distance
            for named, old, new in sides
            if min(old.sum() / self.cases.before, new.sum() / self.cases.now) >= self.limits.counted_at_least
        )

    def _one_value_moved(self) -> bool:
        """Whether one repeated value explains the new average, the others being as they were: a code, and no unit."""
        news = [(value, count) for value, count in self.now.top if isinstance(value, float)]
        value, count = max(news, key=lambda one: one[1], default=(0.0, 0))
        if count < self.limits.share_at_least * self.now.present or count == self.now.present:
            return False
        mean = of_all(self.before, self.now)
        rest = (mean.now * self.now.present - value * count) / (self.now.present - count)
        return abs(rest - mean.before) < abs(mean.now - mean.before) / 2
