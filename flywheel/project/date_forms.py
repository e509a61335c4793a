"""The usual ways of writing dates, beside ISO 8601: each format with how its values look."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime

EARLIEST_YEAR = 1000
"""A year before this was written with two digits, or by a format that it does not fit."""
LATEST_FIRST = 9900
"""The last year from which a hundred are left."""
_DAYS = (
    ("%d.%m.%Y", r"\d{1,2}\.\d{1,2}\.\d{4}"),
    ("%d.%m.%y", r"\d{1,2}\.\d{1,2}\.\d{2}"),
    ("%m/%d/%Y", r"\d{1,2}/\d{1,2}/\d{4}"),
    ("%d/%m/%Y", r"\d{1,2}/\d{1,2}/\d{4}"),
    ("%m/%d/%y", r"\d{1,2}/\d{1,2}/\d{2}"),
    ("%d/%m/%y", r"\d{1,2}/\d{1,2}/\d{2}"),
    ("%Y/%m/%d", r"\d{4}/\d{1,2}/\d{1,2}"),
    ("%d-%m-%Y", r"\d{1,2}-\d{1,2}-\d{4}"),
    ("%m-%d-%Y", r"\d{1,2}-\d{1,2}-\d{4}"),
    ("%y-%m-%d", r"\d{2}-\d{1,2}-\d{1,2}"),
    ("%d-%m-%y", r"\d{1,2}-\d{1,2}-\d{2}"),
    ("%m-%d-%y", r"\d{1,2}-\d{1,2}-\d{2}"),
    ("%d. %B %Y", r"\d{1,2}\. [A-Za-z]{3,9} \d{4}"),
    ("%d %B %Y", r"\d{1,2} [A-Za-z]{3,9} \d{4}"),
    ("%B %d, %Y", r"[A-Za-z]{3,9} \d{1,2}, \d{4}"),
    ("%b %d, %Y", r"[A-Za-z]{3} \d{1,2}, \d{4}"),
    ("%d-%b-%Y", r"\d{1,2}-[A-Za-z]{3}-\d{4}"),
    ("%d-%b-%y", r"\d{1,2}-[A-Za-z]{3}-\d{2}"),
    ("%d %b %Y", r"\d{1,2} [A-Za-z]{3} \d{4}"),
    ("%Y%m%d", r"(19|20)\d{6}"),
)
_CLOCKS = (
    ("", ""),
    (" %H:%M", r" \d{1,2}:\d{2}"),
    (" %H:%M:%S", r" \d{1,2}:\d{2}:\d{2}"),
    (" %I:%M %p", r" \d{1,2}:\d{2} [AaPp][Mm]"),
    (" %I:%M:%S %p", r" \d{1,2}:\d{2}:\d{2} [AaPp][Mm]"),
)
_FORMS = tuple(
    (day + clock, re.compile(looks + at))
    for day, looks in _DAYS
    for clock, at in _CLOCKS
    if not (day == "%Y%m%d" and clock)
)


FROM = re.compile(r"(?P<written>.*%y.*) from (?P<first>\d{4})")
"""A format with two digits of a year, and the first year that they mean: `%d.%m.%y from 1930` reads 29 as 2029."""
_ORDER = re.compile(r"%([dmyY])([./-])%([dmyY])\2%([dmyY])")


def order_of(form: str) -> tuple[str, str]:
    """Give the sign between the numbers of a day, and their order such as `dmy`; two empty texts for other formats."""
    match = _ORDER.match(form)
    return (match[2], f"{match[1]}{match[3]}{match[4]}".lower()) if match else ("", "")


def read_by(text: str, form: str) -> datetime:
    """Read a text by a format; raise ValueError where it does not fit, or re.error where it is none."""
    parts = FROM.fullmatch(form)
    if parts is None:
        return datetime.strptime(text, form)  # noqa: DTZ007  whoever reads it gives it its zone
    moment, first = datetime.strptime(text, parts["written"]), int(parts["first"])  # noqa: DTZ007
    return moment.replace(year=first + (moment.year - first) % 100)


def first_year(form: str) -> int | None:
    """Give the first of the hundred years that two digits mean, where a format says it."""
    parts = FROM.fullmatch(form)
    return int(parts["first"]) if parts else None


def as_written(form: str) -> str:
    """Give a format without the first year that its two digits mean."""
    parts = FROM.fullmatch(form)
    return parts["written"] if parts else form


def formats_of(values: Iterable[str]) -> tuple[str, ...]:
    """Name every format by which all values can be read; two are left where day and month cannot be told apart."""
    seen = tuple(values)
    if not seen:
        return ()
    return tuple(form for form, looks in _FORMS if all(looks.fullmatch(v) and _reads(v, form) for v in seen))


def _reads(value: str, form: str) -> bool:
    try:
        return datetime.strptime(value, form).year >= EARLIEST_YEAR  # noqa: DTZ007  only whether it can be read
    except ValueError:
        return False
