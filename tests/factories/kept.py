"""Worlds that many tests begin with: lived through once in a session, then put back row by row.

Rows are those that the services wrote, bytes and all; the keys under them are the session's (see `settings`).
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

import psycopg
from psycopg import sql
from sqlalchemy import text

from flywheel.catalog.engine import Catalog
from tests.fakes.clock import SettableClock

T = TypeVar("T")
TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'"


@dataclass(frozen=True)
class World:
    """What the database held at the end, what the test was given, and how late it was."""

    rows: dict[str, bytes]
    made: object
    now: datetime


@dataclass
class Keeper:
    """Keeps worlds for as long as the server of this session runs."""

    superuser_url: str
    worlds: dict[tuple[str, datetime], World] = field(default_factory=dict)

    def read(self) -> dict[str, bytes]:
        """Take every row of every table."""
        with psycopg.connect(self.superuser_url) as connection:
            names = [row[0] for row in connection.execute(TABLES)]
            return {name: rows for name in names if (rows := _rows(connection, name))}

    def put_back(self, rows: dict[str, bytes]) -> None:
        """Write them into tables that are empty, past triggers and foreign keys, which held when they were written."""
        with psycopg.connect(self.superuser_url) as connection:
            connection.execute("SET session_replication_role = replica")
            for name, content in rows.items():
                words = sql.SQL("COPY {} FROM STDIN").format(sql.Identifier(name))
                with connection.cursor().copy(words) as copy:
                    copy.write(content)


KEEPERS: list[Keeper] = []
"""The session's, once it has a server; a measurement outside of pytest has none."""


def lived_once(catalog: Catalog, clock: SettableClock, what: str, live: Callable[[], T]) -> T:
    """Have a world in an empty catalog: the first time by living through it, then as it was kept by whoever keeps."""
    with catalog.session() as session:
        is_empty = not session.scalar(text("SELECT EXISTS (SELECT FROM event)"))
    if not KEEPERS or not is_empty:
        return live()
    keeper, key = KEEPERS[-1], (what, clock.now)
    if key not in keeper.worlds:
        made = live()
        keeper.worlds[key] = World(keeper.read(), deepcopy(made), clock.now)
        return made
    world = keeper.worlds[key]
    keeper.put_back(world.rows)
    clock.now = world.now
    return deepcopy(world.made)  # type: ignore[return-value]  # a test may change what it was given


def _rows(connection: psycopg.Connection, table: str) -> bytes:
    with connection.cursor().copy(sql.SQL("COPY {} TO STDOUT").format(sql.Identifier(table))) as copy:
        return b"".join(bytes(part) for part in copy)
