"""Decides whether one more request is let in: never more at once than can be answered within the deadline."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from flywheel.project.contract import Limits

TICK_SECONDS = 0.05


class Overloaded(Exception):
    """The request is shed at once; the caller may come again."""


class Admission:
    """Counts requests at work and watches how late the event loop runs."""

    def __init__(self, limits: Limits) -> None:
        self._slots = limits.slots
        self._latest_seconds = limits.deadline_seconds / 2
        self._at_work = 0
        self._lag_seconds = 0.0
        self._due_at = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self.admitted = 0
        self.shed = 0

    def watch(self, loop: asyncio.AbstractEventLoop) -> None:
        """Measure the loop's lateness from now on."""
        self._due_at = loop.time() + TICK_SECONDS
        self._timer = loop.call_later(TICK_SECONDS, self._tick, loop)

    def close(self) -> None:
        """Stop measuring."""
        if self._timer is not None:
            self._timer.cancel()

    @contextmanager
    def slot(self) -> Iterator[None]:
        """Hold one slot while a request is at work, or shed it."""
        if self._at_work >= self._slots or self._lag_seconds > self._latest_seconds:
            self.shed += 1
            raise Overloaded
        self._at_work += 1
        self.admitted += 1
        try:
            yield
        finally:
            self._at_work -= 1

    def _tick(self, loop: asyncio.AbstractEventLoop) -> None:
        self._lag_seconds = max(0.0, loop.time() - self._due_at)
        self.watch(loop)
