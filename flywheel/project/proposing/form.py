"""Detects how a text file is to be read, from a part of its text; a person sees every guess as a key."""

from __future__ import annotations

import csv
import io
import itertools
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from flywheel.project.fields import is_written
from flywheel.project.missing import SAFE_WORDS
from flywheel.project.moments import is_iso
from flywheel.project.proposing.signs import signs_of
from flywheel.project.text_form import BLANKS, TextForm

DELIMITERS = (",", ";", "\t", "|")
LOOKED_LINES = 400
_NUMBER = re.compile(r"[+-]?\d[\d.,' ]*", flags=re.ASCII)

Rows = Sequence[Sequence[str]]


def layout_of(text: str) -> TextForm:
    """Tell delimiter and quote: those by which most rows have as many values, the most of them, and most in quotes."""
    lines = list(itertools.islice(_lines(text), LOOKED_LINES))
    best, form = (-1.0, 0, 0), TextForm()
    for delimiter in DELIMITERS:
        for quote in ('"', "'", ""):
            share, columns = _regularity(lines, delimiter, quote)
            found = (round(share, 2), columns, _in_quotes(lines, delimiter, quote))
            if found > best and (columns > 1 or delimiter == ","):
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


def has_header(rows: Rows) -> bool:
    """Whether the first row names the columns: no number in it, or words above numbers."""
    if len(rows) < 2:
        return True
    first, others = rows[0], rows[1:200]
    for place, name in enumerate(first):
        below = [row[place] for row in others if place < len(row) and row[place].strip()]
        if below and not _looks_like_value(name) and sum(map(_looks_like_value, below)) >= 0.9 * len(below):
            return True
    return not any(_looks_like_value(name) for name in first)


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


def _regularity(lines: list[str], delimiter: str, quote: str) -> tuple[float, int]:
    """Say which share of the rows has the number of values that most have, and that number."""
    text = "".join(lines)
    apart = re.escape(delimiter)
    if quote == "'" and not re.search(rf"(^|{apart})'[^'\n]*'({apart}|\r?$)", text, flags=re.MULTILINE):
        return 0.0, 0
    if quote == "" and '"' not in text:
        return 0.0, 0
    form = TextForm(delimiter=delimiter, quote=quote)
    try:
        rows = rows_of(text, form)
    except csv.Error:
        return 0.0, 0
    counts = Counter(map(len, rows))
    columns, often = counts.most_common(1)[0] if counts else (0, 0)
    share = often / max(len(rows), 1)
    is_torn = quote == '"' and len(rows) < 0.5 * len(lines)  # a quote that is a sign like others swallows lines
    is_plain = quote == "" and share < 1.0
    return (0.0 if is_torn or is_plain else share - (0.01 if quote == "" else 0.0)), columns


def _looks_like_value(text: str) -> bool:
    """Whether a text is a number or a day, which no name of a column is."""
    text = text.strip()
    is_day = is_iso(text) or bool(re.fullmatch(r"\d{1,2}[./-]\d{1,2}[./-]\d{2,4}.*", text))
    return bool(_NUMBER.fullmatch(text)) or is_day or text in SAFE_WORDS
