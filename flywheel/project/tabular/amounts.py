"""A value as an amount: numbers, truths, and times in days since 1970."""

from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np

from flywheel.errors import InputRefused
from flywheel.project.reading.kinds import Kind


def amount_of(value: object, *, name: str, kind: Kind) -> float:
    """Read a value that is there: a number, a truth, or a time in days since 1970."""
    if kind is Kind.TIME:
        return _days(value, name)
    if isinstance(value, bool | int | float | np.number | np.bool_):
        return float(value)
    raise InputRefused(f"column {name} is not a {kind.value}", found=value, allowed="numbers or empty")


def _days(value: object, name: str) -> float:
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        moment = None
    if isinstance(moment, date) and not isinstance(moment, datetime):
        moment = datetime(moment.year, moment.month, moment.day, tzinfo=UTC)
    if not isinstance(moment, datetime):
        raise InputRefused(f"column {name} is not a time", found=value, allowed="ISO 8601, such as 2026-01-31T12:00Z")
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return aware.timestamp() / 86_400
