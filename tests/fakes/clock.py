"""A clock that stands still until it is moved."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@dataclass
class SettableClock:
    """Call it for the time; move it by hand."""

    now: datetime = START

    def __call__(self) -> datetime:
        """Give the time."""
        return self.now

    def move(self, step: timedelta) -> None:
        """Let time pass."""
        self.now += step
