"""Whether a program is well: it is asked a real question again and again, and its processes are looked at."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

ASK_SECONDS = 3.0
SILENT_SECONDS = 8.0
"""So long without an answer, and without doing anything, is to hang."""
BUSY_SECONDS = 60.0
"""So long may a program that works go without an answer; on a busy machine all are slow."""
IDLE_SHARE = 0.02
"""Of a core: what works less than this does not work."""
LOOK_SECONDS = 1.0
"""So often are the processes of a silent program looked at: each look reads those of the whole machine."""
FRESH_SECONDS = 5.0
"""A loop that turns says so every second."""
STATE, GROUP, USER_TICKS, SYSTEM_TICKS = 0, 2, 11, 12
"""Where /proc/PID/stat says so, after the name."""


def beats(path: Path) -> bool:
    """Tell whether a program has touched its file a moment ago."""
    try:
        return time.time() - path.stat().st_mtime < FRESH_SECONDS
    except FileNotFoundError:
        return False


@dataclass
class Examiner:
    """Asks one program on a thread of its own, so that a question that hangs holds up nobody."""

    asks: Callable[[], bool]
    _answered_at: float = 0.0
    _marked: tuple[float, float] | None = None
    """When the silence was noticed, and how much the program had worked by then."""
    _looked_at: float = 0.0
    _stopped: threading.Event = field(default_factory=threading.Event)

    def start(self, name: str) -> None:
        """Begin to ask."""
        threading.Thread(target=self._ask, name=f"examiner of {name}", daemon=True).start()

    def stop(self) -> None:
        """Ask no more."""
        self._stopped.set()

    def excuse(self) -> None:
        """Count its silence from now on: it begins, or what it needs is away."""
        self._answered_at = time.monotonic()

    def hangs(self, group: int, *, is_ready: bool, start_seconds: float) -> str:
        """Say why the program, which leads this group of processes, counts as hung; nothing where it does not."""
        now = time.monotonic()
        silent = now - self._answered_at
        if silent < SILENT_SECONDS / 2:
            self._marked = None
            return ""
        if self._marked is None:
            self._marked = (now, _seconds_of(_processes(group)))
        if silent < SILENT_SECONDS or now - self._looked_at < LOOK_SECONDS:
            return ""
        self._looked_at = now
        facts = _processes(group)
        if any(one[STATE] in "Tt" for one in facts):
            return f"was stopped and has not answered for {silent:.0f} s"
        since, worked = self._marked
        if is_ready and _seconds_of(facts) - worked < IDLE_SHARE * (now - since):
            return f"does nothing and has not answered for {silent:.0f} s"
        if silent > (BUSY_SECONDS if is_ready else start_seconds):
            return f"has not answered for {silent:.0f} s"
        return ""

    def _ask(self) -> None:
        while not self._stopped.wait(ASK_SECONDS):
            if self.asks():
                self._answered_at = time.monotonic()


def _seconds_of(processes: Iterable[list[str]]) -> float:
    ticks = sum(int(facts[USER_TICKS]) + int(facts[SYSTEM_TICKS]) for facts in processes)
    return ticks / os.sysconf("SC_CLK_TCK")


def _processes(group: int) -> list[list[str]]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                facts = (entry / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
            except (FileNotFoundError, ProcessLookupError):
                continue
            if int(facts[GROUP]) == group:
                found.append(facts)
    return found
