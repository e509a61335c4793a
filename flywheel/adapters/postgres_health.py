"""The embedded PostgreSQL's process, for whoever looks after it: does it live, does it answer, end it."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from pathlib import Path

import psycopg

from flywheel.adapters.postgres import database_url, embedded_folder
from flywheel.adapters.postgres_server import server_pid
from flywheel.domain.logins import Login
from flywheel.settings import Settings

ANSWER_SECONDS = 3
STATE, PARENT = 0, 1
"""Where /proc/PID/stat says so, after the name."""


def is_alive(settings: Settings) -> bool:
    """Whether its process is there."""
    return server_pid(embedded_folder(settings)) is not None


def is_stopped(settings: Settings) -> bool:
    """Whether its process was stopped by a signal, and can answer nobody."""
    pid = server_pid(embedded_folder(settings))
    facts = _facts_of(pid) if pid is not None else None
    return facts is not None and facts[STATE] in "Tt"


def answers(settings: Settings) -> bool:
    """Whether it lets us in and answers a question."""
    address = database_url(settings, Login.SERVER, driver="", login=Login.RECORD)
    try:
        with psycopg.connect(address, connect_timeout=ANSWER_SECONDS, options="-c statement_timeout=3s") as connection:
            return connection.execute("SELECT 1").fetchone() == (1,)
    except psycopg.Error:
        return False


def kill(settings: Settings) -> None:
    """End it and all its processes, of which one that was stopped would not notice the end."""
    pid = server_pid(embedded_folder(settings))
    if pid is None:
        return
    for process in (pid, *_children_of(pid)):
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)


def _children_of(parent: int) -> list[int]:
    pids = (int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit())
    return [pid for pid in pids if (facts := _facts_of(pid)) is not None and int(facts[PARENT]) == parent]


def _facts_of(pid: int) -> list[str] | None:
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return None
    return text.rpartition(")")[2].split()
