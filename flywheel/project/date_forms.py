"""The usual ways of writing dates, beside ISO 8601: each format with how its values look."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime

EARLIEST_YEAR = 1000
"""A year before this was written with two digits, or by a format that it does not fit."""
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


_ORDER = re.compile(r"%([dmyY])([./-])%([dmyY])\2%([dmyY])")


def order_of(form: str) -> tuple[str, str]:
    """Give the sign between the numbers of a day, and their order such as `dmy`; two empty texts for other formats."""
    match = _ORDER.match(form)
    return (match[2], f"{match[1]}{match[3]}{match[4]}".lower()) if match else ("", "")


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
