"""A clock that ticks each time somebody looks, as real ones do, and moves only then or by hand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
TICK = timedelta(milliseconds=1)


@dataclass
class SettableClock:
    """Call it for the time; move it by hand."""

    now: datetime = START

    def __call__(self) -> datetime:
        """Give the time, which no second look finds again."""
        self.now += TICK
        return self.now

    def move(self, step: timedelta) -> None:
        """Let time pass."""
        self.now += step
