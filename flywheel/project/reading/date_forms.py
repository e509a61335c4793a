"""The usual ways of writing dates, beside ISO 8601: each format with how its values look."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime

from flywheel.project.reading.month_names import MONTH, with_english_months

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
    ("%d. %m. %Y", r"\d{1,2}\.\s\d{1,2}\.\s\d{4}"),
    ("%d.%m.%Y.", r"\d{1,2}\.\d{1,2}\.\d{4}\."),
    ("%Y/%m/%d", r"\d{4}/\d{1,2}/\d{1,2}"),
    ("%Y-%m-%d", r"\d{4}-\d{1,2}-\d{1,2}"),
    ("%Y.%m.%d", r"\d{4}\.\d{1,2}\.\d{1,2}"),
    ("%Y.%m.%d.", r"\d{4}\.\d{1,2}\.\d{1,2}\."),
    ("%Y. %m. %d.", r"\d{4}\.\s\d{1,2}\.\s\d{1,2}\."),
    ("%d-%m-%Y", r"\d{1,2}-\d{1,2}-\d{4}"),
    ("%m-%d-%Y", r"\d{1,2}-\d{1,2}-\d{4}"),
    ("%y-%m-%d", r"\d{2}-\d{1,2}-\d{1,2}"),
    ("%d-%m-%y", r"\d{1,2}-\d{1,2}-\d{2}"),
    ("%m-%d-%y", r"\d{1,2}-\d{1,2}-\d{2}"),
    ("%d. %B %Y", rf"\d{{1,2}}\. {MONTH} \d{{4}}"),
    ("%d %B %Y", rf"\d{{1,2}} {MONTH} \d{{4}}"),
    ("%d de %B de %Y", rf"\d{{1,2}} de {MONTH} de \d{{4}}"),
    ("%B %d, %Y", rf"{MONTH} \d{{1,2}}, \d{{4}}"),
    ("%d. %b %Y", rf"\d{{1,2}}\. {MONTH}\.? \d{{4}}"),
    ("%d de %b de %Y", rf"\d{{1,2}} de {MONTH}\.? de \d{{4}}"),
    ("%b %d, %Y", rf"{MONTH}\.? \d{{1,2}}, \d{{4}}"),
    ("%d-%b-%Y", rf"\d{{1,2}}-{MONTH}-\d{{4}}"),
    ("%d-%b-%y", rf"\d{{1,2}}-{MONTH}-\d{{2}}"),
    ("%d %b %Y", rf"\d{{1,2}} {MONTH}\.? \d{{4}}"),
    ("%d%b%Y", rf"\d{{1,2}}{MONTH}\d{{4}}"),
    ("%Y年%m月%d日", r"\d{4}年\d{1,2}月\d{1,2}日"),
    ("%Y년 %m월 %d일", r"\d{4}년 \d{1,2}월 \d{1,2}일"),
    ("%Y%m%dT%H%M%S", r"(19|20)\d{6}T\d{6}"),
    ("%Y%m%dT%H%M%SZ", r"(19|20)\d{6}T\d{6}Z"),
    ("%Y%m%d", r"(19|20)\d{6}"),
    ("%d%m%Y", r"[0-3]\d[01]\d(19|20)\d{2}"),
    ("%m%d%Y", r"[01]\d[0-3]\d(19|20)\d{2}"),
)
IN_DIGITS = frozenset({"%Y%m%d", "%d%m%Y", "%m%d%Y"})
"""Days of eight digits alone, which may be numbers or names as well."""
_DIGITS = 8
_BEFORE = r"at|à|a las|as|às|um|om|kl\.?|klo|alle|alle ore|ore|ora|godz\.?|saat|ve?|[hu]|в"
"""Words before a time of day, in the languages of Europe."""
_BEHIND = r"uhr|uur|heures?|horas?|ore|h|hs|hrs?|hod\.?|godz\.?|u|min|m|ч\.?"
_CLOCK = (
    rf"(?P<lead>[T:]|,?\s+|\s+-\s+|,?\s+(?P<before>{_BEFORE})\s+)(?P<hour>\d{{1,2}})"
    r"((?P<sign>[:.]|\s?[hu]\s?)(?P<minute>\d{2})"
    r"((?P<next>[:.]|\s?m(in)?\s?)(?P<second>\d{2})((?P<point>[.,])(?P<part>\d{1,9}))?)?)?"
    rf"(?P<tail>\s?(?P<half>[ap]m)|\s?(?P<behind>{_BEHIND})|)(?P<zone>\s?(UTC|GMT|Z|(?P<offset>[+-]\d{{2}}:?\d{{2}}))|)"
)
"""A time of day, as people of different countries write it: 9:15, 14.30, 09h15, 9h, 9u15, kl. 09.15, 09:15 Uhr."""
_FORMS = tuple(
    (day, re.compile(looks if day in IN_DIGITS else rf"(?P<day>{looks})({_CLOCK})?", re.IGNORECASE))
    for day, looks in _DAYS
)
_TOO_FINE = re.compile(r"([:.]\d{2}[.,]\d{6})\d{1,3}(?!\d)", flags=re.ASCII)
_ZONE_NAME = re.compile(r"\d\d:\d\d.*\s\(?([A-Z][A-Za-z]+/[A-Z][\w/+-]+|[A-Z]{3,5})\)?$", flags=re.ASCII)
_MIDNIGHT = re.compile(r"\d.*(?<![\d:.])24([:.h]00){1,2}(?!\d)", flags=re.ASCII)
_MOST_CLOCKS = 4
"""So many ways in which one column may write its times of day; beyond, they are no times of one hand."""


FROM = re.compile(r"(?P<written>.*%y.*) from (?P<first>\d{4})")
"""A format with two digits of a year, and the first year that they mean: `%d.%m.%y from 1930` reads 29 as 2029."""
_ORDER = re.compile(r"%([dmyY])([./-] ?|)%([dmyY])\2%([dmyY])")


def order_of(form: str) -> tuple[str, str]:
    """Give the sign between the numbers of a day, and their order such as `dmy`; two empty texts for other formats."""
    match = _ORDER.match(form)
    return (match[2], f"{match[1]}{match[3]}{match[4]}".lower()) if match else ("", "")


def read_by(text: str, form: str) -> datetime:
    """Read a text by a format; raise ValueError where it does not fit, or re.error where it is none."""
    parts, text = FROM.fullmatch(form), with_english_months(to_microseconds(text), form)
    if form in IN_DIGITS and len(text) != _DIGITS:
        raise ValueError("days in digits alone have a nought where one is needed, and may be read in two ways without")
    if parts is None:
        return datetime.strptime(text, form)  # noqa: DTZ007  whoever reads it gives it its zone
    moment, first = datetime.strptime(text, parts["written"]), int(parts["first"])  # noqa: DTZ007
    return moment.replace(year=first + (moment.year - first) % 100)


def to_microseconds(text: str) -> str:
    """Leave the seventh to ninth decimal of a second away, which databases and pandas write and no clock here keeps."""
    return _TOO_FINE.sub(r"\1", text)


def zone_named(text: str) -> str:
    """Give the zone that a time names, such as Europe/Berlin or CEST; UTC is none, and is read."""
    named = _ZONE_NAME.search(text.strip())
    return named[1] if named and named[1] not in {"UTC", "GMT"} else ""


def has_midnight_behind(text: str) -> bool:
    """Whether a time says 24:00 of its day, which is the beginning of the next, and which no format reads."""
    return bool(_MIDNIGHT.search(text))


def first_year(form: str) -> int | None:
    """Give the first of the hundred years that two digits mean, where a format says it."""
    parts = FROM.fullmatch(form)
    return int(parts["first"]) if parts else None


def as_written(form: str) -> str:
    """Give a format without the first year that its two digits mean."""
    parts = FROM.fullmatch(form)
    return parts["written"] if parts else form


def day_part(form: str) -> str:
    """Give what a format says of the day, without its time of day and the first year of two digits."""
    written = as_written(form)
    return max((day for day, _ in _DAYS if written.startswith(day)), key=len, default=written)


def ways_of(formats: Iterable[str]) -> tuple[tuple[str, ...], ...]:
    """Put formats together that read the day alike: the parts of one way to read a column, which is one choice."""
    ways: dict[str, list[str]] = {}
    for form in formats:
        ways.setdefault(day_part(form), []).append(form)
    return tuple(map(tuple, ways.values()))


def formats_of(values: Iterable[str]) -> tuple[str, ...]:
    """Name every format by which values are read, where those of one way to write a day read them all.

    Two ways are left where day and month cannot be told apart; a way has several formats where the times of day are
    written in several, such as 9h and 9h15.
    """
    seen = tuple(values)
    found = tuple(form for day, looks in _FORMS for form in _clocks(seen, day, looks))
    return tuple(form for form in found if "%b" not in form or form.replace("%b", "%B") not in found)


def _clocks(values: Sequence[str], day: str, looks: re.Pattern[str]) -> tuple[str, ...]:
    """Give the formats of one way to write a day that together read all values; none where one is not read."""
    found: dict[str, str] = {}
    for value in values:
        match = looks.fullmatch(value)
        clock = "" if match is None or day in IN_DIGITS else _clock(match)
        if match is None or clock is None or not _reads(value, form := day + clock):
            return ()
        found.setdefault(form.casefold(), form)
        if len(found) > _MOST_CLOCKS:
            return ()
    return tuple(found.values())


def _clock(match: re.Match[str]) -> str | None:
    """Write the time of day of a value as a format, with the words around it; a bare number is no time of day."""
    said = match.groupdict(default="")
    if not said["hour"]:
        return ""
    if not any(said[one] for one in ("minute", "half", "before", "behind")):
        return None
    minute = f"{said['sign']}%M" if said["minute"] else ""
    second = f"{said['next']}%S" if said["second"] else ""
    part = f"{said['point']}%f" if said["part"] else ""
    tail = said["tail"].replace(said["half"], "%p") if said["half"] else said["tail"]
    zone = said["zone"].replace(said["offset"], "%z") if said["offset"] else said["zone"]
    tail += zone
    return re.sub(r"\s+", " ", f"{said['lead']}{'%I' if said['half'] else '%H'}{minute}{second}{part}{tail}")


def _reads(value: str, form: str) -> bool:
    try:
        return read_by(value, form).year >= EARLIEST_YEAR
    except ValueError:
        return False
