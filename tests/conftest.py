"""What every test may ask for: a clock to set, settings of its own, and a migrated catalog on real PostgreSQL."""

from __future__ import annotations

import importlib
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings as hypothesis_settings
from xdist.scheduler import LoadScopeScheduling

from tests.fakes.clock import SettableClock

if TYPE_CHECKING:
    from sqlalchemy import Engine
    from xdist.remote import Producer

    from flywheel.catalog.engine import Catalog
    from flywheel.services.people.identity import Identity
    from flywheel.settings import Settings

# A busy machine is no failure; equal code is judged by equal examples, and `--hypothesis-profile=searching` looks on.
hypothesis_settings.register_profile("repeatable", deadline=None, derandomize=True)
hypothesis_settings.register_profile("searching", deadline=None)
hypothesis_settings.load_profile("repeatable")

HOME = Path(__file__).resolve().parent.parent
DATABASE = "flywheel"
SCENARIOS = "tests/scenarios/"
FASTER = {"fsync": "off", "full_page_writes": "off", "scram_iterations": "1"}
"""Safe against killed processes, which tests kill; not against a power cut, which they do not.

A login's password is proven in one turn instead of 4,096: each test logs in anew.
"""

EMPTY = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid();
ALTER TABLE event ENABLE TRIGGER event_only_grows;
SET session_replication_role = replica;
DO $$ DECLARE name text; BEGIN
    FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version' LOOP
        EXECUTE format('DELETE FROM %I', name);
    END LOOP;
END $$;
"""
"""Past the trigger that keeps events, which an intruder of the test before may have left disabled.

Ten times quicker than a copy of a template database.
"""


class ByFile(LoadScopeScheduling):  # type: ignore[misc]  # xdist is shipped without types
    """Which tests follow one another in one process."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return SCENARIOS if file.startswith(SCENARIOS) else file


@pytest.fixture
def clock() -> SettableClock:
    """A clock that stands still until a test moves it."""
    return SettableClock()


@pytest.fixture(scope="session")
def foreign_examiners() -> None:
    """Import Great Expectations and Evidently where warnings are no errors: what they deprecate is not ours."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in ("great_expectations", "evidently", "evidently.metrics"):
            importlib.import_module(name)


@pytest.fixture(scope="session")
def server() -> Iterator[Settings]:
    """One real PostgreSQL for the whole session, with a migrated database; gives the settings under which it runs."""
    # Loaded here, so that tests without a database do not pay for it.
    from flywheel.adapters.postgres import postgres
    from flywheel.catalog.engine import Catalog
    from flywheel.catalog.migrate import migrate
    from flywheel.domain.logins import Login
    from flywheel.services.people.identity import Identity
    from flywheel.services.record.sealing import NotarySeal
    from flywheel.settings import Settings

    with tempfile.TemporaryDirectory(prefix="fw-") as folder:  # short: a socket's path may have 107 bytes
        settings = Settings.load(HOME, environ={"FLYWHEEL_DATA_ROOT": folder, "FLYWHEEL_DATABASE__NAME": DATABASE})
        with postgres.running(settings, options=FASTER):
            first = Catalog.open(
                postgres.database_url(settings, DATABASE, login=Login.OWNER), sealer=NotarySeal.of(settings)
            )
            migrate(first.engine, sealer=first.sealer)
            first.close()
            assert Identity.of(settings).cipher, "all keys are drawn"
            yield settings


@pytest.fixture(scope="session")
def server_url(server: Settings) -> str:
    """Where the server is, for its superuser."""
    from flywheel.adapters.postgres import postgres  # only for tests with a database
    from flywheel.domain.logins import Login
    from tests.factories.kept import KEEPERS, Keeper

    KEEPERS.append(Keeper(postgres.database_url(server, DATABASE, driver="", login=Login.SERVER)))
    return postgres.database_url(server, "postgres", driver="", login=Login.SERVER)


@pytest.fixture
def empty_database(server_url: str) -> str:
    """The migrated database without a row; gives its name."""
    import psycopg  # only for tests with a database

    with psycopg.connect(server_url, dbname=DATABASE, autocommit=True) as connection:
        connection.execute(EMPTY)
    return DATABASE


@pytest.fixture(scope="session")
def catalog_engine(server: Settings) -> Engine:
    """One engine for the catalogs of all tests: it keeps the statements that it has compiled, and no connection."""
    from flywheel.adapters.postgres import postgres  # only for tests with a database
    from flywheel.catalog.engine import Catalog
    from flywheel.domain.logins import Login
    from flywheel.services.record.sealing import NotarySeal
    from tests.factories.locks import watch_locks

    url = postgres.database_url(server, DATABASE, login=Login.NOTARY)
    opened = Catalog.open(url, sealer=NotarySeal.of(server)).engine
    watch_locks(opened)
    return opened


@pytest.fixture
def settings(server: Settings, empty_database: str, tmp_path: Path) -> Settings:
    """Settings whose data root is this test's folder and whose database is empty, under the login of our programs.

    The folder holds the session's keys, so that rows of a test before can be put back under them.
    """
    from flywheel.adapters import machine_keys  # only for tests with a database
    from flywheel.adapters.postgres import logins as postgres_logins
    from flywheel.adapters.postgres import postgres
    from flywheel.domain.logins import Login
    from flywheel.settings import Settings

    password = postgres_logins.password_of(server, Login.NOTARY).encode()
    made = Settings.load(
        HOME,
        environ={
            "FLYWHEEL_DATA_ROOT": str(tmp_path / "data"),
            "FLYWHEEL_DATABASE__URL": postgres.database_url(server, empty_database, driver=""),
            "FLYWHEEL_DATABASE__NAME": empty_database,
        },
    )
    machine_keys.key_of_machine(made, folder=postgres_logins.FOLDER, name=Login.NOTARY, draw=lambda: password)
    for folder in (machine_keys.FOLDER, machine_keys.PUBLIC_FOLDER):
        shutil.copytree(server.data_root / folder, made.data_root / folder)
    return made


@pytest.fixture
def database_url(settings: Settings) -> str:
    """Where the catalog's database is for our programs, in SQLAlchemy's form."""
    from flywheel.adapters.postgres import postgres  # only for tests with a database

    return postgres.database_url(settings, settings.database.name)


@pytest.fixture
def owned(server: Settings, settings: Settings, empty_database: str, clock: SettableClock) -> Iterator[Catalog]:
    """The same catalog for whoever owns its tables, and may change what they are: a migration, or an intruder."""
    from flywheel.adapters.postgres import postgres  # only for tests with a database
    from flywheel.catalog.engine import Catalog
    from flywheel.domain.logins import Login
    from flywheel.services.record.sealing import NotarySeal

    url = postgres.database_url(server, empty_database, login=Login.OWNER)
    opened = Catalog.open(url, sealer=NotarySeal.of(settings), clock=clock)
    yield opened
    opened.close()


@pytest.fixture
def catalog(settings: Settings, catalog_engine: Engine, clock: SettableClock) -> Iterator[Catalog]:
    """An empty, migrated catalog that goes by the test's clock, as the notary holds it."""
    from flywheel.catalog.engine import Catalog  # only for tests with a database
    from flywheel.services.record.sealing import NotarySeal

    opened = Catalog(catalog_engine, NotarySeal.of(settings), clock)
    yield opened
    opened.close()


@pytest.fixture
def identity(settings: Settings) -> Identity:
    """The key over people's secrets, in this test's folder."""
    from flywheel.services.people.identity import Identity  # only for tests with people

    return Identity.of(settings)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest, so that no core waits for another at the end."""
    items.sort(key=lambda item: item.get_closest_marker("scenario") is None)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    """Keep a file's tests on one core, and all scenarios too: they share one set of servers."""
    return ByFile(config, log)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many tests were skipped, even where none was."""
    terminalreporter.write_line(f"skipped: {len(terminalreporter.stats.get('skipped', []))}")
