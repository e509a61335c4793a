"""Durations and times of day, which no kind holds: how they are told, and what cures a column of them."""

from __future__ import annotations

import re

_DURATION = re.compile(
    r"[+-]?(\d{1,4} ?(d|days?|Tage?|jours?),? ?)?\d{1,4}:[0-5]\d(:[0-5]\d([.,]\d+)?)?|"
    r"\d{1,4} ?h ?[0-5]?\d ?(m|min|mn)?\.?|"
    r"P(?=.)(\d+D)?(T(?=.)(\d+H)?(\d+M)?(\d+(\.\d+)?S)?)?",
    flags=re.ASCII | re.IGNORECASE,
)
CURE = "write them as numbers at the source or in a query, such as 90 for an hour and a half in minutes"
"""A charter cannot say whether 1:30 is of minutes, of hours or of the clock."""


def is_duration(text: str) -> bool:
    """Whether a text is a duration or a time of day, such as 1:30:00, 2h05 or PT5M."""
    return bool(_DURATION.fullmatch(text.strip()))
