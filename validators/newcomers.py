"""Names that go on coming as they came: which rows of a window bear names that the reference's own growth explains."""

from __future__ import annotations

from validators.batches import ColumnState
from validators.names import marks_of
from validators.profiles import ColumnProfile
from validators.statistics import too_many


def explained(before: ColumnProfile, now: ColumnState, quarters: float, *, chance: float) -> dict[str, int]:
    """Count the rows of names that nobody had, where they are no more than came, and none of them is larger.

    A list that never grew explains none; a code in a list that grows shows by being larger than newcomers were.
    """
    given = [(value, count) for value, count in now.top if isinstance(value, str)]
    if not before.names.is_growing or not given:
        return {}
    is_known = before.names.holds(marks_of(value for value, _ in given))
    fresh = {value: count for (value, count), known in zip(given, is_known.tolist(), strict=True) if not known}
    share = before.names.grown_at_most(quarters)
    if too_many(sum(fresh.values()), now.present, share) <= chance:
        return {}
    largest = before.names.largest
    return {
        value: count for value, count in fresh.items() if too_many(count, now.present, largest) > chance / len(fresh)
    }
