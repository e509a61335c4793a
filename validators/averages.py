"""What a column is on average, before and now, from exact sums and never from bins."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from validators.batches import ColumnState
from validators.profiles import ColumnProfile


@dataclass(frozen=True)
class Averages:
    """The mean before and now; 0 where there is nothing to average."""

    before: float
    now: float

    @property
    def ratio(self) -> float:
        """How many times larger it is now; 0 where that says nothing."""
        return self.now / self.before if self.before else 0.0


def of_all(before: ColumnProfile, now: ColumnState) -> Averages:
    """Average every number that arrived; what is declared to mean missing is none."""
    return Averages(_mean(before.total, before.present), _mean(now.total, now.present))


def of_free(before: ColumnProfile, now: ColumnState) -> Averages:
    """Average the numbers that are no common value: defaults and codes hide what happens to the others."""
    values = np.array(before.masses, dtype=np.float64)
    return Averages(
        *(
            _mean(side.total - float(values @ np.array(side.mass_counts)), side.present - sum(side.mass_counts))
            for side in (before, now)
        )
    )


def _mean(total: float, values: int) -> float:
    return total / values if values > 0 else 0.0
