"""Rows of one entity tell less than as many entities: chance is reckoned with the cases that they weigh as."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from flywheel.project.tabular.certainty import Units, units_of
from validators import statistics
from validators.columns import Mask
from validators.spreads import Cells, cells_of

ENTITIES_AT_LEAST = 200
"""A reference of fewer is a panel, whose very members come again: rows of the same members are held together."""
SHARE_AT_MOST, TIMES_AT_MOST = 0.01, 2
"""Of one entity this share of the rows count, or so many times as many as others have, so that one busy caller does not
speak for all."""


def units_in(entities: pd.Series[Any]) -> Units:
    """Number the entities of some rows; a row that names none stands alone."""
    codes = pd.factorize(entities)[0]
    return units_of(np.where(codes < 0, -1 - np.arange(codes.size), codes))


def thinned(units: Units, rows: int, *, seed: int = 0) -> Mask:
    """Say which rows count: all, or so many of a busy entity, drawn by chance."""
    if units.codes is None:
        return np.ones(rows, dtype=bool)
    order = np.random.default_rng(seed).permutation(rows)
    places = pd.Series(units.codes[order]).groupby(units.codes[order]).cumcount().to_numpy()
    kept = np.zeros(rows, dtype=bool)
    usual = float(np.median(np.bincount(units.codes)))
    kept[order[places < max(SHARE_AT_MOST * rows, TIMES_AT_MOST * usual)]] = True
    return kept


def rows_per_case(units: Units) -> float:
    """Say how many rows weigh as one, if an entity's rows tell no more than one of them (Kish's design effect)."""
    if units.codes is None:
        return 1.0
    sizes = np.bincount(units.codes).astype(np.float64)
    return float(np.square(sizes).sum() / sizes.sum())


def largest_share(units: Units) -> float:
    """Say which share of the rows the busiest entity sent; nought where each row stands alone."""
    return 0.0 if units.codes is None else float(np.bincount(units.codes).max() / units.codes.size)


def cases_in(units: Units, chosen: Mask) -> float:
    """Say as how many cases some of the rows weigh by themselves: one, where all of them are of one entity."""
    if units.codes is None:
        return float(chosen.sum())
    sizes = np.bincount(units.codes[chosen]).astype(np.float64)
    return float(sizes.sum() ** 2 / np.square(sizes).sum()) if sizes.any() else 0.0


@dataclass(frozen=True)
class Weight:
    """How many rows weigh as one case, in the window and in the reference."""

    now: float = 1.0
    before: float = 1.0

    def uneven_split(self, count: float, of: float, *, earlier: float, earlier_of: float) -> float:
        """Give the chance of so uneven a split, in cases."""
        return statistics.uneven_split(
            count / self.now, of / self.now, earlier=earlier / self.before, earlier_of=earlier_of / self.before
        )

    def exact_shares(self, hits: int, of: int, *, earlier: int, earlier_of: int) -> float:
        """Give the chance that two shares are one, in whole cases."""
        return statistics.exact_shares(
            round(hits / self.now),
            round(of / self.now),
            earlier=round(earlier / self.before),
            earlier_of=round(earlier_of / self.before),
        )

    def cells(self, reference: Floats, current: Floats, *, named: int) -> Cells:
        """Count cases instead of rows, and put together what chance expects to be few."""
        return cells_of(reference / self.before, current / self.now, named=named)


Floats = npt.NDArray[np.float64]
BY_ROW = Weight()
