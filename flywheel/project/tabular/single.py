"""Single precision, which is all that boosted trees read: what is taken off a column before it, and what it blurs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

LARGEST = float(np.finfo(np.float32).max)
_TOLD_FROM = 0.001
"""A leaf of fewer rows parts nothing that could be told from chance."""
_EXACT = 2.0**24


def offset_of(known: NDArray[np.float64]) -> float:
    """Choose what is taken off a column, so that 1,000,000,000 and 1,000,000,001 stay two numbers; mostly nothing."""
    if not blurred(known, 0.0):
        return 0.0
    middle = float(np.quantile(known, 0.5, method="lower"))
    return middle if blurred(known, middle) < blurred(known, 0.0) else 0.0


def blurred(known: NDArray[np.float64], offset: float) -> float:
    """Give the largest share of rows that single precision confuses with others; nought if hardly any."""
    apart = known - offset
    if not known.size or (np.abs(apart).max() <= _EXACT and (apart == np.rint(apart)).all()):
        return 0.0
    distinct, rows = np.unique(known, return_counts=True)
    singles = in_single(distinct, offset)
    starts = np.flatnonzero(np.concatenate([[True], singles[1:] != singles[:-1]]))
    most = (np.add.reduceat(rows, starts) - np.maximum.reduceat(rows, starts)).max() / known.size
    return float(most) if most > _TOLD_FROM else 0.0


def in_single(values: NDArray[np.float64], offsets: NDArray[np.float64] | float) -> NDArray[np.float32]:
    """Write numbers as boosted trees read them."""
    return np.asarray(np.clip(values - offsets, -LARGEST, LARGEST), dtype=np.float32)
