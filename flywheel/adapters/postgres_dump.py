"""Dumps of the embedded server's databases, written and read by PostgreSQL's own programs out of the wheel."""

from __future__ import annotations

import subprocess
from pathlib import Path

from flywheel.adapters import postgres, postgres_server
from flywheel.adapters.postgres_logins import owner_of, password_of
from flywheel.domain.logins import Login
from flywheel.errors import Unavailable
from flywheel.settings import Settings


def dump_database(settings: Settings, name: str, target: Path) -> None:
    """Write a database as it is at one moment, however much is written meanwhile."""
    _run(settings, "pg_dump", "--format=custom", "--no-owner", f"--file={target}", name)


def load_database(settings: Settings, name: str, source: Path) -> None:
    """Fill an empty database from its dump, all of it or nothing, in the name of the database's owner."""
    owner = owner_of(settings, name)
    words = ("--no-owner", f"--role={owner}", "--single-transaction", "--exit-on-error", f"--dbname={name}")
    _run(settings, "pg_restore", *words, source)


def _run(settings: Settings, program: str, *words: str | Path) -> None:
    address = ("--host", postgres_server.socket_folder(postgres.embedded_folder(settings)), "--username", Login.SERVER)
    ended = subprocess.run(
        [postgres_server.binaries() / program, *address, *words],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "PGPASSWORD": password_of(settings, Login.SERVER)},
        check=False,
    )
    if ended.returncode:
        raise Unavailable(
            f"PostgreSQL: {program} failed: {ended.stderr.decode(errors='replace').strip()[-800:]}",
            next_step="see whether the disk is full and the servers answer",
        )
