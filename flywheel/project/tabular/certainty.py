"""Rows of one unit, an entity or else equal rows, tell less than as many units, by how alike they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import pandas as pd

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.intp]

ONE_SIDED = 0.975


@dataclass(frozen=True)
class Units:
    """Which rows belong together, numbered as units first come; None where each row stands alone."""

    codes: Codes | None = None

    def only(self, rows: npt.NDArray[np.bool_] | Codes) -> Units:
        """The units of some of the rows."""
        return self if self.codes is None else units_of(self.codes[rows])

    def numbers(self, rows: int) -> Codes:
        """The number of the unit of each row."""
        return np.arange(rows) if self.codes is None else self.codes

    def count(self, rows: int) -> int:
        """How many different units so many rows are of."""
        return rows if self.codes is None else int(self.codes.max(initial=-1)) + 1

    def one_each(self, frame: pd.DataFrame, *, seed: int, at_most: int | None = None) -> pd.DataFrame:
        """Take one row of each unit, by chance, in their order; of some of them, those with most rows likeliest."""
        if self.codes is None and (at_most is None or len(frame) <= at_most):
            return frame
        order = np.random.default_rng(seed).permutation(len(frame))
        _, first = np.unique(self.numbers(len(frame))[order], return_index=True)
        return frame.iloc[np.sort(order[np.sort(first)[:at_most]])]

    def effect(self, values: npt.ArrayLike) -> float:
        """Say how many rows weigh as much as one that stands alone, for the mean of these values (design effect).

        The larger of two: the size of a unit, averaged over rows, by how alike its rows are (intraclass correlation:
        copies weigh together as much as one); and how far the sums of whole units vary (Liang and Zeger), which a few
        large units show that all small ones together hide. Where few of them weigh, both are doubtful: Student's t.
        Where all values are the same nobody can tell how alike they are: they count as copies.
        """
        if self.codes is None:
            return 1.0
        given = np.asarray(values, dtype=np.float64)
        sizes = np.bincount(self.codes)
        repeats = given.size - sizes.size
        if repeats < 1:
            return 1.0
        centred = given - given.mean()
        squares = float(np.square(centred).sum())
        sums = np.bincount(self.codes, weights=centred)
        size = float(np.square(sizes).sum() / sizes.sum())
        alike, vary = 1.0, 0.0
        if squares > 1e-12:
            within = squares - float((np.square(sums) / sizes).sum())
            alike = min(max(1 - within / repeats / (squares / given.size), 0.0), 1.0)
            vary = float(np.square(sums).sum()) / squares
        effect = max(1 + (size - 1) * alike, vary) * _doubt(given.size / size, of=sizes.size)
        return min(effect, float(given.size))


def _doubt(weigh: float, *, of: int) -> float:
    """Say how much wider bounds are where so few units weigh (Kish) of all, by Student's t: if equal, no wider."""
    # scipy only where rows are of units
    from scipy.special import stdtrit

    few, all_of_them = (float(stdtrit(max(units - 1, 1.0), ONE_SIDED)) for units in (weigh, float(of)))
    return (few / all_of_them) ** 2


ALONE = Units()
"""Each row is a unit of its own."""


def units_of(known: npt.ArrayLike) -> Units:
    """Number the units by which rows are known, such as their hashes."""
    _, first, codes = np.unique(np.asarray(known), return_index=True, return_inverse=True)
    if first.size == codes.size:
        return ALONE
    place = np.empty(first.size, dtype=np.intp)
    place[np.argsort(first)] = np.arange(first.size)
    return Units(place[codes])


def spread_of(values: Floats, units: Units) -> float:
    """Give the variance of a mean whose rows may be of the same units."""
    return float(values.var()) / values.size * units.effect(values)
