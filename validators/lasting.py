"""Whether what a column showed at the end of a table was a change for good, or a season of which it was the time.

Both look alike from the end alone. The table's own windows tell: a season is as it was a year before, and where no year
went before, it moves before and after; a change for good is one step between two stretches that stand still.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import special

from flywheel.domain.monitoring import FIRST_MONDAY
from validators.columns import Floats
from validators.crowding import Weight
from validators.profiles import ColumnProfile
from validators.stretches import DAY_S, WEEK_S, YEAR_S, Stretch
from validators.window_pools import Pools, is_further_than_ever, newest_of, year_before

Counts = npt.NDArray[np.int64]

MOVED_AT_LEAST = 0.09
"""A window of the reference is unlike the others by as much as warns of drift, beyond chance over all windows."""
ROLLED_OUT_S = 21 * DAY_S
"""What comes for good may come by and by, so long before and after most of it is there."""


def changed_for_good(column: ColumnProfile, windows: tuple[Stretch, ...], weight: Weight, *, chance: float) -> bool:
    """Whether a column that had changed by the end of the reference did so for good, by all windows of the table."""
    newest = tuple(one for one in newest_of(windows) if one.span.start_s - YEAR_S >= windows[0].span.start_s)
    before = year_before(newest, windows) if newest else ()
    if not before:
        return _is_one_step(column, windows, weight, chance)
    counts = np.array([one.counts for one in newest], dtype=np.float64).sum(axis=0) / weight.before
    pools = Pools.of(before, weight.before)
    more, less = pools.far_from(counts, chance=chance)
    return bool(more.any() or less.any()) and is_further_than_ever(counts, pools, windows, weight.before)


def moves(counts: Counts, column: ColumnProfile, weight: Weight, chance: float) -> bool:
    """Whether some window is unlike all others together."""
    named_first = [0, *(1 + place for place in column.in_order)]
    ordered = counts[:, [*named_first, *range(len(named_first), counts.shape[1])]].astype(np.float64)
    every = ordered.sum(axis=0)
    for own in ordered:
        cells = weight.cells(every - own, own, named=len(named_first))
        if cells.distance >= MOVED_AT_LEAST and cells.by_chance <= chance:
            return True
    return False


def _is_one_step(column: ColumnProfile, windows: tuple[Stretch, ...], weight: Weight, chance: float) -> bool:
    """Whether a column stands still before and after one step, which may take some weeks."""
    starts, counts = _by_week(windows)
    if len(counts) < 2:
        return True
    step = _likeliest_step(counts)
    sides = starts + WEEK_S <= starts[step] - ROLLED_OUT_S, starts >= starts[step] + ROLLED_OUT_S
    return not any(side.sum() > 1 and moves(counts[side], column, weight, chance) for side in sides)


def _by_week(windows: tuple[Stretch, ...]) -> tuple[Floats, Counts]:
    """Put windows of less than a week together, of weeks that hold as many as any: weekdays and hours are no season."""
    starts = np.array([one.span.start_s for one in windows])
    counts = np.array([one.counts for one in windows], dtype=np.int64)
    weeks, at, held = np.unique(
        np.floor((starts - FIRST_MONDAY.timestamp()) / WEEK_S), return_inverse=True, return_counts=True
    )
    together = np.zeros((weeks.size, counts.shape[1]), dtype=np.int64)
    np.add.at(together, at, counts)
    is_whole = held == held.max()
    return weeks[is_whole] * WEEK_S + FIRST_MONDAY.timestamp(), together[is_whole]


def _likeliest_step(counts: Counts) -> int:
    """Say which window is the first of those that two mixes, one before and one since, explain best."""
    until = counts.cumsum(axis=0)[:-1].astype(np.float64)
    since = counts.sum(axis=0) - until
    told = sum(special.xlogy(side, side / side.sum(axis=1, keepdims=True)).sum(axis=1) for side in (until, since))
    return int(np.argmax(told)) + 1
