"""What one set of decisions brings over another: of yes and no, bounded by the rows decided otherwise alone."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy import special

from flywheel.errors import counted
from flywheel.project.tabular.certainty import ALONE, Units
from flywheel.project.tabular.means import Mean
from validators.columns import Mask
from validators.statistics import Floats, Interval, at_most, exact_share, too_many

Swing = tuple[float, float] | None
"""What a yes brings over a no where the outcome is true, and where it is not; None where amounts are decided."""


def gain_of_flips(
    candidate: Floats,
    reference: Floats,
    *,
    swing: Swing,
    confidence: float,
    is_one_way: bool = False,
    units: Units = ALONE,
) -> Interval:
    """Estimate the mean gain per row, from how many rows are decided otherwise and how often the outcome is true there.

    Both have exact bounds (Garwood; Clopper and Pearson), for rows turned to yes and rows turned to no; products and
    sums are bounded by recovering variances (MOVER). Where few rows are decided otherwise and the dear outcome is rare,
    a bootstrap has not seen it and is far too sure. That no row was turned one of the ways does not mean that none
    ever is, save where the reference says the same to all (`is_one_way`), or where every row was decided alike. Rows of
    one unit count as fewer, by how alike they are. Amounts turn nothing over: there each row brings a gain of its own,
    and its mean is bounded as one of skewed values.
    """
    if swing is None:
        mean = Mean.of(candidate - reference, units)
        return Interval(mean.value, *mean.between(confidence))
    below = above = 0.0
    for share, worth in _turned(candidate - reference, swing, confidence, units):
        if is_one_way and not share.estimate:
            continue
        below += _reach(share, worth) ** 2
        above += _reach(share, _mirrored(worth)) ** 2
    middle = float((candidate - reference).mean())
    return Interval(middle, middle - math.sqrt(below), middle + math.sqrt(above))


def chance_of_no_loss(gain: Floats, *, swing: Swing, units: Units = ALONE) -> float:
    """Give the chance that decisions bring so little though they break even: of rows turned one way, an exact tail."""
    if swing is None:
        return Mean.of(gain, units).chance_of_at_most()
    ways = [one for one in _ways(gain, swing) if one.is_here.any()]
    if not ways:
        return 1.0
    if len(ways) > 1:
        raise ValueError("rows were flipped both ways, so there was no baseline to compare with")
    (way,) = ways
    even = way.of_false / (way.of_false - way.of_true) if way.of_true != way.of_false else -1.0
    if not 0 < even < 1:
        return float(min(way.of_true, way.of_false) >= 0)
    true, rows = way.counted(units)
    return at_most(true, rows, even) if way.of_true > way.of_false else too_many(true, rows, even)


@dataclass(frozen=True)
class _Way:
    """The rows turned one way, those of them whose outcome is true, and what a true and a false one bring."""

    is_here: Mask
    is_true: Mask
    of_true: float
    of_false: float

    def counted(self, units: Units) -> tuple[float, float]:
        """Count the true ones and all, as many as weigh as if each stood alone."""
        effect = units.only(self.is_here).effect(self.is_true[self.is_here])
        return int(self.is_true.sum()) / effect, int(self.is_here.sum()) / effect


def _turned(
    gain: Floats, swing: tuple[float, float], confidence: float, units: Units
) -> Iterator[tuple[Interval, Interval]]:
    """Give, for rows turned to yes and for rows turned to no, their share and what one of them brings."""
    if not gain.any():
        return
    for way in _ways(gain, swing):
        worth = [way.of_true, way.of_false, 0.0]
        if way.is_here.any():
            shares = exact_share(*way.counted(units), confidence=confidence)
            worth = [
                way.of_false + (way.of_true - way.of_false) * one for one in (shares.low, shares.high, shares.estimate)
            ]
        effect = units.effect(way.is_here)
        share = _per_row(int(way.is_here.sum()) / effect, gain.size / effect, confidence)
        yield share, Interval(worth[-1], min(worth), max(worth))


def _ways(gain: Floats, swing: tuple[float, float]) -> Iterator[_Way]:
    """Tell rows turned to yes from rows turned to no by what they bring."""
    left = gain != 0
    for sign in (1.0, -1.0):
        is_true: Mask = left & np.isclose(gain, sign * swing[0])
        is_here: Mask = is_true | (left & np.isclose(gain, sign * swing[1]))
        left &= ~is_here
        yield _Way(is_here, is_true, sign * swing[0], sign * swing[1])
    if left.any():
        raise ValueError(f"{counted(int(left.sum()), 'gain', 'are')} not what another decision brings")


def _per_row(count: float, of: float, confidence: float) -> Interval:
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
