"""Parts of a date, in UTC, by arithmetic alone: one formula for a column and for one value, so that both agree.

Times are microseconds since 1970 as floats; what is missing is not a number, and stays so.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from flywheel.project.expressions.steps import Op
from flywheel.project.reading.moments import EPOCH

A_DAY, AN_HOUR = 86_400_000_000.0, 3_600_000_000.0
Numbers = Any
"""A float, or an array of them: what follows is the same for both."""


def micros_of(moment: datetime) -> float:
    """Count the microseconds from 1970 to a moment; without a zone it is UTC."""
    since = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - EPOCH
    return float((since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds)


def part_of_date(op: Op, micros: Numbers, floor: Callable[[Numbers], Numbers]) -> Numbers:
    """Give a part of each time; `floor` is the floor of whatever holds the numbers."""
    days = floor(micros / A_DAY)  # floats or arrays of them
    if op is Op.HOUR:
        return floor((micros - days * A_DAY) / AN_HOUR)
    if op is Op.WEEKDAY:
        return days + 3.0 - 7.0 * floor((days + 3.0) / 7.0) + 1.0  # Monday is 1
    return _of_day(op, days, floor)


def _of_day(op: Op, days: Numbers, floor: Callable[[Numbers], Numbers]) -> Numbers:
    """Count in years that begin in March, of which the leap day is the last (Hinnant's civil_from_days)."""
    shifted = days + 719_468.0
    era = floor(shifted / 146_097.0)
    of_era = shifted - era * 146_097.0
    year = floor((of_era - floor(of_era / 1_460.0) + floor(of_era / 36_524.0) - floor(of_era / 146_096.0)) / 365.0)
    of_year = of_era - (365.0 * year + floor(year / 4.0) - floor(year / 100.0))
    from_march = floor((5.0 * of_year + 2.0) / 153.0)
    if op is Op.DAY:
        return of_year - floor((153.0 * from_march + 2.0) / 5.0) + 1.0
    wraps = floor(from_march / 10.0)  # January and February belong to the next year
    month = from_march + 3.0 - 12.0 * wraps
    if op is Op.YEAR:
        return year + era * 400.0 + wraps
    return month if op is Op.MONTH else floor((month + 2.0) / 3.0)
