"""Says what values seem to be that a charter cannot read yet: amounts with a currency, shares in percent, times."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

from flywheel.errors import counted, shorten
from flywheel.project.proposing.seeming_times import seeming_times
from flywheel.project.proposing.several_moneys import several_moneys
from flywheel.project.reading.date_forms import IN_DIGITS, formats_of
from flywheel.project.reading.durations import CURE, is_duration
from flywheel.project.reading.lookalikes import alike_in, cased_alike
from flywheel.project.reading.moments import is_iso
from flywheel.project.reading.text_form import INDIAN, plain_signs
from flywheel.project.reading.written_units import units_in

MOSTLY, MOST_COMPARED = 0.9, 1_000
DAY_NAME = re.compile(r"date|day|time|when|_at$|^at$|since|until|datum", re.IGNORECASE)
_FIRST_DAY, _COUNTED_DAYS = date(1899, 12, 30), (20_000, 60_000)
"""Where spreadsheets begin to count, and the numbers that they write for days from 1954 to 2064."""
_RECENT_DAYS = (36_526, 49_674)
"""Those of 2000 to 2035: few amounts or names all lie there."""
_IN_A_SPREADSHEET = " (in the spreadsheet: format the column as 2024-12-31 and save it anew)"
_TIME_NAME = re.compile(
    rf"{DAY_NAME.pattern}|created|updated|changed|modified|epoch|unix|stamp|(^|[_ ])ts($|[_ ])", flags=re.IGNORECASE
)
_SINCE_1970 = {"seconds": 1, "milliseconds": 1_000, "microseconds": 1_000_000}
_COUNTED_SECONDS = (600_000_000, 2_200_000_000)
"""The seconds of 1989 to 2039."""
_RECENT_SECONDS = (946_684_800, 2_051_222_400)
"""The seconds of 2000 to 2034: few amounts or names all lie there."""
_WIDE = 4_000
_AROUND = re.compile(r"[€$£¥%()]|\b(EUR|USD|CHF|GBP|JPY)\b|\s", flags=re.IGNORECASE)
_AMOUNT = re.compile(rf"[+-]?(\d+([.,']\d{{3}})*|{INDIAN})([.,]\d+)?", flags=re.ASCII)
_BEHIND = re.compile(r"\([\d.,']*\d\)|\d([\d.,']*\d)?-", flags=re.ASCII)
_AMOUNTS_AT_LEAST = 20
_BARE_POWER = re.compile(r"\d+[eE]\d+", flags=re.ASCII)
_DIGITS_OR_POWER = re.compile(r"\d+([eE]\d+)?", flags=re.ASCII)
_NUMBER = re.compile(r"[+-]?[\d.,][\d.,' ]*([eE][+-]?\d+)?", flags=re.ASCII)


_MONTH = r"(jan|feb|m[aä]r|apr|ma[iy]|jun|jul|aug|sep|o[ck]t|nov|de[cz])[a-zä]*"
_PERIOD = re.compile(
    r"(19|20)\d\d[-/. _]?(0[1-9]|1[0-2]|[QHWS][-_ ]?\d{1,2}|KW[-_ ]?\d{1,2})|(0?[1-9]|1[0-2])[-/.](19|20)\d\d|"
    rf"([QHWS]|KW|CW|week|woche|quartal|quarter)[-_ ]?\d{{1,2}}[-/. _']?(19|20)?\d\d|{_MONTH}\.?[-/. _']?(19|20)?\d\d|"
    r"(19|20)\d\d[:M]\d{1,2}|"
    rf"(19|20)\d\d[-/. _]?{_MONTH}|(fy|gj)[-/. _']?(19|20)?\d\d([-/](19|20)?\d\d)?|(19|20)\d\d/(19|20)?\d\d",
    flags=re.IGNORECASE,
)


_IN_DIGITS = tuple(
    (re.compile(rf"(19|20)\d\d({parts})", flags=re.ASCII), at_least)
    for parts, at_least in (
        ("0[1-9]|1[0-2]", 3),
        ("[1-4]", 8),
        (r"0[1-9]|[1-4]\d|5[0-3]", 20),
        (r"[0-2]\d\d|3[0-6]\d", 20),
    )
)
"""Months, quarters, weeks and days of a year in digits alone, and how many different ones are hardly amounts."""


def are_periods(values: Mapping[str, int], *, at_least: int = 1) -> bool:
    """Whether nearly all values name a month, a quarter, a week or a year of their own, and not all the same number."""
    named = {value: count for value, count in values.items() if _PERIOD.fullmatch(value.strip())}
    return (
        len(named) >= at_least
        and sum(named.values()) >= MOSTLY * sum(values.values())
        and not all(map(str.isdigit, named))
    )


def are_periods_in_digits(amounts: Mapping[float, int]) -> bool:
    """Whether whole numbers are months of years, such as 202401, or their like: of other amounts few end so."""
    rows = sum(amounts.values())
    for looks, at_least in _IN_DIGITS:
        named = [amount for amount in amounts if looks.fullmatch(f"{amount:.0f}")]
        if at_least <= len(named) < rows and sum(amounts[amount] for amount in named) >= MOSTLY * rows:
            return True
    return False


def bare_power(values: Mapping[str, int]) -> str:
    """Give an example of names in digits such as 12E5, where no sign and no decimals show that they are numbers."""
    bare = next((value for value in values if _BARE_POWER.fullmatch(value)), "")
    if not bare or any(_NUMBER.fullmatch(value) and not _DIGITS_OR_POWER.fullmatch(value) for value in values):
        return ""
    alike = sum(count for value, count in values.items() if _DIGITS_OR_POWER.fullmatch(value))
    return bare if alike >= MOSTLY * sum(values.values()) else ""


def seeming(values: Mapping[str, int]) -> str:
    """Ask about words that seem to be something else, with what would help; nothing where they are words."""
    filled = sum(values.values())
    if not filled:
        return ""
    if power := bare_power(values):
        digits, noughts = power.upper().split("E")
        return (
            f"{power} may be a name or a number ({digits} with {noughts} zeros), and is read as a name: "
            'is that right? else kind = "number"'
        )
    if behind := _below_nought(values):
        return (
            f"{behind} seems to be a negative number, and is read as a word, since no such sign is read: "
            f'write -{behind.strip("()-")} at the source or in a query, then kind = "number". Is it meant as words?'
        )
    if amounts := _signed(values):
        return amounts
    if sum(count for value, count in values.items() if is_duration(value)) >= MOSTLY * filled:
        shown = next(filter(is_duration, values))
        return (
            f"it seems to hold durations or times of day ({shown[:40]}), which are read as words: {CURE}, then "
            'kind = "number". Is it meant as words?'
        )
    if times := seeming_times(values):
        return times
    if len(values) <= MOST_COMPARED and (groups := alike_in(values)):
        shown = " and ".join(shorten(value, 40) for value in groups[0][:3])
        return f"{counted(len(groups), 'value', 'look')} alike and are kept apart, such as {shown}: is each its own?"
    if len(values) <= MOST_COMPARED and (cased := cased_alike(values)):
        shown = " and ".join(f"{shorten(one, 30)} ({counted(values[one], 'row')})" for one in cased[:3])
        return (
            f"{shown} differ in upper and lower case alone and are kept apart: is each its own? "
            "Else write them in one way at the source"
        )
    return ""


def _signed(values: Mapping[str, int]) -> str:
    """Ask about amounts with signs around them; several currencies or measures are never one number."""
    if moneys := several_moneys(values):
        return moneys
    signed = next((value for value in values if _is_amount(value) and _bare(value) != plain_signs(value).strip()), "")
    if signed and sum(count for value, count in values.items() if _is_amount(value)) >= MOSTLY * sum(values.values()):
        return (
            f"it seems to hold amounts with signs around them ({signed[:40]}), which are read as words: "
            'leave the signs away at the source or in a query, then kind = "number". Is it meant as words?'
        )
    if units := units_in(values):
        shown = " and ".join(f"{unit} in {counted(rows, 'row')}" for unit, rows in units.items())
        return (
            f"its numbers stand in several units ({shown}), so that they are read as words: write all of them in one "
            'at the source or in a query, then kind = "number" and unit. Is it meant as words?'
        )
    return ""


def held_as_text(values: Mapping[str, int]) -> str:
    """Ask about days and amounts in a column that its file says to be text, where no key of a charter reads them."""
    shown = next(iter(values), "")
    if values and (all(map(is_iso, values)) or not IN_DIGITS.issuperset(formats_of(values))):
        return (
            f"it holds days as text ({shown[:40]}), which are read as words: cast them to a timestamp at the source or "
            'in a query, then kind = "time". Is it meant as words?'
        )
    are_amounts = len(values) >= _AMOUNTS_AT_LEAST and all(map(_AMOUNT.fullmatch, values))
    if are_amounts and any("." in value or "," in value for value in values):
        return (
            f"it holds numbers as text ({shown[:40]}), which are read as words: cast them to numbers at the source or "
            'in a query, then kind = "number". Is it meant as words?'
        )
    return ""


def _below_nought(values: Mapping[str, int]) -> str:
    """Give an example of amounts such as 87.49- and (87.49) among many others."""
    found = {value: count for value, count in values.items() if _BEHIND.fullmatch(value)}
    plain = {value: count for value, count in values.items() if _AMOUNT.fullmatch(plain_signs(value))}
    are_nearly_all = sum(found.values()) + sum(plain.values()) >= MOSTLY * sum(values.values())
    return next(iter(found), "") if are_nearly_all and len(found) + len(plain) >= _AMOUNTS_AT_LEAST else ""


def counted_moments(named: str, amounts: Mapping[float, int]) -> tuple[str, bool]:
    """Ask about numbers that lie where spreadsheets and computers count the times of our days.

    Says too whether a name of times shows it; under another name, and with the time of day behind the point, only
    recent times are asked about, where nothing else stands and many differ.
    """
    is_named, are_whole = bool(_TIME_NAME.search(named)), all(map(float.is_integer, map(float, amounts)))
    days = _within(amounts, *_COUNTED_DAYS) if is_named and are_whole else None
    if days is None and (is_named or are_whole) and len(amounts) >= _AMOUNTS_AT_LEAST:
        days = _within(amounts, *_RECENT_DAYS, mostly=1.0)
    if days is not None:
        how = _counted(days, "days as a spreadsheet counts them", _FIRST_DAY + timedelta(days), _IN_A_SPREADSHEET)
        return how, is_named
    if not is_named and len(amounts) < _AMOUNTS_AT_LEAST:
        return "", False
    since, until = _COUNTED_SECONDS if is_named else _RECENT_SECONDS
    for unit, parts in _SINCE_1970.items():
        first = _within(amounts, parts * since, parts * until, mostly=MOSTLY if is_named else 1.0)
        if first is not None:
            day = datetime.fromtimestamp(first / parts, UTC).date()
            return _counted(first, f"{unit} since 1970", day, ""), is_named
    units = {amount: _unit_of(amount, since, until) for amount in amounts}
    if units and all(units.values()):
        first = min(amounts)
        day = datetime.fromtimestamp(first / _SINCE_1970[units[first]], UTC).date()
        several = " and ".join(unit for unit in _SINCE_1970 if unit in units.values())
        return _counted(first, f"{several} since 1970", day, ""), is_named
    return "", False


def _unit_of(amount: float, since: float, until: float) -> str:
    """Name the unit in which an amount counts a time of our days."""
    return next((unit for unit, parts in _SINCE_1970.items() if parts * since <= amount <= parts * until), "")


def are_four_digits(amounts: Mapping[float, int]) -> str:
    """Ask about whole numbers of four digits each, as post codes and other codes have, where they fill their range.

    Years lie close together, and amounts go below 1,000 or beyond 9,999.
    """
    low, high = min(amounts, default=0.0), max(amounts, default=0.0)
    if not (1_000 <= low <= high <= 9_999 and high - low >= _WIDE and len(amounts) >= _AMOUNTS_AT_LEAST):
        return ""
    return (
        f"each has four digits ({low:.0f} to {high:.0f}), as post codes and other codes have, whose order tells "
        'nothing: are these amounts? else kind = "category"'
    )


def _within(amounts: Mapping[float, int], low: float, high: float, *, mostly: float = MOSTLY) -> float | None:
    """Give the least amount between two, where nearly all lie there."""
    inside = {amount: count for amount, count in amounts.items() if low <= amount <= high}
    return min(inside) if inside and sum(inside.values()) >= mostly * sum(amounts.values()) else None


def _counted(first: float, what: str, day: date, how: str) -> str:
    return (
        f"it may hold {what} ({first:.0f} is {day}), and such numbers are never read as times: write them as dates at "
        f'the source or in a query{how}, then kind = "time". Are these numbers?'
    )


def _bare(value: str) -> str:
    return _AROUND.sub("", plain_signs(value))


def _is_amount(value: str) -> bool:
    return bool(_AMOUNT.fullmatch(_bare(value)))
