"""Waiting for what another process brings about."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path


def eventually(claim: Callable[[], object], what: str, *, within_seconds: float = 20.0) -> None:
    """Ask again and again until the claim holds."""
    deadline = time.monotonic() + within_seconds
    pause = threading.Event()
    while not claim():
        assert time.monotonic() < deadline, f"never came true: {what}"
        pause.wait(0.02)


def is_alive(pid: int) -> bool:
    """Tell whether a process runs, a zombie not counted."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in "ZX"


def processes_with(mark: str) -> set[int]:
    """Find the processes whose environment holds a mark."""
    found = set()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                is_marked = mark.encode() in (entry / "environ").read_bytes()
            except (FileNotFoundError, ProcessLookupError, PermissionError):
                continue
            if is_marked and is_alive(int(entry.name)):
                found.add(int(entry.name))
    return found
