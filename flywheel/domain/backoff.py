"""How long to wait before a message is tried again."""

from __future__ import annotations

from datetime import timedelta

FIRST_SECONDS = 1.0
LONGEST_SECONDS = 300.0


def wait_before(attempt: int, *, chance: float) -> timedelta:
    """Double the wait with every failure up to five minutes; `chance` in [0, 1) spreads it by half either way."""
    base = min(FIRST_SECONDS * 2.0 ** min(attempt - 1, 30), LONGEST_SECONDS)
    return timedelta(seconds=base * (0.5 + chance))
