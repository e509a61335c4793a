"""Who may not write keeps nobody waiting: no lock that a door, an append, a rebuild or a migration waits for is his."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text

from flywheel.adapters.postgres import postgres
from flywheel.catalog.engine import Catalog
from flywheel.catalog.event import EventRow
from flywheel.catalog.migrate import migrate
from flywheel.catalog.projections import rebuild_projections
from flywheel.domain.logins import Login
from flywheel.settings import Settings
from tests.factories.events import refusal
from tests.factories.projects import registered

HOME = Path(__file__).resolve().parents[2]
MODES = (
    "ACCESS SHARE",
    "ROW SHARE",
    "ROW EXCLUSIVE",
    "SHARE UPDATE EXCLUSIVE",
    "SHARE",
    "SHARE ROW EXCLUSIVE",
    "EXCLUSIVE",
    "ACCESS EXCLUSIVE",
)
TABLES = ("chain_turn", "event", "project", "outbox", "idempotency", "alembic_version")
ADVISORY = tuple(f"SELECT pg_advisory_lock({number})" for number in (7_201_001, 7_201_002, 7_201_003))
ATTEMPTS = (
    *ADVISORY,
    *(f"LOCK TABLE {table} IN {mode} MODE" for table in TABLES for mode in MODES),
    *(f"TABLE {table} FOR {strength}" for table in TABLES for strength in ("KEY SHARE", "UPDATE")),
    *(f"TABLE {table}" for table in TABLES),
)


@contextmanager
def held(server: Settings, login: Login, database: str, attempts: tuple[str, ...]) -> Iterator[int]:
    """Take each lock that a login can get, and hold them all; gives how many there are."""
    address = postgres.database_url(server, database, driver="", login=login)
    with psycopg.connect(address) as connection:
        got = 0
        for words in attempts:
            with suppress(psycopg.errors.InsufficientPrivilege), connection.transaction():
                connection.execute(words)
                got += 1
        yield got
        connection.rollback()


def test_a_reader_who_holds_all_that_it_can_get_stops_no_decision_no_rebuild_and_no_migration(
    server: Settings, catalog: Catalog, owned: Catalog, empty_database: str
) -> None:
    registered(catalog)
    with held(server, Login.READER, empty_database, ATTEMPTS) as got:
        assert got >= len(TABLES) + len(ADVISORY)
        with catalog.begin() as work:
            work.session.execute(text("SET LOCAL lock_timeout = '1s'"))
            work.append(refusal(1))
            work.stand("*")
        with catalog.begin() as work:
            work.session.execute(text("SET LOCAL lock_timeout = '1s'"))
            assert rebuild_projections(work.session).differing == ()
        migrate(owned.engine, sealer=owned.sealer)


def test_who_has_the_turn_has_it_alone_and_reading_goes_on(
    server: Settings, catalog: Catalog, empty_database: str
) -> None:
    registered(catalog)
    address = postgres.database_url(server, empty_database, driver="", login=Login.RECORD)
    with catalog.begin() as work, psycopg.connect(address) as other:
        work.append(refusal(1))
        other.execute("SET lock_timeout = '50ms'")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            other.execute("LOCK TABLE chain_turn IN EXCLUSIVE MODE")
        other.rollback()
        with catalog.look() as look:
            assert look.session.query(EventRow).count() > 0


def test_nothing_of_ours_waits_for_an_advisory_lock_where_others_may_enter() -> None:
    folders = ("flywheel", "deployments", "tasks", "flows", "validators")
    found = {
        str(path.relative_to(HOME))
        for folder in folders
        for path in (HOME / folder).rglob("*.py")
        if "pg_advisory" in path.read_text(encoding="utf-8") or "pg_try_advisory" in path.read_text(encoding="utf-8")
    }
    # The first in `postgres`, which the superuser alone enters; the second in MLflow's own, which its owner enters.
    assert found == {"flywheel/adapters/postgres/postgres.py", "flywheel/adapters/mlflow.py"}
