"""Proposes the range that later amounts are held to: as wide as so many rows can tell, and no narrower."""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping
from itertools import accumulate

OUTSIDE_AT_MOST, LEVEL = 0.001, 0.001
"""So few of later rows may lie outside; that more do is as seldom."""
TAIL, TAIL_AT_LEAST = 0.2, 10
"""The outermost fifth of the values beyond the middle, on one side, shows how fast they thin out."""
FEW, ROWS_FOR_FEW = 30, 100
"""So few values in so many rows show no range at all."""


def range_of(amounts: Mapping[float, int], *, rows: int) -> tuple[float, float] | None:
    """Give round ends with room beyond the least and the largest amount, or none where hardly any row holds one.

    Of few rows the largest may be seldom outdone or often: both ends move as far out as values thin out (Weissman),
    until no more rows lie beyond than INPUT-001 lets. What lies at nought or above ends at nought.
    """
    if sum(amounts.values()) < FEW and rows >= ROWS_FOR_FEW:
        return None
    low, high = min(amounts), max(amounts)
    further = max(1.0, min(1.0, -math.log(LEVEL) / rows) / OUTSIDE_AT_MOST)
    middle = middle_of(amounts)
    least = 0.0 if low >= 0 else -with_room(_outdone(amounts, middle, further, sign=-1))
    return least, with_room(_outdone(amounts, middle, further, sign=1)) if high > 0 else 0.0


def _outdone(amounts: Mapping[float, int], middle: float, further: float, *, sign: int) -> float:
    """Give how far out amounts lie that come so many times more seldom than any beyond the outermost."""
    far = {amount: min(sign * (amount - middle), _FARTHEST) for amount in amounts}
    outwards = sorted((amount for amount in amounts if far[amount] > 0), key=far.__getitem__, reverse=True)
    outermost = max(sign * amount for amount in amounts)
    if not outwards:
        return outermost
    within = max(TAIL_AT_LEAST, round(TAIL * sum(amounts[amount] for amount in outwards)))
    seen = accumulate(amounts[amount] for amount in outwards)
    tail = [amount for amount, so_far in zip(outwards, seen, strict=True) if so_far <= within]
    start = math.log(far[outwards[min(len(tail), len(outwards) - 1)]])
    steps = sum(amounts[amount] * (math.log(far[amount]) - start) for amount in tail)
    thinning = steps / max(1, sum(amounts[amount] for amount in tail))
    farthest = min(math.log(far[outwards[0]]) + thinning * math.log(further), math.log(_FARTHEST))
    return max(outermost, sign * middle + math.exp(farthest)) if thinning else outermost


_FARTHEST = sys.float_info.max / 4


def middle_of(amounts: Mapping[float, int]) -> float:
    """Give the median of amounts that each stand so often."""
    left = sum(amounts.values()) / 2
    for amount in sorted(amounts):
        left -= amounts[amount]
        if left <= 0:
            return amount
    return max(amounts)


def with_room(amount: float) -> float:
    """Give the next round number with a tenth of room: 90 becomes 100, 1,484,705 becomes 2,000,000."""
    wanted = min(amount * 1.1, sys.float_info.max)
    step = 10.0 ** math.floor(math.log10(wanted)) if wanted > 0 else 1.0
    return min(next((factor * step for factor in (1, 2, 5, 10) if factor * step >= wanted), wanted), sys.float_info.max)
