"""What windows of the like time show of a column, as far as their few rows tell it, and how far any lay from such."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from validators.columns import Floats, Mask
from validators.stretches import DAY_S, WEEK_S, YEAR_S, Span, Stretch

STEP_AT_MOST, BY_NOISE = 0.15, 3.0
"""How much further than any window of the like time a share may lie (Cohen's h), and errors of what rows leave open."""
CHANGED = 0.01
"""So seldom chance alone brings what makes newest windows seem unlike the year before, which lets more pass."""
TIMES_AS_FAR = 1.5
"""How many times as far as any window of the reference lay from its like time."""
NEWEST_S, LATELY_S, HALF_A_YEAR_S = 31 * DAY_S, 92 * DAY_S, YEAR_S / 2
"""The newest windows of the reference say how a column is, to what comes so soon after them."""
_NEARLY = 1e-6


def like_times(windows: tuple[Stretch, ...], span: Span, rows_per_case: float = 1.0) -> tuple[Stretch, ...]:
    """Give the windows of the like time of any year, and the newest ones to what comes soon after them.

    Newest windows that are as those of their own like time a year before say nothing but what time of the year it was.
    """
    newest = newest_of(windows)
    newest_s = newest[0].span.start_s
    near = tuple(one for one in windows if span.is_near(one.span))
    is_known = any(one.span.start_s < newest_s for one in near) and _is_as_before(newest, windows, rows_per_case)
    if is_known or span.start_s > max(one.span.end_s for one in windows) + LATELY_S:
        return near
    return tuple(one for one in windows if one.span.start_s >= newest_s or span.is_near(one.span))


def newest_of(windows: tuple[Stretch, ...]) -> tuple[Stretch, ...]:
    """Give the windows of the last month."""
    newest_s = max(one.span.end_s for one in windows) - NEWEST_S
    return tuple(one for one in windows if one.span.end_s > newest_s)


def year_before(newest: tuple[Stretch, ...], windows: tuple[Stretch, ...]) -> tuple[Stretch, ...]:
    """Give the windows of the like time of other years, before some."""
    lasted = Span(newest[0].span.start_s, newest[-1].span.end_s)
    return tuple(one for one in windows if one.span.is_near(lasted) and one.span.end_s < lasted.start_s - HALF_A_YEAR_S)


def _is_as_before(newest: tuple[Stretch, ...], windows: tuple[Stretch, ...], rows_per_case: float) -> bool:
    """Whether the newest windows together are as those of the like time of other years."""
    before = year_before(newest, windows)
    counts = np.array([one.counts for one in newest], dtype=np.float64).sum(axis=0) / rows_per_case
    if not before:
        return False
    more, less = Pools.of(before, rows_per_case).far_from(counts, chance=CHANGED)
    return not more.any() and not less.any()


def is_further_than_ever(counts: Floats, like: Pools, windows: tuple[Stretch, ...], rows_per_case: float = 1.0) -> bool:
    """Whether some counts lie further from the like time than windows of the reference lay from theirs."""
    return like.step_beyond_noise(counts) > TIMES_AS_FAR * _largest_step(windows, rows_per_case)


@dataclass(frozen=True)
class Pools:
    """Windows of the like time by cells, in cases, and each together with those a week before and after it.

    A season moves little in a week, and three windows say of a share what one of few rows leaves open; a weekday stays
    by itself, and so does an hour.
    """

    windows: Floats
    pools: Floats

    @staticmethod
    def of(stretches: tuple[Stretch, ...], rows_per_case: float = 1.0) -> Pools:
        """Count windows in cases."""
        counts = np.array([one.counts for one in stretches], dtype=np.float64) / rows_per_case
        starts = np.array([one.span.start_s for one in stretches])
        weeks = np.abs(starts[:, None] - starts) / WEEK_S
        is_beside = (weeks < 1 + _NEARLY) & (np.abs(weeks - np.round(weeks)) < _NEARLY)
        return Pools(counts, is_beside.astype(np.float64) @ counts)

    def far_from(self, counts: Floats, *, chance: float) -> tuple[Mask, Mask]:
        """Say which cells hold far more than any of the windows, and which far less, beyond chance too.

        What is true of now may be true of any of the pools: by chance none of them and now split their counts so.
        """
        together, split = counts + self.pools, counts.sum() / (counts.sum() + self.pools.sum(axis=1, keepdims=True))
        more = _at_least(counts, together, split).max(axis=0) <= chance
        less = _at_least(self.pools, together, 1 - split).max(axis=0) <= chance
        above, under = self._steps(counts)
        return more & (above >= STEP_AT_MOST), less & (under >= STEP_AT_MOST)

    def step_beyond_noise(self, counts: Floats, *, is_known: bool = False) -> float:
        """Say how far a share lies from that of any window, less what rows leave open.

        `is_known` leaves out what none of the windows held.
        """
        above, under = self._steps(counts)
        if is_known:
            above = np.where(self.windows.any(axis=0), above, 0.0)
        noise = BY_NOISE * np.sqrt(1 / counts.sum() + 1 / self.windows.sum(axis=1).mean())
        return float(max(above.max(), under.max()) - noise)

    def _steps(self, counts: Floats) -> tuple[Floats, Floats]:
        known, now = _angles(self.windows), _angles(counts)
        return now - known.max(axis=0), known.min(axis=0) - now


def _largest_step(windows: tuple[Stretch, ...], rows_per_case: float) -> float:
    """Say how far a window ever lay from those of its like time, some before it and some after it.

    Weather and campaigns make so much of a column, which a year alone tells by its own weeks. A day or a week that has
    a value of its own tells nothing.
    """
    largest, middles = 0.0, np.array([one.span.middle_s for one in windows])
    counts = np.array([one.counts for one in windows], dtype=np.float64) / rows_per_case
    for place, one in enumerate(windows):
        like = np.array([other is not one and one.span.is_near(other.span) for other in windows])
        sides = np.sign(middles[like] - middles[place])
        if like.any() and sides.min() < 0 < sides.max():
            near = counts[like]
            largest = max(largest, Pools(near, near).step_beyond_noise(counts[place], is_known=True))
    return largest


def _angles(counts: Floats) -> Floats:
    """Give shares as Cohen measures how far they lie apart."""
    angles: Floats = 2 * np.arcsin(np.sqrt(counts / counts.sum(axis=-1, keepdims=True)))
    return angles


def _at_least(count: Floats, together: Floats, split: Floats) -> Floats:
    """Give the chance that so many or more of two counts are on one side (exact binomial tail)."""
    some = np.broadcast_to(np.maximum(count, _NEARLY), together.shape)
    chances: Floats = np.where(count > 0, special.betainc(some, together - some + 1, split), 1.0)
    return chances
