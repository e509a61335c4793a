"""Dumps of the embedded server's databases, written and read by PostgreSQL's own programs out of the wheel.

Both log in as the database's owner: what its owner or a stranger put into it runs when it is restored, and a superuser
that takes on the owner's role could be made to leave it.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

from flywheel.adapters.postgres import postgres
from flywheel.adapters.postgres import server as postgres_server
from flywheel.adapters.postgres.logins import owner_of, password_of
from flywheel.errors import Unavailable
from flywheel.settings import Settings

LOCKED_SECONDS = 60
"""So long a dump waits for whoever holds one of its tables locked."""


def dump_database(settings: Settings, name: str, target: Path) -> None:
    """Write a database as it is at one moment, however much is written meanwhile."""
    words = ("--format=custom", "--no-owner", f"--lock-wait-timeout={LOCKED_SECONDS}s", f"--file={target}")
    _run(settings, "pg_dump", name, *words)


def load_database(settings: Settings, name: str, source: Path) -> None:
    """Fill an empty database from its dump, all of it or nothing."""
    _run(settings, "pg_restore", name, "--no-owner", "--single-transaction", "--exit-on-error", source)


def _run(settings: Settings, program: str, database: str, *words: str | Path) -> None:
    owner = owner_of(settings, database)
    place = ("--host", postgres_server.socket_folder(postgres.embedded_folder(settings)), f"--dbname={database}")
    ended = subprocess.run(
        [postgres_server.binaries() / program, *place, "--username", owner, *words],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "PGPASSWORD": password_of(settings, owner)},
        check=False,
    )
    if ended.returncode:
        raise Unavailable(
            f"PostgreSQL: {program} failed: {ended.stderr.decode(errors='replace').strip()[-800:]}",
            next_step="see whether the disk is full and the servers answer",
        )
