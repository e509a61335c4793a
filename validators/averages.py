"""What a column is on average, before and now, from exact sums and never from bins."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from validators.batches import ColumnState
from validators.profiles import ColumnProfile


@dataclass(frozen=True)
class Averages:
    """The mean before and now; 0 where there is nothing to average. `ratio` is of the sizes, without signs.

    A mean of numbers of both signs may be next to nothing, and a ratio of two such means says nothing.
    """

    before: float
    now: float
    ratio: float


def of_all(before: ColumnProfile, now: ColumnState) -> Averages:
    """Average every number that arrived; what is declared to mean missing is none."""
    ratio = _ratio(_mean(before.size, before.present), _mean(now.size, now.present))
    return Averages(_mean(before.total, before.present), _mean(now.total, now.present), ratio)


def of_free(before: ColumnProfile, now: ColumnState) -> Averages:
    """Average the numbers that are no common value: defaults and codes hide what happens to the others."""
    values = np.array(before.masses, dtype=np.float64)
    means, sizes = [], []
    for side in (before, now):
        counts = np.array(side.mass_counts, dtype=np.float64)
        free = side.present - sum(side.mass_counts)
        means.append(_mean(side.total - float(values @ counts), free))
        sizes.append(_mean(side.size - float(np.abs(values) @ counts), free))
    return Averages(means[0], means[1], _ratio(*sizes))


def _ratio(before: float, now: float) -> float:
    return now / before if before else 0.0


def _mean(total: float, values: int) -> float:
    return total / values if values > 0 else 0.0
