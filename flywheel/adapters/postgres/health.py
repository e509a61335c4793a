"""Whether the embedded PostgreSQL answers, for whoever looks after it, and that no login takes all its locks."""

from __future__ import annotations

from dataclasses import dataclass

import psycopg

from flywheel.adapters.postgres import pid as postgres_pid
from flywheel.adapters.postgres.postgres import database_url, embedded_folder
from flywheel.domain.logins import Login
from flywheel.errors import counted
from flywheel.settings import Settings

ANSWER_SECONDS = 3
FULL = "too many clients already"
"""What a server says that is well, when even the superuser's connections are taken."""
NO_LOCKS = "out of shared memory"
"""What it says to everybody when one connection holds all the locks that it has room for."""
MOST_LOCKS = 5_000
"""More than any program of ours holds at once, and less than half of what there is room for."""
HOARDERS = """
SELECT pid, usename, count(*) AS held FROM pg_locks JOIN pg_stat_activity USING (pid)
WHERE usename <> %s GROUP BY pid, usename HAVING count(*) > %s
"""


@dataclass(frozen=True)
class Seen:
    """Whether it answers, and what was done so that it goes on."""

    is_well: bool
    said: tuple[str, ...] = ()


def look(settings: Settings) -> Seen:
    """Ask whether it lets us in, by the connections that no other login can take; end who holds its locks.

    Where the locks have run out nobody can be asked who holds them: then every login's connections end, which give up
    all, and our programs connect anew.
    """
    address = database_url(settings, Login.SERVER, driver="", login=Login.SERVER)
    try:
        with psycopg.connect(address, connect_timeout=ANSWER_SECONDS, options="-c statement_timeout=3s") as connection:
            is_well = connection.execute("SELECT 1").fetchone() == (1,)
            return Seen(is_well, tuple(_ended(connection, *row) for row in _hoarders(connection)))
    except psycopg.Error as error:
        if NO_LOCKS in str(error):
            ended = postgres_pid.end_clients(embedded_folder(settings), logins=set(Login) - {Login.SERVER})
            said = f"one connection held all of PostgreSQL's locks: all were ended, {counted(ended, 'connection')}"
            return Seen(is_well=False, said=(said,))
        return Seen(is_well=FULL in str(error))


def _hoarders(connection: psycopg.Connection) -> list[tuple[int, str, int]]:
    return connection.execute(HOARDERS, [Login.SERVER, MOST_LOCKS]).fetchall()


def _ended(connection: psycopg.Connection, pid: int, login: str, held: int) -> str:
    connection.execute("SELECT pg_terminate_backend(%s)", [pid])
    return f"login {login} held {held:,} locks, more than {MOST_LOCKS:,}: its connection {pid} was ended"
