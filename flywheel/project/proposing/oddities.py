"""Asks about columns in which most values are numbers and some are written as no number is."""

from __future__ import annotations

import re
from collections.abc import Mapping

from flywheel.errors import counted, shorten, some_of

_DECIMALS = re.compile(r"\d+\.(\d+)", flags=re.ASCII)
_OF_NAMES = re.compile(r"version|release|build|model|icd|diag|code|sku|artikel|katalog|kapitel|chapter|section")
"""Words for what is named by numbers with a point."""
_LIMIT = re.compile(r"[<>\u2264\u2265~]\s?=?\s?\d[\d.,]*", flags=re.ASCII)
_FEW = 50
_NUMBERS_AT_LEAST, _LIMITS_AT_MOST, _LIMITED_AT_MOST = 20, 20, 0.2
_MOSTLY_NUMBERS = 0.8


def noughts(values: Mapping[str, int], *, named: str) -> tuple[str, bool]:
    """Ask where noughts behind the decimals make a difference, such as 1.1 and 1.10; and say whether they are names.

    Of a few different values, or under a name for such, they are; else they are numbers that people wrote.
    """
    decimals = {value: match[1] for value in values if (match := _DECIMALS.fullmatch(value))}
    long = [value for value, places in decimals.items() if len(places) > 1 and places.endswith("0")]
    lengths = {len(places) for places in decimals.values()}
    if not long or len(lengths) < 2 or max(len(decimals[value]) for value in long) == min(lengths):
        return "", False
    twins = next(((short, value) for value in long if (short := _shorter(value, decimals))), None)
    if twins is None:
        twins = (min(decimals, key=lambda value: len(decimals[value])), long[0])
        if len(decimals[twins[0]]) >= len(decimals[twins[1]]):
            return "", False
    one, other = twins
    are_names = len(lengths) == 2 and (len(values) <= _FEW or bool(_OF_NAMES.search(named)))
    if are_names:
        read = "their noughts make a difference, as in versions and codes, so they are read as words"
        return f'{one} and {other}: {read}: is that right? else kind = "number"', True
    return (
        f'{one} and {other} are read as numbers, whose last noughts say nothing: is that right? else kind = "category"',
        False,
    )


def _shorter(value: str, decimals: Mapping[str, str]) -> str:
    """Find the same number with fewer noughts."""
    shorter = value
    while shorter.endswith("0") and not shorter.endswith(".0"):
        shorter = shorter[:-1]
        if shorter in decimals:
            return shorter
    return ""


def are_limits(odd: Mapping[str, int], *, numbers: int, filled: int) -> bool:
    """Whether all that is no number is a limit such as <5, and little beside many numbers."""
    return (
        0 < len(odd) <= _LIMITS_AT_MOST
        and numbers >= _NUMBERS_AT_LEAST
        and sum(odd.values()) <= _LIMITED_AT_MOST * filled
        and all(map(_LIMIT.fullmatch, odd))
    )


def among_numbers(odd: Mapping[str, int], known: Mapping[str, int]) -> str:
    """Ask where nearly all values are numbers and the others make words of them all."""
    filled, strange = sum(known.values()), sum(odd.values())
    if not odd or len(known) - len(odd) < _NUMBERS_AT_LEAST or strange > (1 - _MOSTLY_NUMBERS) * filled:
        return ""
    frequent = sorted(odd, key=lambda value: -odd[value])
    shown = some_of([shorten(value, 30) for value in frequent], most=3)
    return (
        f"{counted(filled - strange, 'value')} of {filled:,} are numbers, and {shown} make all of them words: is that "
        'right? else write them as numbers or leave them empty at the source, and then kind = "number"'
    )
