"""Duties of the steward: each on a thread of its own, so that none waits for another, and watched lest one hangs."""

from __future__ import annotations

import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from flywheel.errors import FlywheelError

HANGS_SECONDS = 180.0
"""Longer than any duty may take for one round: what it waits for is bounded by less."""
PAUSE_SECONDS = 0.5
"""At least, after a round that failed."""


@dataclass
class Duty:
    """Something to be seen to again and again; a failure is said once and tried again."""

    name: str
    act: Callable[[], object]
    every_seconds: float
    at_rest_seconds: float = 0.0
    is_at_rest: Callable[[], bool] = lambda: False
    is_patient: bool = False
    """Right after a start there is more to do: the first round is as late as every other."""
    recovered: Callable[[], object] = lambda: None
    """Done once after a round that went well where the one before it had failed."""
    said: str = ""
    rounds: int = 0
    """How many rounds have ended."""
    since: float | None = None
    """When the round began that is under way, by the monotonic clock."""
    _thread: threading.Thread | None = field(default=None, repr=False)
    _woken: threading.Event = field(default_factory=threading.Event, repr=False)

    def start(self, stopped: threading.Event) -> None:
        """See to it until told to stop."""
        self._thread = threading.Thread(target=self._keep, args=(stopped,), name=self.name, daemon=True)
        self._thread.start()

    def attend(self) -> None:
        """Go one round."""
        self.since = time.monotonic()
        try:
            self.act()
            if self.said:
                self.recovered()
            self.said = ""
        except FlywheelError as error:
            self._say_once(error.sentence())
        except Exception:  # noqa: BLE001  a mistake in one round must not end the next, nor what serves beneath it
            self._say_once(traceback.format_exc())
        self.since = None
        self.rounds += 1

    def wake(self) -> None:
        """Have the next round begin at once."""
        self._woken.set()

    @property
    def pause_seconds(self) -> float:
        """How long it rests between two rounds."""
        every = self.at_rest_seconds if self.is_at_rest() else self.every_seconds
        return max(every, PAUSE_SECONDS) if self.said else every

    def end(self, *, within_seconds: float) -> None:
        """Wait until the round that is under way has ended; tell it to stop before."""
        self.wake()
        if self._thread is not None:
            self._thread.join(within_seconds)

    def _keep(self, stopped: threading.Event) -> None:
        if self.is_patient:
            stopped.wait(self.every_seconds)
        while not stopped.is_set():
            self.attend()
            self._woken.wait(self.pause_seconds)
            self._woken.clear()

    def _say_once(self, trouble: str) -> None:
        if trouble != self.said:
            say(f"{self.name}: {trouble}")
        self.said = trouble


@dataclass
class Watch:
    """Sees duties that hang while others go on; where all stand still it is what they share, and nothing is gained."""

    duties: tuple[Duty, ...]
    hangs_seconds: float = HANGS_SECONDS
    _seen: dict[str, tuple[float, int]] = field(default_factory=dict)

    def hanging(self, *, now: float) -> tuple[str, ...]:
        """Name what has been at one round for too long while another duty ended rounds of its own."""
        total = sum(duty.rounds for duty in self.duties)
        found = []
        for duty in self.duties:
            since = duty.since
            if since is None:
                self._seen.pop(duty.name, None)
                continue
            began, others = self._seen.get(duty.name, (since, total))
            if began != since:
                began, others = since, total
            self._seen[duty.name] = (began, others)
            if now - since > self.hangs_seconds and total > others:
                found.append(duty.name)
        return tuple(found)


def end_all(duties: Iterable[Duty], *, within_seconds: float) -> None:
    """Let the rounds that are under way end."""
    deadline, ending = time.monotonic() + within_seconds, tuple(duties)
    for duty in ending:
        duty.wake()
    for duty in ending:
        duty.end(within_seconds=max(0.0, deadline - time.monotonic()))


def say(text: str) -> None:
    """Write a line to the steward's log."""
    sys.stderr.write(f"{time.strftime('%H:%M:%S')} steward: {text}\n")
    sys.stderr.flush()
