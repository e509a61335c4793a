"""A clock that is moved by hand; where it ticks it goes on a little at each reading, as real ones do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

TICK = timedelta(microseconds=1)
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@dataclass
class SettableClock:
    """Call it for the time; move it by hand."""

    now: datetime = START
    """What it said last, or will say next where it stands still."""
    tick: timedelta = timedelta(0)

    def __call__(self) -> datetime:
        """Give the time."""
        self.now += self.tick
        return self.now

    def move(self, step: timedelta) -> None:
        """Let time pass."""
        self.now += step
