"""Finds numbers that look like codes for missing, and tells them from ceilings, which are values."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping
from dataclasses import dataclass

from flywheel.project.reading.missing import written

FAR_BEYOND = 10.0
"""So many times the largest of all others, or half as many where it is frequent: a month of 999 beside 27 is none,
99,999 beside 41,310 may be a ceiling."""
_CODE = re.compile(r"([789])\1+|9+[678]|9+\.9+")
"""What people write for an answer that they do not have: 99, 998, 77, 8888; and 999.9 where others have decimals."""
_NEGATIVE_CODE = re.compile(r"-([1237-9]|88|9[78]|9+|9+\.9+)")
"""What they write with a minus where nothing else has one."""
_TIMES_BEYOND, _JUST_BEYOND, _OFTEN, _SPIKE = 2.0, 1.25, 5, 0.01
_WIDER = 5
_LONELY = 3
"""A spike is so many times as frequent as any other amount of the upper quarter."""


@dataclass(frozen=True)
class _Block:
    """The amounts at the upper end that look like codes, and how they stand to the rest."""

    codes: tuple[float, ...]
    share: float
    beyond: float
    """How many times the largest of the rest the least of them is."""
    is_spike: bool
    """Whether they are frequent where the rest thins out."""
    is_alone: bool
    """Whether no gap within the rest is nearly as wide as the one before them; prices of 29, 49 and 99 have such."""


def number_codes(amounts: Mapping[float, int]) -> tuple[float, ...]:
    """Find a few negative numbers beside none other, and nines and their like far beyond all the rest.

    Two digits need not lie as far: of small whole numbers, 99 in one row of a hundred beside 30 is no count.
    """
    negative = [amount for amount in amounts if amount < 0]
    found: set[float] = set()
    if negative and len(negative) <= 4 and all(_NEGATIVE_CODE.fullmatch(written(amount)) for amount in negative):
        often = sum(amounts[amount] for amount in negative)
        if len(amounts) - len(negative) > len(negative) and often > 1:
            found |= set(negative)
    for sign in (1, -1):
        left = {sign * amount: count for amount, count in amounts.items() if amount not in found}
        while (block := _at_the_top(left)) is not None and _is_missing(block):
            found |= {sign * code for code in block.codes}
            left = {amount: count for amount, count in left.items() if amount not in block.codes}
    return tuple(sorted(found))


def ceiling(amounts: Mapping[float, int]) -> tuple[float, ...]:
    """Find what stands beyond all others, and not so that it can be no value: a ceiling or a code."""
    found: list[float] = []
    for sign in (1, -1):
        block = _at_the_top({sign * amount: count for amount, count in amounts.items()})
        if block is None or _is_missing(block):
            continue
        is_apart = block.beyond > _TIMES_BEYOND or (block.beyond > _JUST_BEYOND and block.is_spike)
        if is_apart and (block.is_alone or not _is_small(block)):
            found += [sign * code for code in block.codes]
    return tuple(sorted(found))


def _is_missing(block: _Block) -> bool:
    is_frequent = block.share >= _SPIKE and block.is_alone
    if is_frequent and _is_small(block):
        return block.beyond > _TIMES_BEYOND
    return round(block.beyond, 6) >= (FAR_BEYOND / 2 if is_frequent else FAR_BEYOND)


def _is_small(block: _Block) -> bool:
    return max(block.codes) < 100


def _at_the_top(amounts: Mapping[float, int]) -> _Block | None:
    """Part off the largest amounts that look like codes, where they are often there and others are left.

    A column's own 99 is a value where 999 stands ten times beyond it: the widest gap tells which are the codes.
    """
    rest, codes = sorted(amounts), list[float]()
    blocks: list[_Block] = []
    while rest and rest[-1] > 0 and _CODE.fullmatch(written(rest[-1])):
        codes.append(rest.pop())
        if len(rest) >= 3 and sum(amounts[code] for code in codes) >= _OFTEN:
            blocks.append(_block(amounts, codes, rest))
    return max(blocks, key=lambda block: block.beyond, default=None)


def _block(amounts: Mapping[float, int], codes: list[float], rest: list[float]) -> _Block:
    """Say how the largest amounts stand to the others, which are in order."""
    share = sum(amounts[code] for code in codes) / sum(amounts.values())
    largest = max(rest[-1], -rest[0], 1.0)
    upper = max(amounts[amount] for amount in rest if amount >= rest[-1] - abs(rest[-1]) / 4)
    is_spike = share >= _SPIKE and max(amounts[code] for code in codes) >= _LONELY * upper
    widest = max(later - earlier for earlier, later in itertools.pairwise(rest))
    is_alone = codes[-1] - rest[-1] >= _WIDER * widest
    return _Block(tuple(sorted(codes)), share, codes[-1] / largest, is_spike, is_alone)
