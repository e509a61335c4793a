"""What one set of yes and no brings over another: bounds from the rows decided otherwise, and from nothing else."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from scipy import special

from flywheel.errors import counted
from validators.statistics import Floats, Interval, exact_share

Swing = tuple[float, float]
"""What a yes brings over a no where the outcome is true, and where it is not."""


def gain_of_flips(
    candidate: Floats, reference: Floats, *, swing: Swing, confidence: float, is_one_way: bool = False
) -> Interval:
    """Estimate the mean gain per row, from how many rows are decided otherwise and how often the outcome is true there.

    Both have exact bounds (Garwood; Clopper and Pearson), for rows turned to yes and rows turned to no; products and
    sums are bounded by recovering variances (MOVER). Where few rows are decided otherwise and the dear outcome is rare,
    a bootstrap has not seen it and is far too sure. That no row was turned one of the ways does not mean that none
    ever is, save where the reference says the same to all (`is_one_way`), or where every row was decided alike.
    """
    below = above = 0.0
    for share, worth in _turned(candidate - reference, swing, confidence):
        if is_one_way and not share.estimate:
            continue
        below += _reach(share, worth) ** 2
        above += _reach(share, _mirrored(worth)) ** 2
    middle = float((candidate - reference).mean())
    return Interval(middle, middle - math.sqrt(below), middle + math.sqrt(above))


def chance_of_no_loss(gain: Floats, *, swing: Swing) -> float:
    """Give the chance that rows turned one way bring so little though they break even (exact binomial tail)."""
    ways = [one for one in _counted(gain, swing) if one[1][2]]
    if not ways:
        return 1.0
    if len(ways) > 1:
        raise ValueError("rows were turned both ways, so no naive answer was held against")
    ((true, (of_true, of_false, rows)),) = ways
    even = of_false / (of_false - of_true) if of_true != of_false else -1.0
    if not 0 < even < 1:
        return float(min(of_true, of_false) >= 0)
    return float(special.bdtr(true, rows, even) if of_true > of_false else special.bdtrc(true - 1, rows, even))


def _turned(gain: Floats, swing: Swing, confidence: float) -> Iterator[tuple[Interval, Interval]]:
    """Give, for rows turned to yes and for rows turned to no, their share and what one of them brings."""
    if not gain.any():
        return
    for true, (of_true, of_false, rows) in _counted(gain, swing):
        worth = [of_true, of_false, 0.0]
        if rows:
            shares = exact_share(true, rows, confidence=confidence)
            worth = [of_false + (of_true - of_false) * one for one in (shares.low, shares.high, shares.estimate)]
        yield _per_row(rows, gain.size, confidence), Interval(worth[-1], min(worth), max(worth))


def _counted(gain: Floats, swing: Swing) -> Iterator[tuple[int, tuple[float, float, int]]]:
    """Count, each way, the turned rows whose outcome is true, beside what true and false ones bring and how many."""
    left = gain != 0
    for sign in (1.0, -1.0):
        is_true = left & np.isclose(gain, sign * swing[0])
        here = is_true | (left & np.isclose(gain, sign * swing[1]))
        left &= ~here
        yield int(is_true.sum()), (sign * swing[0], sign * swing[1], int(here.sum()))
    if left.any():
        raise ValueError(f"{counted(int(left.sum()), 'gain', 'are')} not what another decision brings")


def _per_row(count: int, of: int, confidence: float) -> Interval:
    """Bound how many rows of all are turned, as a count of Poisson's: the one way leaves fewer rows for the other."""
    tail = (1 - confidence) / 2
    low = float(special.gammaincinv(count, tail)) if count else 0.0
    return Interval(count / of, low / of, float(special.gammaincinv(count + 1, 1 - tail)) / of)


def _reach(size: Interval, worth: Interval) -> float:
    """How far below its estimate a product may lie: below nought only where its second factor may."""
    fewer, more, down = size.estimate - size.low, size.high - size.estimate, worth.estimate - worth.low
    if worth.low < 0:
        return math.hypot(size.estimate * down, worth.estimate * more, down * more)
    return math.sqrt(max((size.estimate * down) ** 2 + (worth.estimate * fewer) ** 2 - (down * fewer) ** 2, 0.0))


def _mirrored(one: Interval) -> Interval:
    return Interval(-one.estimate, -one.high, -one.low)
