"""Finds times far beyond all others: one mistyped day is not where the data end."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

FEW, TIMES_AS_FAR, OF_ALL = 0.01, 3, 0.05
"""So small a share of rows stands alone, where it lies that much farther from the others than any two of these do from
one another, and by such a share of all their time: what thins out towards its end has gaps too."""
ENOUGH = 20
"""Of fewer nobody can tell how far they usually lie apart."""


def lone_at_end(ordered: npt.NDArray[np.integer[Any]]) -> int:
    """Say how many of the newest stand alone, of times in their order."""
    few = max(1, int(FEW * ordered.size))
    if ordered.size < ENOUGH:
        return 0
    gaps = np.diff(ordered)
    usual, span = gaps[few:-few].max(), ordered[-1 - few] - ordered[few]
    far = np.flatnonzero(gaps[-few:] > max(TIMES_AS_FAR * usual, OF_ALL * span))
    return few - int(far[0]) if far.size and usual > 0 else 0
