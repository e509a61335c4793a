"""Finds numbers that look like codes for missing, and tells them from ceilings, which are values."""

from __future__ import annotations

import re
from collections.abc import Mapping

from flywheel.project.missing import written

FAR_BEYOND = 10.0
"""So many times the largest of all others: a month of 999 beside 27 is none, 99,999 beside 41,310 may be a ceiling."""
_NEGATIVE_CODES = frozenset({-1, -2, -3, -7, -8, -9, -88, -97, -98, -99, -999, -9999})
_TIMES_BEYOND, _OFTEN = 2.0, 5


def number_codes(amounts: Mapping[float, int]) -> tuple[float, ...]:
    """Find a few negative numbers beside none other, and nines far beyond all the rest."""
    negative = [amount for amount in amounts if amount < 0]
    found: set[float] = set()
    if negative and len(negative) <= 4 and all(amount in _NEGATIVE_CODES for amount in negative):
        often = sum(amounts[amount] for amount in negative)
        if len(amounts) - len(negative) > len(negative) and often > 1:
            found |= set(negative)
    top, beyond = _nines(amounts)
    if top is not None and beyond > FAR_BEYOND:
        found.add(top)
    return tuple(sorted(found))


def ceiling(amounts: Mapping[float, int]) -> float | None:
    """Find nines that stand beyond all others, and not so far that they can be no value: a ceiling or a code."""
    top, beyond = _nines(amounts)
    return top if top is not None and _TIMES_BEYOND < beyond <= FAR_BEYOND else None


def _nines(amounts: Mapping[float, int]) -> tuple[float | None, float]:
    """Give the largest amount where it is all nines and often there, and how many times the next one it is."""
    positive = sorted(amount for amount in amounts if amount >= 0)
    if len(positive) < 4 or amounts[positive[-1]] < _OFTEN or not re.fullmatch(r"9{3,}", written(positive[-1])):
        return None, 0.0
    return positive[-1], positive[-1] / max(positive[-2], 1.0)
