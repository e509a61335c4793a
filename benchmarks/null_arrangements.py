"""How the rows of a table come about: each of a case of its own, or several that show one case, or are of one unit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from flywheel.project.tabular.certainty import ALONE, Units, units_of


@dataclass(frozen=True)
class Arranged:
    """Which of so many drawn cases each row shows, and of which unit it is."""

    cases: int
    shown: NDArray[np.intp]
    units: Units = ALONE

    @property
    def rows(self) -> int:
        """Count the rows."""
        return self.shown.size

    def frame(self, cases: pd.DataFrame) -> pd.DataFrame:
        """Lay the rows out."""
        return cases.iloc[self.shown].reset_index(drop=True)


Arrange = Callable[[np.random.Generator, int], Arranged]
"""Arranges so many rows."""


def alone(_: np.random.Generator, rows: int) -> Arranged:
    """Each row is a case and a unit."""
    return Arranged(rows, np.arange(rows))


def come(times: int) -> Arrange:
    """Each unit comes so many times, and shows the same each time."""
    return partial(_repeated, times)


def few_have_most(rng: np.random.Generator, rows: int) -> Arranged:
    """Units have rows by their rank (Zipf): half of them show the unit's own case, the others a new one.

    There are a fifth as many units as rows; of 2,000 rows the largest has some 300.
    """
    count = max(rows // 5, 2)
    weights = 1 / np.arange(1, count + 1)
    unit = rng.choice(count, rows, p=weights / weights.sum())
    case = rng.permutation(count + rows)
    return Arranged(case.size, case[np.where(rng.random(rows) < 0.5, unit, count + np.arange(rows))], units_of(unit))


def one_is_busy(share: float) -> Arrange:
    """One unit has this share of the rows, and shows the same in each; all others come once."""
    return partial(_busy, share)


def _repeated(times: int, _: np.random.Generator, rows: int) -> Arranged:
    shown = np.repeat(np.arange(rows // times), times)
    return Arranged(rows // times, shown, units_of(shown))


def _busy(share: float, _: np.random.Generator, rows: int) -> Arranged:
    shown = np.maximum(np.arange(rows) - round(share * rows), 0)
    return Arranged(int(shown.max()) + 1, shown, units_of(shown))
