"""What a reference tells of a single value: in how many rows it stood, at least and at most."""

from __future__ import annotations

from validators.profiles import ColumnProfile


def rows_of(value: float | str, before: ColumnProfile) -> tuple[int, int]:
    """Say in how many rows a value stood, as far as the profile tells.

    One that is not listed is as good as new: how large a step is counts from none, and only chance from the most. None
    stood beyond the least and the largest number.
    """
    known = dict(before.levels)
    if value in known:
        return known[value], known[value]
    return 0, 0 if _is_beyond(value, before) else before.unlisted_at_most


def _is_beyond(value: float | str, before: ColumnProfile) -> bool:
    if isinstance(value, str) or not (before.is_numeric and before.edges):
        return False
    ends = [before.edges[0], before.edges[-1], *map(float, before.masses)]
    return not min(ends) <= value <= max(ends)
