"""One reading of moments that come as text, for tables and requests alike: a source's formats, else ISO 8601."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import permutations

from flywheel.errors import InputRefused
from flywheel.project.reading.date_forms import EARLIEST_YEAR, as_written, first_year, read_by, to_microseconds

_ISO = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d(?::\d\d(?::\d\d(?:\.\d{1,9})?)?)?(?:Z|[+-]\d\d(?::?\d\d)?)?)?", re.ASCII)
"""A day with its separators, a time of day, of which microseconds are kept, a zone; no weeks."""
LONGEST_MOMENT = 60
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
CLOCK_SLACK = timedelta(days=1)
"""How far ahead of ours a caller's clock may be, and a day may be named before it has begun everywhere."""


def moment_of(text: str, formats: Iterable[str] = ()) -> datetime | None:
    """Read a moment by the first format that fits, else by ISO 8601; without a zone it is UTC; None if none fits."""
    if len(text) > LONGEST_MOMENT:
        return None
    for date_format in formats:
        try:
            moment = read_by(text, date_format)
        except (ValueError, re.error):
            continue
        if moment.year >= EARLIEST_YEAR:
            return _in_utc(moment)
    if not _ISO.fullmatch(text):
        return None
    try:
        return _in_utc(datetime.fromisoformat(to_microseconds(text)))
    except ValueError:
        return None


_PROBES = (datetime(2001, 4, 9, 12, 7, 8, tzinfo=UTC), datetime(2003, 12, 5, 5, 10, 11, tzinfo=UTC))
"""Moments whose parts are all different, and each might be another one."""


def contradiction(formats: Sequence[str]) -> tuple[str, str, str] | None:
    """Find two formats that read one text as different moments, and that text."""
    for one, other in permutations(formats, 2):
        first = first_year(one)
        ends = () if first is None else (_PROBES[0].replace(year=first), _PROBES[1].replace(year=first + 99))
        for text in (probe.strftime(as_written(one)) for probe in (*_PROBES, *ends)):
            meant, read = moment_of(text, (one,)), moment_of(text, (other,))
            if meant is not None and read is not None and meant != read:
                return one, other, text
    return None


def told_moment(text: str) -> datetime:
    """Read a moment that a person names to a command: a day is its first moment, and without a zone it is UTC."""
    moment = moment_of(text.strip())
    if moment is None or is_implausible(moment, now=moment):
        raise InputRefused(
            "this is not a moment, or lies before 1970",
            found=text,
            allowed="such as 2026-01-31, 2026-01-31T15:20 (both in UTC) or 2026-01-31T15:20+02:00",
        )
    return moment


def is_implausible(moment: datetime, *, now: datetime) -> bool:
    """Whether no clock that is right says so: after tomorrow, or before 1970."""
    return not EPOCH <= moment <= now + CLOCK_SLACK


def is_iso(text: str) -> bool:
    """Whether a text is a day or a time by ISO 8601, as sources are read."""
    return moment_of(text) is not None


def _in_utc(moment: datetime) -> datetime | None:
    try:
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError:
        return None
