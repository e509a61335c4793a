"""Lanes of messages, each with a thread of its own while something is due in it: none is held up by another."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Lanes:
    """Carries lane after lane; one thread uses it, and `carry` is called on others."""

    waiting: Callable[[], tuple[str, ...]]
    """Names the lanes in which something is due."""
    carry: Callable[[str], object]
    """Carries what is due in one lane."""
    failed: Callable[[str, Exception], None]
    """Hears of a lane that could not be carried; it is tried again when asked for the next time."""
    _at_work: dict[str, threading.Thread] = field(default_factory=dict)

    def look(self) -> None:
        """Start every lane in which something is due and which nobody carries yet."""
        self._at_work = {lane: thread for lane, thread in self._at_work.items() if thread.is_alive()}
        for lane in self.waiting():
            if lane not in self._at_work:
                self._at_work[lane] = threading.Thread(target=self._carry, args=(lane,), name=lane, daemon=True)
                self._at_work[lane].start()

    @property
    def are_at_work(self) -> bool:
        """Something is being carried."""
        return any(thread.is_alive() for thread in self._at_work.values())

    def finish(self, *, within_seconds: float) -> None:
        """Wait for what is under way, so that it is not sent again after a stop."""
        deadline = time.monotonic() + within_seconds
        for thread in self._at_work.values():
            thread.join(max(0.0, deadline - time.monotonic()))

    def _carry(self, lane: str) -> None:
        try:
            self.carry(lane)
        except Exception as error:  # noqa: BLE001  a mistake in one lane must not end the others
            self.failed(lane, error)
