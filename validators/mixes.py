"""What no mix of the reference's own rows could show: so a part of a week is told from a broken feed."""

from __future__ import annotations

import numpy as np

from flywheel.project.reading.kinds import Kind
from validators.batches import BatchState, ColumnState
from validators.columns import Floats
from validators.crowding import Weight
from validators.profiles import ColumnProfile, Profile

THINNER = 10
"""A weekend may bring a tenth of the traffic that its share of the week would."""
PART_AT_LEAST = 0.01
"""However short a window was, the reference is taken to hold so many rows of its kind."""
UNSEEN_ROWS = 3
"""What the reference does not show at all may stand for so many rows of it, at one of twenty."""
BEYOND_CHANCE = 3.0
SHOWN_AT_LEAST = 0.005


def beyond_any_part(current: BatchState, profile: Profile, *, covers: float) -> frozenset[str]:
    """Name the columns whose values no part of the reference could hold, whatever it is chosen by.

    A part that makes the share `w` of the reference can hold a value at most `1 / w` times as often as all of it.
    """
    weight = Weight(current.rows_per_case, profile.rows_per_case)
    part = max(covers / THINNER, PART_AT_LEAST)
    pairs = zip(profile.columns, current.columns, strict=True)
    return frozenset(old.name for old, new in pairs if _excess(old, new, part, weight) >= SHOWN_AT_LEAST)


def _excess(before: ColumnProfile, now: ColumnState, part: float, weight: Weight) -> float:
    """Give the share of rows that lies beyond what any part could hold, by pieces of the range or by single values."""
    known = dict(before.levels)
    pieces = np.array([before.missing, *before.mass_counts, *_bins(before, now)], dtype=np.float64)
    of_pieces = np.array([now.missing, *now.mass_counts, *now.bins], dtype=np.float64)
    values = np.array([known.get(value, before.unlisted_at_most) for value, _ in now.top], dtype=np.float64)
    of_values = np.array([count for _, count in now.top], dtype=np.float64)

    def beyond(new: Floats, old: Floats) -> float:
        share = new / now.rows
        sure = share - BEYOND_CHANCE * np.sqrt(share * (1 - share) * weight.now / now.rows)
        most = (old + UNSEEN_ROWS * weight.before) / before.rows / part
        return float(np.maximum(sure - np.minimum(most, 1.0), 0.0).sum())

    return max(beyond(of_pieces, pieces), beyond(of_values, values))


def _bins(before: ColumnProfile, now: ColumnState) -> tuple[float, ...]:
    """Count the reference by the same pieces; of times it keeps the middle alone, and none lies beyond their ends."""
    if before.kind != Kind.TIME or len(now.bins) == len(before.bins):
        return before.bins
    return (0, *[before.present / 2] * (len(now.bins) - 2), 0)
