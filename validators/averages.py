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
    """Average every number that arrived, but those that are declared to mean missing."""
    return Averages(*(_mean(total, present - _codes(before, masses)) for total, present, masses in _sides(before, now)))


def of_free(before: ColumnProfile, now: ColumnState) -> Averages:
    """Average the numbers that are no common value: defaults and codes hide what happens to the others."""
    values = np.array(before.masses, dtype=np.float64)
    is_code = np.isin(values, before.codes)
    return Averages(
        *(
            _mean(total - float(values[~is_code] @ np.array(masses)[~is_code]), present - sum(masses))
            for total, present, masses in _sides(before, now)
        )
    )


def _sides(before: ColumnProfile, now: ColumnState) -> tuple[tuple[float, int, tuple[int, ...]], ...]:
    return (
        (before.total, before.present, before.mass_counts),
        (now.total, now.present, now.mass_counts),
    )


def _codes(before: ColumnProfile, counts: tuple[int, ...]) -> int:
    return sum(count for value, count in zip(before.masses, counts, strict=True) if value in before.codes)


def _mean(total: float, values: int) -> float:
    return total / values if values > 0 else 0.0
