"""Asks about times that are written in no way that is proposed, and names a cure that reads them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping

from flywheel.errors import shorten, some_of
from flywheel.project.charter.toml_values import toml_of
from flywheel.project.checking.cures import ISO_CURE, MIDNIGHT_CURE, ZONES_CURE
from flywheel.project.reading.date_forms import IN_DIGITS, formats_of, has_midnight_behind, zone_named
from flywheel.project.reading.moments import contradiction, is_iso
from flywheel.project.reading.month_names import MAY_BE_MONTH, MONTH

AS_TIMES = "it seems to hold times"
_MOSTLY, _DIFFERENT_AT_LEAST, _MOST_FORMATS, _MOST_LOOKED = 0.9, 20, 4, 2_000
_THEN = 'then kind = "time". Is it meant as words?'
_BEHIND_DAY = r"(?:\.|er|\u00ba|st|nd|rd|th)?"
_DAY = (
    r"(\d{1,2}[./-]\d{1,2}[./-]\d{2}(\d{2})?|\d{4}[./-]\d{1,2}[./-]\d{1,2}"
    rf"|\d{{1,2}}{_BEHIND_DAY}[ -]?(de )?{MAY_BE_MONTH}\.?,?[ -]?(de )?\d{{2,4}}"
    r"|\d{4}\s?[年년]\s?\d{1,2}\s?[月월]\s?\d{1,2}\s?[日일])"
)
_TIME = re.compile(
    rf"(\w+\.?,? )?({_DAY}|{MAY_BE_MONTH}\.? \d{{1,2}}{_BEHIND_DAY},? \d{{2,4}})(\W.*)?", flags=re.IGNORECASE
)
_NAMED = re.compile(rf"(?P<day>\d{{1,2}}){_BEHIND_DAY} (?P<month>{MONTH})\.? (19|20)\d\d", flags=re.IGNORECASE)
_MONTHS = range(3, 25)
"""So many different words stand between day and year, in one language or two, in full or shortened."""
_DAYS = range(1, 32)


def seeming_times(values: Mapping[str, int]) -> str:
    """Ask about times; nothing where the values are none."""
    times: Mapping[str, int] = {value: count for value, count in values.items() if _TIME.fullmatch(value.strip())}
    if sum(times.values()) < _MOSTLY * sum(values.values()):
        times = values if asked_as_days(values) else _in_other_languages(values)
    if not times:
        return ""
    if zone := next(filter(None, map(zone_named, times)), ""):
        return f"{AS_TIMES} that name their zone ({zone}), which is not read: {ZONES_CURE}, {_THEN}"
    if late := next(filter(has_midnight_behind, times), ""):
        return f"{AS_TIMES} of which some are not read ({late[:40]}): {MIDNIGHT_CURE}, {_THEN}"
    if len(times) == len(values) and (days := asked_as_days(times)):
        return days
    words = [shorten(value, 30) for value in values if value not in times]
    also = f", and {some_of(words, most=3)} to missing.codes if that says that there is none" if words else ""
    ways, unread = _ways(times)
    if unread:
        return (
            f"{AS_TIMES} ({unread[:40]}) in a way that is not read: {ISO_CURE} (or name the date_format that reads "
            f"them){also}, {_THEN}"
        )
    said = " or ".join(toml_of(way if len(way) > 1 else way[0]) for way in ways)
    return f"{AS_TIMES} ({next(iter(times))[:40]}): date_format = {said} under the source{also}, {_THEN}"


def _ways(times: Mapping[str, int]) -> tuple[list[list[str]], str]:
    """Find formats that together read all of them and contradict none, or each way that does; else a value unread."""
    looked = list(times)[:_MOST_LOOKED]
    if whole := formats_of(looked):
        return [[form] for form in whole] if contradiction(whole) else [list(whole)], ""
    fitting = {value: formats_of([value]) for value in looked if not is_iso(value)}
    if unread := next((value for value, formats in fitting.items() if not formats), ""):
        return [], unread
    often, taken = Counter(form for formats in fitting.values() for form in formats), list[str]()
    for form, _ in often.most_common():
        is_needed = any(form in formats and not set(taken) & set(formats) for formats in fitting.values())
        if is_needed and contradiction((*taken, form)) is None:
            taken.append(form)
    left = next((value for value, formats in fitting.items() if not set(taken) & set(formats)), "")
    return ([], left or looked[0]) if left or len(taken) > _MOST_FORMATS else ([taken], "")


def asked_as_days(values: Mapping[str, int]) -> str:
    """Ask about what may be days such as 20230503 or 01012024, where many differ and all are days."""
    formats = formats_of(values) if len(values) >= _DIFFERENT_AT_LEAST else ()
    if not formats or not IN_DIGITS.issuperset(formats):
        return ""
    said = " or ".join(map(toml_of, formats))
    return (
        f'it may hold days such as {next(iter(values))}; then kind = "time" here and date_format = {said} under the '
        "source: are these numbers?"
    )


def _in_other_languages(values: Mapping[str, int]) -> Mapping[str, int]:
    """Take days with words for months that are not known, such as 1 stycznia 2024, where as few stand as there are."""
    named = {value: match for value in values if (match := _NAMED.fullmatch(value.strip()))}
    are_days = all(int(match["day"]) in _DAYS for match in named.values())
    months = {match["month"].casefold() for match in named.values()}
    rows = sum(values[value] for value in named)
    is_many = len(named) >= _DIFFERENT_AT_LEAST and rows >= _MOSTLY * sum(values.values())
    return {value: values[value] for value in named} if is_many and are_days and len(months) in _MONTHS else {}
