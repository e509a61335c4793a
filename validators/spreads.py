"""How far values are spread from the reference, counted in cells of which none is too small for chance to be known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from validators.statistics import Floats, hellinger_beyond_chance, two_sample_chi_square, uneven_split

EXPECTED_AT_LEAST = 5
"""Of the smaller side, in each cell: of fewer no chi-square is to be believed."""
KNOWN_FROM = 15
"""Of values that were counted more seldom, those above any bound are above it by chance."""


@dataclass(frozen=True)
class Cells:
    """The counts of a reference and of what is held against it; the last cell holds what the reference hardly knew."""

    reference: Floats
    current: Floats

    @property
    def distance(self) -> float:
        """Say how far they lie apart, less what chance brings."""
        return hellinger_beyond_chance(self.reference, self.current)

    @property
    def by_chance(self) -> float:
        """Say how often chance brings as much; what was hardly known is held by itself where it is too little."""
        sides = self.reference, self.current
        one, other = (float(side.sum()) for side in sides)
        hardly = [float(side[-1]) for side in sides]
        if sum(hardly) * min(one, other) >= EXPECTED_AT_LEAST * (one + other):
            return two_sample_chi_square(*sides)
        joined = (np.append(side[:-2], side[-2:].sum()) for side in sides)
        rare = uneven_split(hardly[1], other, earlier=hardly[0], earlier_of=one)
        return min(1.0, 2 * min(two_sample_chi_square(*joined), rare))


def cells_of(reference: Floats, current: Floats, *, named: int) -> Cells:
    """Put small cells together by the reference alone: the first `named` are of single values, the others are a range.

    Values that it hardly knew go with those that it never saw: the two are one another's chance (Good and Turing). All
    others go with those next to them, in an order in which chance has no part, so that a column that has moved as a
    whole is seen however few rows come.
    """
    at = np.arange(reference.size)
    is_open = (at <= named) | (at == reference.size - 1)
    is_known = ~is_open | (reference >= KNOWN_FROM)
    share = min(1.0, float(current.sum() / reference.sum()))
    runs = _runs(reference[is_known], least=EXPECTED_AT_LEAST / share)
    one, other = (
        np.append(np.bincount(runs, weights=side[is_known]), side[~is_known].sum()) for side in (reference, current)
    )
    return Cells(one, other)


def _runs(counts: Floats, *, least: float) -> list[int]:
    """Number neighbours alike until they reach so many together; what is left at the end goes with those before."""
    runs, number, reached = [], 0, 0.0
    for count in counts:
        runs.append(number)
        reached += float(count)
        if reached >= least:
            number, reached = number + 1, 0.0
    return [min(run, max(number - 1, 0)) for run in runs]
