"""Knows the rows of a table that are no cases: lines of totals, and the header where it stands again."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from statistics import median

from flywheel.errors import counted, some_of
from flywheel.project.reading.text_form import BLANKS, plain_signs

_WORDS = (
    "totals?|grand total|sub ?total|overall|sum|gesamt|gesamtsumme|summe|insgesamt|total general|total général|"
    "total geral|totale|totale generale|totaal|eindtotaal|totalt|summa|yhteensä|razem|suma|ogółem|łącznie|celkem|"
    "celkom|spolu|súčet|součet|összesen|mindösszesen|skupaj|ukupno|toplam|genel toplam|kokku|kopā|iš viso|viso|"
    "σύνολο|γενικό σύνολο|итого|всего|общо|всичко|разом|усього|укупно"
)
TOTALS = rf"^(?i:{_WORDS})\s*[:=]?(\s*\(?\d[\d.,' ]*\)?)?$"
"""How a line of totals names itself."""
MOST_FILLED = 0.5
"""A line of totals leaves more empty than this: who it is about, when it was, and what came of it."""
AROUND_HEADERS = BLANKS + "\ufeff"
"""Around a header that stands again these are no part of it: a file that was put behind another begins with a mark."""
_SUMS_AT_MOST, _ADDED_AT_LEAST, _NUMBERS, _ROUNDED = 8, 10, 0.9, 1e-4
"""How many of the last lines that leave most empty are looked at; how many numbers make a sum, and how near it is."""
_BESIDE = r"(?:[^\W\d_]{0,3}|[$\u00a2-\u00a5\u20a0-\u20c0])"
_AMOUNT = re.compile(rf"{_BESIDE} ?([+-]?\d[\d.,' ]*?) ?{_BESIDE}")
HEADER = ""
"""What stands for a row that repeats the header, where a line of totals has its word."""


def no_cases(rows: Sequence[Sequence[str]], header: Sequence[str]) -> dict[int, str]:
    """Find the places of rows that are no cases: each with the word of its totals, or nothing where it is the header.

    A word that rows with more in them hold too is an answer. A line of totals without a word is known by its sum.
    """
    names = as_header(header)
    again = {place: HEADER for place, row in enumerate(rows) if names and as_header(row[:1]) == names[:1]}
    again = {place: HEADER for place in again if as_header(rows[place]) == names}
    filled = [sum(map(bool, row)) for row in rows]
    limit = MOST_FILLED * (median(filled) if filled else 0)
    sparse = {
        place: word for place, row in enumerate(rows) if filled[place] <= limit and (word := _word(row)) is not None
    }
    answers = {value for place, row in enumerate(rows) if filled[place] > limit for value in row} if sparse else set()
    named = {place: word for place, word in sparse.items() if word not in answers}
    few = [place for place, count in enumerate(filled) if 0 < count <= limit and place not in again | named]
    full = [row for row, count in zip(rows, filled, strict=True) if count > limit] if few else []
    return again | named | {place: one for place in few[-_SUMS_AT_MOST:] if (one := _sum_in(rows[place], full))}


def as_header(row: Sequence[str]) -> list[str]:
    """Write a row as headers are compared: whatever their case."""
    return [value.strip(AROUND_HEADERS).lower() for value in row]


def said_of(found: Mapping[int, str]) -> str:
    """Say which rows these are, counted from 1 below the header."""
    said = " and ".join(_said(found))
    return f"{said}, {'which is no case' if len(found) == 1 else 'which are no cases'}" if said else ""


def _said(found: Mapping[int, str]) -> Iterator[str]:
    again = [place for place, word in found.items() if word == HEADER]
    totals = [place for place, word in found.items() if word != HEADER]
    if again:
        yield f"{_rows(again)} {'repeats' if len(again) == 1 else 'repeat'} the header"
    if totals:
        looks = "looks like a line of totals" if len(totals) == 1 else "look like lines of totals"
        yield f"{_rows(totals)} {looks} ({some_of(dict.fromkeys(found[place] for place in totals), most=3)})"


def _rows(places: Sequence[int]) -> str:
    shown = some_of([f"{place + 1:,}" for place in places], most=4)
    return f"row {shown}" if len(places) == 1 else f"{counted(len(places), 'row')} ({shown})"


def _sum_in(row: Sequence[str], full: Sequence[Sequence[str]]) -> str:
    """Give a number of a row without words that is the sum of its column, and so more than any number there."""
    for decimal in ".,":
        numbers = {at: _number(value, decimal) for at, value in enumerate(row) if value}
        if None in numbers.values():
            continue
        for at, said in numbers.items():
            column = [_number(other[at], decimal) for other in full if at < len(other) and other[at]]
            held = [number for number in column if number is not None]
            if len(held) < _ADDED_AT_LEAST or len(held) < _NUMBERS * len(column) or said is None:
                continue
            if abs(said - sum(held)) <= _ROUNDED * abs(sum(held)) and abs(said) > max(map(abs, held)):
                return row[at]
    return ""


def _number(text: str, decimal: str) -> float | None:
    """Read a number by its decimal sign, whatever parts its thousands and stands around it."""
    other = "," if decimal == "." else "."
    match = _AMOUNT.fullmatch(plain_signs(text))
    plain = re.sub(rf"[{other}' ]", "", match[1]).replace(decimal, ".") if match else ""
    return float(plain) if re.fullmatch(r"[+-]?\d+(\.\d*)?", plain) else None


def _word(row: Sequence[str]) -> str | None:
    return next((value for value in row if value and re.match(TOTALS, value)), None)
