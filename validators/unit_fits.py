"""Which changes of unit explain where all of a column's numbers lie: all that are known compete, by their quantiles.

Averages of heavy tails are not to be trusted, and each unit fits within what chance leaves open, not within a constant.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from validators.columns import Floats
from validators.profiles import ColumnProfile
from validators.unit_changes import FEW_TIMES, UNITS, Unit

LEVELS = np.linspace(0.1, 0.9, 17)
SURE = 2.0
"""By so many standard errors the middle may lie off by chance."""
GRAIN = 0.01
"""No quantile of rounded numbers is surer than so much of the width of their middle four fifths."""
LEAST = 1e-9
"""Where all of a reference is one value, so far off is off."""
FITS_WITHIN, BETTER_BY = 0.12, 3.0
"""A change of unit leaves at most so much of that width, and so many times less than no change at all."""
NEAR_FEW, NEAR_MANY = 0.03, 0.15
"""So near to its factor a unit is met by more than chance too: prices that grow by half are no miles."""
ALIKE = 1.2
"""Units of which one fits worse by so many standard errors at most are not told apart."""
TOLD_AT_MOST = 2
"""Where more units fit equally well, none of them is known."""
STEPS = (np.arange(10) + 0.5) / 10


@dataclass(frozen=True)
class Quantiles:
    """Where numbers lie: each in order, with how many lie up to it."""

    values: Floats
    passed: Floats

    @staticmethod
    def of(values: Floats) -> Quantiles:
        """Read them from the numbers themselves."""
        return Quantiles(np.sort(values), np.arange(1.0, values.size + 1))

    @staticmethod
    def counted(column: ColumnProfile, masses: Floats, bins: Floats) -> Quantiles | None:
        """Read them from counts at a reference's single values and in its bins; nothing where these hold nothing.

        Of what lies beyond all bins only the side is known.
        """
        values, weights = [np.array(column.masses, dtype=np.float64)[: masses.size]], [masses]
        if column.edges:
            edges = np.array(column.edges, dtype=np.float64)
            values += [(edges[:-1, None] + np.diff(edges)[:, None] * STEPS).ravel(), edges[[0, -1]]]
            weights += [np.repeat(bins[1:-1] / STEPS.size, STEPS.size), bins[[0, -1]]]
        every, weight = np.concatenate(values), np.concatenate(weights)
        if not weight.sum():
            return None
        order = np.argsort(every, kind="stable")
        return Quantiles(every[order], np.cumsum(weight[order]))

    @property
    def count(self) -> float:
        """Count the numbers."""
        return float(self.passed[-1])

    def at(self, levels: Floats) -> Floats:
        """Give the quantiles at some levels."""
        places = np.searchsorted(self.passed, np.clip(levels, 0, 1) * self.passed[-1] * (1 - 1e-12))
        return np.asarray(self.values[np.minimum(places, self.values.size - 1)], dtype=np.float64)


def quantiles_of(column: ColumnProfile) -> Quantiles | None:
    """Read where the numbers of a reference lie; nothing where it has none."""
    if not column.is_numeric or not column.present:
        return None
    masses, bins = (np.array(counts, dtype=np.float64) for counts in (column.mass_counts, column.bins))
    return Quantiles.counted(column, masses, bins)


@dataclass(frozen=True)
class Apart:
    """How far some numbers lie from a reference, level by level, and how much of it chance may bring."""

    before: Floats
    now: Floats
    unsure: Floats

    @staticmethod
    def of(before: Quantiles, now: Quantiles, *, rows_per_case: tuple[float, float] = (1.0, 1.0)) -> Apart:
        """Compare two samples, of which so many rows weigh as one."""
        noise = rows_per_case[0] / before.count + rows_per_case[1] / now.count
        reach = np.sqrt(LEVELS * (1 - LEVELS) * noise)
        old = before.at(LEVELS)
        unsure = (before.at(LEVELS + reach) - before.at(LEVELS - reach)) / 2
        least = GRAIN * (old[-1] - old[0]) + LEAST * (1 + float(np.abs(old).max()))
        return Apart(old, now.at(LEVELS), np.maximum(unsure, least))

    @property
    def off(self) -> float:
        """Say by how many standard errors they lie off on average."""
        return float((np.abs(self.now - self.before) / self.unsure).mean())

    def undone(self, unit: Unit) -> Apart:
        """Undo a change of unit."""
        return Apart(self.before, (self.now - unit.plus) / unit.times, self.unsure)

    def is_centred(self, *, within: float, sure: float = SURE) -> bool:
        """Whether the middle lies where it did: by chance, or by so small a factor."""
        if abs(float(np.median((self.now - self.before) / self.unsure))) <= sure:
            return True
        is_told = self.now * self.before > 0
        factors = np.log(self.now[is_told] / self.before[is_told])
        return bool(factors.size) and abs(float(np.median(factors))) <= within

    def may_be(self, unit: Unit) -> bool:
        """Whether a unit that adds is one of numbers that lie here."""
        middle = float(self.before[LEVELS.size // 2])
        return unit.before is None or unit.before[0] <= middle <= unit.before[1]

    def gap(self) -> float:
        """Say how far the two lie apart on average, in their own unit."""
        return float(np.abs(self.now - self.before).mean())

    def times_wider(self) -> float:
        """Say how many times as wide the wider one lies."""
        widths = sorted(float(side[-1] - side[0]) for side in (self.before, self.now))
        return widths[1] / widths[0] if widths[0] > 0 else np.inf

    def fits(self, unit: Unit) -> bool:
        """Whether a change of unit explains where the numbers lie, and far better than no change at all."""
        left, width = self.undone(unit), self.before[-1] - self.before[0]
        if not self.may_be(unit):
            return False
        is_few = 1 / FEW_TIMES < unit.times < FEW_TIMES
        if not unit.plus and not left.is_centred(within=NEAR_FEW if is_few else NEAR_MANY):
            return False
        return left.gap() <= FITS_WITHIN * width and BETTER_BY * left.gap() * unit.times <= self.gap()

    def is_nearer_without(self, unit: Unit, *, by: float) -> bool:
        """Whether the numbers lie so many times nearer to the others once a change of unit is undone."""
        return by * self.undone(unit).gap() * math.sqrt(unit.times) <= self.gap()  # between both scales

    def fitting(self, units: Sequence[Unit] = UNITS) -> tuple[Unit, ...]:
        """Name the unit that fits best, and with it another that fits as well; none where more do."""
        fits = sorted(((self.undone(unit).off, at) for at, unit in enumerate(units) if self.fits(unit)))
        alike = tuple(units[at] for off, at in fits if off <= fits[0][0] + ALIKE)
        return alike if len(alike) <= TOLD_AT_MOST else ()
