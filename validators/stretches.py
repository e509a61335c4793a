"""What single windows of a reference held, kept for the columns of which no window is like the whole."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from validators.columns import Floats, Mask

DAY_S = 86_400.0
WEEK_S = 7 * DAY_S
YEAR_S = 365.2425 * DAY_S
LIKE_WITHIN_S = 10 * DAY_S
"""Windows that lie so near to one another in the year are of the like time."""


@dataclass(frozen=True)
class Span:
    """From one time up to another, in seconds since 1970."""

    start_s: float
    end_s: float

    def is_near(self, other: Span) -> bool:
        """Whether the two lie in the like time of a year, whatever year it is."""
        apart = abs(self.middle_s - other.middle_s) % YEAR_S
        lasted = self.end_s - self.start_s + other.end_s - other.start_s
        return min(apart, YEAR_S - apart) <= lasted / 2 + LIKE_WITHIN_S

    def are_near(self, times: Floats) -> Mask:
        """Say which times, in seconds, lie in the like time of a year."""
        apart = np.abs(times - self.middle_s) % YEAR_S
        return np.asarray(
            np.minimum(apart, YEAR_S - apart) <= (self.end_s - self.start_s) / 2 + LIKE_WITHIN_S, dtype=bool
        )

    @property
    def middle_s(self) -> float:
        """Say when half of it is over."""
        return (self.start_s + self.end_s) / 2


@dataclass(frozen=True)
class Stretch:
    """One window of the reference: how many rows lacked a value, held each single value, and lay in each bin."""

    span: Span
    counts: tuple[int, ...]
