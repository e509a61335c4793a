"""CPU seconds and memory of whole process trees, read from /proc: what a measurement sums up."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from flywheel.adapters.postgres import pid as postgres_pid
from flywheel.adapters.postgres import postgres
from flywheel.settings import Settings

PROC = Path("/proc")
TICK = os.sysconf("SC_CLK_TCK")
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
MIB = 1_048_576
SAMPLE_SECONDS = 0.25


@dataclass(frozen=True)
class Member:
    """One live process: its own time with that of its ended children, and its resident memory."""

    pid: int
    parent: int
    seconds: float
    resident_bytes: int


def members() -> dict[int, Member]:
    """Read every live process."""
    found = (_member(int(entry.name)) for entry in PROC.iterdir() if entry.name.isdigit())
    return {member.pid: member for member in found if member is not None}


def tree_of(roots: Iterable[int], seen: Mapping[int, Member]) -> dict[int, Member]:
    """Pick the processes that descend from the given ones, these included."""
    children: dict[int, list[int]] = {}
    for member in seen.values():
        children.setdefault(member.parent, []).append(member.pid)
    tree: dict[int, Member] = {}
    waiting = list(roots)
    while waiting:
        pid = waiting.pop()
        if pid in seen and pid not in tree:
            tree[pid] = seen[pid]
            waiting.extend(children.get(pid, ()))
    return tree


def cpu_seconds(roots: Iterable[int]) -> float:
    """Sum what a tree has used so far."""
    return sum(member.seconds for member in tree_of(roots, members()).values())


def proportional(pid: int) -> int:
    """Memory with shared pages counted once: forked runs share most of theirs with their parent."""
    try:
        lines = (PROC / str(pid) / "smaps_rollup").read_text(encoding="utf-8").splitlines()
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return 0
    return next((int(line.split()[1]) * 1_024 for line in lines if line.startswith("Pss:")), 0)


def database_roots(settings: Settings) -> tuple[int, ...]:
    """Name the embedded PostgreSQL's first process: it is nobody's child."""
    pid = postgres_pid.server_pid(postgres.embedded_folder(settings))
    return () if pid is None else (pid,)


def load() -> str:
    """Say how busy the machine is, without which no figure means anything."""
    one, five, _ = os.getloadavg()
    return f"load {one:.1f} (1 min), {five:.1f} (5 min) on {os.cpu_count()} cores"


@dataclass
class Peaks:
    """The most that a tree held at once, seen by a thread that looks four times a second."""

    roots: tuple[int, ...]
    settings: Settings
    resident_bytes: int = 0
    proportional_bytes: int = 0
    largest_bytes: int = 0
    largest_name: str = ""
    database_seconds: float = 0.0
    _ended: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._watch, name="peaks", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        if self._thread is not None:
            self._thread.join()

    def _watch(self) -> None:
        while not self._ended.wait(SAMPLE_SECONDS):
            self._look()

    def _look(self) -> None:
        seen, database = members(), database_roots(self.settings)
        tree = tree_of((*self.roots, *database), seen)
        for member in tree.values():
            if member.resident_bytes > self.largest_bytes:
                self.largest_bytes, self.largest_name = member.resident_bytes, _name(member.pid)
        total = sum(member.resident_bytes for member in tree.values())
        if total > self.resident_bytes:
            self.resident_bytes = total
            self.proportional_bytes = max(self.proportional_bytes, sum(map(proportional, tree)))
        used = sum(member.seconds for member in tree_of(database, seen).values())
        self.database_seconds = max(self.database_seconds, used)


def settled_cpu(roots: tuple[int, ...], *, within_seconds: float = 20.0) -> float:
    """Wait until a tree idles, so that what a start still costs is not counted as work; gives what it has used."""
    deadline, before = time.monotonic() + within_seconds, cpu_seconds(roots)
    while time.monotonic() < deadline:
        time.sleep(1.0)
        now = cpu_seconds(roots)
        if now - before < 0.15:
            return now
        before = now
    return before


def _member(pid: int) -> Member | None:
    try:
        fields = (PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    ticks = sum(int(value) for value in fields[11:15])  # own and waited-for children's, user and system
    return Member(pid, int(fields[1]), ticks / TICK, int(fields[21]) * PAGE_BYTES)


def _name(pid: int) -> str:
    try:
        words = (PROC / str(pid) / "cmdline").read_bytes().decode(errors="replace").split("\0")
    except (FileNotFoundError, ProcessLookupError):
        return "gone"
    return " ".join(Path(word).name for word in words[:4]).strip()
