"""Detects how a text file is to be read, from a part of its text; a person sees every guess as a key."""

from __future__ import annotations

import csv
import io
import itertools
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from typing import NamedTuple

from flywheel.project.charter.fields import is_written
from flywheel.project.proposing.signs import signs_of
from flywheel.project.reading.missing import SAFE_WORDS
from flywheel.project.reading.text_form import BLANKS, TextForm

DELIMITERS = (",", ";", "\t", "|")
LOOKED_LINES = 400
LEAST_REGULAR = 0.5
"""At least so many rows of a table are as long as its first one."""
_NUMBER = re.compile(r"[+-]?\d+([.,' ]\d+)*", flags=re.ASCII)


class _Fit(NamedTuple):
    """How well a text reads by a delimiter and a quote; what stands first weighs most."""

    is_named: bool
    """Whether the first row has as many values as most: a header names each column."""
    share: float
    """Of the rows that have as many values as most."""
    unmixed: float
    columns: int
    in_quotes: int


_NO_FIT = _Fit(is_named=False, share=0.0, unmixed=-1.0, columns=0, in_quotes=0)


def layout_of(text: str) -> TextForm:
    """Tell delimiter and quote: those by which the first row is as long as most, and values are no others in a row."""
    lines = list(itertools.islice(_lines(text), LOOKED_LINES))
    best, form = _NO_FIT, TextForm()
    for delimiter in DELIMITERS:
        for quote in ('"', "'", ""):
            found = _fit(lines, TextForm(delimiter=delimiter, quote=quote))
            if found > best and (found.columns > 1 or delimiter == ","):
                best, form = found, TextForm(delimiter=delimiter, quote=quote)
    return form


def rows_of(text: str, form: TextForm) -> list[list[str]]:
    """Cut text into rows of values."""
    csv.field_size_limit(max(csv.field_size_limit(), len(text)))  # a long value is a value
    quoting = {"quotechar": form.quote} if form.quote else {"quoting": csv.QUOTE_NONE}
    rows = csv.reader(_lines(text), delimiter=form.delimiter, **quoting)
    return [[value.strip(BLANKS) for value in row] for row in rows if row]


def _lines(text: str) -> io.StringIO:
    """Cut text where files end their lines, and at no other sign that may end one, such as U+2028 within a value."""
    return io.StringIO(text, newline="")


def with_numbers_and_words(form: TextForm, columns: Iterable[Counter[str]]) -> TextForm:
    """Tell the decimal sign, the sign between thousands and the words for missing, from each column's values."""
    seen = tuple(columns)
    words = {value for values in seen for value in values if value in SAFE_WORDS or not value.strip()}
    decimal, thousands = signs_of(seen, delimiter=form.delimiter)
    return replace(form, decimal=decimal, thousands=thousands, missing=tuple(sorted(filter(is_written, words))))


def _in_quotes(lines: list[str], delimiter: str, quote: str) -> int:
    """Count the values that stand wholly between two of these quotes, in one line."""
    if not quote:
        return 0
    apart = re.escape(delimiter)
    return len(
        re.findall(rf"(?:^|{apart}){quote}[^{quote}\n]*{quote}(?=$|{apart})", "".join(lines), flags=re.MULTILINE)
    )


def _fit(lines: list[str], form: TextForm) -> _Fit:
    """Say how well lines read by a form."""
    text, quote = "".join(lines), form.quote
    apart = re.escape(form.delimiter)
    if quote == "'" and not re.search(rf"(^|{apart})'[^'\n]*'({apart}|\r?$)", text, flags=re.MULTILINE):
        return _NO_FIT
    if quote == "" and '"' not in text:
        return _NO_FIT
    try:
        rows = rows_of(text, form)
    except csv.Error:
        return _NO_FIT
    counts = Counter(map(len, rows))
    columns, often = counts.most_common(1)[0] if counts else (0, 0)
    share = often / max(len(rows), 1)
    is_torn = quote == '"' and len(rows) < 0.5 * len(lines)  # a quote that is a sign like others swallows lines
    is_plain = quote == "" and share < 1.0
    if is_torn or is_plain or not rows:
        return _NO_FIT
    is_named = columns > 1 and share >= LEAST_REGULAR and len(rows[0]) == columns
    share = round(share, 2) - (0.01 if quote == "" else 0.0)
    return _Fit(is_named, share, -round(_mixed(rows, form), 1), columns, _in_quotes(lines, form.delimiter, quote))


def _mixed(rows: list[list[str]], form: TextForm) -> float:
    """Say which share of the values holds a delimiter of others and is no number, as `96;2` of `39,96;2,93` is none."""
    others = set(DELIMITERS) - {form.delimiter}
    values = [value for row in rows for value in row]
    mixed = sum(not others.isdisjoint(value) and not _NUMBER.fullmatch(value) for value in values)
    return mixed / max(len(values), 1)
