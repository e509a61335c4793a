"""Tells whether the first row of a file names its columns, and asks wherever its rows do not show it."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from flywheel.errors import some_of
from flywheel.project.reading.missing import SAFE_WORDS
from flywheel.project.reading.moments import is_iso

Rows = Sequence[Sequence[str]]

LOOKED_ROWS = 400
_MOSTLY = 0.9
_NUMBER = re.compile(r"[+-]?\d[\d.,' ]*", flags=re.ASCII)
_DAY = re.compile(r"\d{1,2}[./-]\d{1,2}[./-]\d{2,4}.*", flags=re.DOTALL)
_PLAIN = re.compile(r"\d+(\.\d+)?", flags=re.ASCII)
_YEARS = (1900, 2100)
_RUN_AT_LEAST = 3
_SHOWN = 8


@dataclass(frozen=True)
class FirstRow:
    """Whether the first row holds names, and the question where a person must say so."""

    is_header: bool
    asked: str = ""


class _Sign(Enum):
    """What one column shows about its first value."""

    NAME = "a word over numbers or days, as only a name is"
    STRANGE = "a word like none of those below it"
    AGAIN = "a word that is a value of other rows too"
    NUMBER = "a number or a day"
    NOTHING = ""


def first_row_of(rows: Rows) -> FirstRow:
    """Say whether the first row names the columns; what its rows do not show is asked."""
    first, others = rows[0], [row for row in rows[1:LOOKED_ROWS] if row != rows[0]]
    if not others:
        return FirstRow(is_header=True)
    signs = [_sign(name, list(_below(others, place))) for place, name in enumerate(first)]
    numbers = [name.strip() for name, sign in zip(first, signs, strict=True) if sign is _Sign.NUMBER]
    strange, again = signs.count(_Sign.STRANGE), signs.count(_Sign.AGAIN)
    if _Sign.NAME in signs:
        return FirstRow(is_header=True) if _may_be_names(numbers) else _asked(first, numbers, is_header=True)
    if not numbers:
        is_shown = strange and not again
        return FirstRow(is_header=True) if is_shown else _asked(first, [], is_header=strange >= again)
    if _are_values(numbers) or (again > strange and not _is_series(numbers)):
        return FirstRow(is_header=False)
    if not strange and not _is_series(numbers) and _recur(first, others):
        return FirstRow(is_header=False)
    return _asked(first, numbers, is_header=strange > again or (_is_series(numbers) and not again))


def _asked(first: Sequence[str], numbers: Sequence[str], *, is_header: bool) -> FirstRow:
    shown = some_of([name or "nothing" for name in first], most=_SHOWN)
    why = f"{some_of(numbers, most=3)} may be names or values" if numbers else "its words are like those of other rows"
    return FirstRow(is_header, f"does the first row ({shown}) name the columns? {why}")


def _below(others: Rows, place: int) -> Iterator[str]:
    return (row[place].strip() for row in others if place < len(row) and row[place].strip())


def _sign(name: str, below: Sequence[str]) -> _Sign:
    if not name.strip():
        return _Sign.NOTHING
    if looks_like_value(name):
        return _Sign.NUMBER
    if not below:
        return _Sign.NOTHING
    if sum(map(looks_like_value, below)) >= _MOSTLY * len(below):
        return _Sign.NAME
    if name.strip() in below:
        return _Sign.AGAIN
    are_few = len(set(below)) <= len(below) / 2
    return _Sign.STRANGE if are_few or _signs_in(name) not in map(_signs_in, below) else _Sign.NOTHING


def _signs_in(text: str) -> frozenset[str]:
    """Say of which sorts of signs a text is made."""
    return frozenset(
        "0" if sign.isdigit() else "A" if sign.isupper() else "a" if sign.isalpha() else sign for sign in text.strip()
    )


def _may_be_names(numbers: Sequence[str]) -> bool:
    """Whether numbers beside names are names too: years and other whole ones, each another."""
    return len(set(numbers)) == len(numbers) and all(number.isdecimal() for number in numbers)


def _are_values(numbers: Sequence[str]) -> bool:
    """Whether these can hardly be names: below nought, twice, in several forms, or fractions in no order."""
    if len(set(numbers)) < len(numbers):
        return True
    return not all(number.isdecimal() or is_iso(number) for number in numbers) and not _is_series(numbers)


def _is_series(numbers: Sequence[str]) -> bool:
    """Whether these follow one another as names do: years, places from 0 or 1 on, days, or even steps."""
    if all(map(is_iso, numbers)) and not any(map(str.isdecimal, numbers)):
        return len(numbers) > 1 and list(numbers) == sorted(numbers)
    if not all(map(_PLAIN.fullmatch, numbers)):
        return False
    amounts = [float(number) for number in numbers]
    steps = {round(later - earlier, 6) for earlier, later in itertools.pairwise(amounts)}
    if len(steps) != 1 or 0 in steps:
        return False
    are_years = all(number.isdecimal() and _YEARS[0] <= int(number) <= _YEARS[1] for number in numbers)
    return are_years or len(numbers) >= _RUN_AT_LEAST


def _recur(first: Sequence[str], others: Rows) -> bool:
    """Whether most values of the first row are values of other rows too."""
    again = [name.strip() in _below(others, place) for place, name in enumerate(first) if name.strip()]
    return sum(again) > len(again) / 2


def looks_like_value(text: str) -> bool:
    """Whether a text is a number or a day, as hardly any name of a column is."""
    text = text.strip()
    return bool(_NUMBER.fullmatch(text) or _DAY.fullmatch(text)) or is_iso(text) or text in SAFE_WORDS
