"""Decides what is let in and when a refusal leaves: never more at work than can be answered within the deadline."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from flywheel.project.contract import Limits

TICK_SECONDS = 0.05
MOST_CREDIT, MOST_CREDITORS = 5, 2_048
HELD_BYTES = 8_000_000
"""Of bodies at once, or twice the largest that is allowed."""


class Overloaded(Exception):
    """The request is shed at once; the caller may come again."""


class Admission:
    """Counts requests at work and the bytes that they hold, and watches how late the event loop runs."""

    def __init__(self, limits: Limits) -> None:
        self._slots = limits.slots
        self._latest_seconds = limits.deadline_seconds / 2
        self._most_bytes = max(HELD_BYTES, 2 * limits.max_body_bytes)
        self._at_work = 0
        self._held_bytes = 0
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
    def slot(self, *, is_long: bool) -> Iterator[None]:
        """Let a request be worked on, or shed it; only long work takes a slot, so that it never shuts out the short."""
        if (is_long and self._at_work >= self._slots) or self._lag_seconds > self._latest_seconds:
            self.shed += 1
            raise Overloaded
        self._at_work += is_long
        self.admitted += 1
        try:
            yield
        finally:
            self._at_work -= is_long

    @contextmanager
    def holding(self) -> Iterator[Callable[[int], None]]:
        """Count the bytes that a request keeps while it is read and answered; shed the one that would keep too many."""
        held = 0

        def keep(more_bytes: int) -> None:
            nonlocal held
            if self._held_bytes + more_bytes > self._most_bytes:
                self.shed += 1
                raise Overloaded
            held += more_bytes
            self._held_bytes += more_bytes

        try:
            yield keep
        finally:
            self._held_bytes -= held

    def _tick(self, loop: asyncio.AbstractEventLoop) -> None:
        self._lag_seconds = max(0.0, loop.time() - self._due_at)
        self.watch(loop)


@dataclass
class Pace:
    """Bounds how much of one kind of work is done in a second: who brings more waits, and takes no turn of others."""

    per_second: float
    bytes_per_second: float
    free_seconds: float
    latest_seconds: float
    """Nobody waits longer."""
    _free_at: float = 0.0

    def wait_seconds(self, size: int, *, now: float) -> float:
        """Say how long one piece of this size waits."""
        price = 1 / self.per_second + size / self.bytes_per_second
        free_at = max(self._free_at, now - self.free_seconds) + price
        self._free_at = min(free_at, now + self.latest_seconds)
        return max(0.0, self._free_at - now)


class Credit:
    """What callers have earned: whoever was answered before is refused at once, however many others are refused.

    A connection earns one with each answer, and keeps a few; those that earned last are remembered.
    """

    def __init__(self) -> None:
        self._earned: OrderedDict[object, int] = OrderedDict()

    def earn(self, caller: object) -> None:
        """Note that this caller was answered."""
        self._earned[caller] = min(self._earned.pop(caller, 0) + 1, MOST_CREDIT)
        if len(self._earned) > MOST_CREDITORS:
            self._earned.popitem(last=False)

    def spend(self, caller: object) -> bool:
        """Whether this caller may be refused at once."""
        left = self._earned.get(caller, 0)
        if left:
            self._earned[caller] = left - 1
        return left > 0


def pace_of_refusals() -> Pace:
    """How fast refusals leave."""
    return Pace(per_second=100.0, bytes_per_second=2_000_000.0, free_seconds=1.0, latest_seconds=8.0)


def pace_of_large_bodies() -> Pace:
    """How fast the parts of large bodies are taken in: faster than their rows can be answered."""
    return Pace(per_second=1_000.0, bytes_per_second=16_000_000.0, free_seconds=0.1, latest_seconds=1.0)
