"""The embedded PostgreSQL's first process, by its folder: is it there, is it stopped, end it."""

from __future__ import annotations

import os
import signal
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

PROGRAM = "postgres"
STATE, PARENT = 0, 1
"""Where /proc/PID/stat says so, after the name."""


def server_pid(folder: Path) -> int | None:
    """Name the server's process, if one serves this folder.

    A dead one that nobody has buried does not count, nor another program that has its number by now.
    """
    try:
        pid = int((folder / "postmaster.pid").read_text(encoding="utf-8").split("\n", 1)[0])
        os.kill(pid, 0)
    except (FileNotFoundError, ValueError, ProcessLookupError):
        return None
    facts = _facts_of(pid)
    return None if facts is None or facts[STATE] == "Z" or _name_of(pid) != PROGRAM else pid


def is_stopped(folder: Path) -> bool:
    """Whether the server was stopped by a signal, and can answer nobody."""
    pid = server_pid(folder)
    facts = _facts_of(pid) if pid is not None else None
    return facts is not None and facts[STATE] in "Tt"


def kill(folder: Path) -> None:
    """End the server and all its processes, of which one that was stopped would not notice the end."""
    pid = server_pid(folder)
    if pid is None:
        return
    for process in (pid, *_children_of(pid)):
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)


def end_clients(folder: Path, *, logins: Collection[str]) -> int:
    """End the connections of some logins as the server itself would, which rolls back what they were at; how many."""
    server = server_pid(folder)
    found = [pid for pid in _children_of(server) if _login_of(pid) in logins] if server is not None else []
    for pid in found:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
    return len(found)


def _login_of(pid: int) -> str:
    """Read whose connection a process serves: it calls itself `postgres: LOGIN DATABASE ...`."""
    try:
        title = Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8", errors="replace").replace("\0", " ").split()
    except (FileNotFoundError, ProcessLookupError):
        return ""
    return title[1] if title[:1] == [f"{PROGRAM}:"] and len(title) > 1 else ""


def _children_of(parent: int) -> list[int]:
    pids = (int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit())
    return [pid for pid in pids if (facts := _facts_of(pid)) is not None and int(facts[PARENT]) == parent]


def _facts_of(pid: int) -> list[str] | None:
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return None
    return text.rpartition(")")[2].split()


def _name_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text(encoding="utf-8", errors="replace").strip()
    except (FileNotFoundError, ProcessLookupError):
        return ""
