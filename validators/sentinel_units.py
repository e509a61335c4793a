"""Whether all of a column came in another unit: as if a change of unit had been applied to each number."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from validators.averages import of_all
from validators.batches import ColumnState
from validators.crowding import Weight
from validators.profiles import ColumnProfile
from validators.sentinel_limits import SentinelLimits
from validators.unit_changes import A_MOVE_TOO, CHANGES, UNITS, Unit
from validators.unit_fits import ALIKE, LEVELS, TOLD_AT_MOST, Apart, Quantiles, quantiles_of

WIDTHS, MET_WITHIN = 1.5, 0.05
"""A unit that adds, such as °F, is told from a season where a column lies so many widths elsewhere, just there."""


@dataclass(frozen=True)
class _Undone:
    """How far a column lies from the reference with a change of unit undone: by cells, and in standard errors."""

    left: float
    off: float


@dataclass(frozen=True)
class Change:
    """What lies between a column before and now."""

    before: ColumnProfile
    now: ColumnState
    limits: SentinelLimits
    chance: float
    cases: Weight

    def found(self) -> tuple[Unit, ...]:
        """Find the units that explain where the values moved to, the best first, if one of them is acted on.

        All that are known compete: what pounds explain is no Fahrenheit. Those that fit as well as the best are told.
        """
        if not self.before.is_numeric:
            return ()
        old = np.array([*self.before.mass_counts, *self.before.bins], dtype=np.float64)
        new = np.array([*self.now.mass_counts, *self.now.bins], dtype=np.float64)
        cells = self.cases.cells(old, new, named=len(self.before.mass_counts))
        if cells.distance < self.limits.moved_at_least or cells.by_chance > self.chance:
            return ()
        if self._one_value_moved():
            return ()
        most = min(self.limits.undone_at_most, cells.distance / 2)
        near = [(one, at) for at, unit in enumerate(UNITS) for one in self._undone(at, unit) if one.left <= most]
        fits = {UNITS[at]: one.off for one, at in sorted(near, key=lambda found: -found[0].off)}
        units = sorted((unit for unit in fits if fits[unit] <= min(fits.values()) + ALIKE), key=fits.__getitem__)
        return tuple(units[:TOLD_AT_MOST]) if any(unit in CHANGES for unit in units) else ()

    def _undone(self, at: int, unit: Unit) -> Iterator[_Undone]:
        """Undo a change of unit, and measure what is left where the middle lies as it did.

        A unit changes every number alike, so that it can be undone; a season moves where they lie, and nothing does.
        Defaults that keep their value, since they are filled in later, are passed over. A factor that a season may come
        near to must be met closely, however few rows there are.
        """
        if unit.plus and not self._is_moved_by(unit):
            return
        sure = self.limits.unit_sure if max(unit.times, 1 / unit.times) > A_MOVE_TOO else 0.0
        scaled = np.array(self.now.scaled[at], dtype=np.float64)
        masses, bins = len(self.before.mass_counts), len(self.before.bins)
        whole = np.array([*self.before.mass_counts, *self.before.bins], dtype=np.float64)
        for named, old, new in ((masses, whole, scaled[: masses + bins]), (0, whole[masses:], scaled[masses + bins :])):
            if min(old.sum() / self.cases.before, new.sum() / self.cases.now) < self.limits.counted_at_least:
                continue
            before, now = (Quantiles.counted(self.before, side[:named], side[named:]) for side in (old, new))
            if before is None or now is None:
                continue
            apart = Apart.of(before, now, rows_per_case=(self.cases.before, self.cases.now))
            if unit.plus or apart.is_centred(within=self.limits.unit_within, sure=sure):
                yield _Undone(self.cases.cells(old, new, named=named).distance, apart.off)

    def _is_moved_by(self, unit: Unit) -> bool:
        """Whether a unit that adds moved the average so far that no season does, and just there."""
        quantiles, mean = quantiles_of(self.before), of_all(self.before, self.now)
        if quantiles is None or unit.before is None or not unit.before[0] <= mean.before <= unit.before[1]:
            return False
        moved = (unit.times - 1) * mean.before + unit.plus
        low, high = quantiles.at(LEVELS[[0, -1]])
        width = float(high - low) * max(1.0, unit.times)
        return abs(moved) >= WIDTHS * width and abs(mean.now - mean.before - moved) <= MET_WITHIN * abs(moved)

    def _one_value_moved(self) -> bool:
        """Whether one repeated value explains the new average, the others being as they were: a code, and no unit."""
        news = [(value, count) for value, count in self.now.top if isinstance(value, float)]
        value, count = max(news, key=lambda one: one[1], default=(0.0, 0))
        if count < self.limits.share_at_least * self.now.present or count == self.now.present:
            return False
        mean = of_all(self.before, self.now)
        rest = (mean.now * self.now.present - value * count) / (self.now.present - count)
        return abs(rest - mean.before) < abs(mean.now - mean.before) / 2
