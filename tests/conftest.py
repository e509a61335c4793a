"""What every test may ask for: a clock to set, settings of its own, and a migrated catalog on real PostgreSQL."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.fakes.clock import SettableClock

if TYPE_CHECKING:
    from flywheel.catalog.engine import Catalog
    from flywheel.services.identity import Identity
    from flywheel.settings import Settings

HOME = Path(__file__).resolve().parent.parent
TEMPLATE = "flywheel_template"
FASTER = {"fsync": "off", "full_page_writes": "off", "max_connections": "200"}
"""Safe against killed processes, which tests kill; not against a power cut, which they do not."""

_numbers = itertools.count(1)


@pytest.fixture
def clock() -> SettableClock:
    """A clock that stands still until a test moves it."""
    return SettableClock()


@pytest.fixture(scope="session")
def server_url() -> Iterator[str]:
    """One real PostgreSQL for the whole session, with a migrated database to copy."""
    # Loaded here, so that tests without a database do not pay for it.
    from flywheel.adapters import postgres
    from flywheel.catalog.engine import Catalog
    from flywheel.catalog.migrate import migrate
    from flywheel.settings import Settings

    with tempfile.TemporaryDirectory(prefix="fw-") as folder:  # short: a socket's path may have 107 bytes
        settings = Settings.load(HOME, environ={"FLYWHEEL_DATA_ROOT": folder, "FLYWHEEL_DATABASE__NAME": TEMPLATE})
        with postgres.running(settings, options=FASTER):
            template = Catalog.open(postgres.database_url(settings, TEMPLATE))
            migrate(template.engine)
            template.close()
            yield postgres.database_url(settings, "postgres", driver="")


@pytest.fixture
def database_name(server_url: str) -> Iterator[str]:
    """A fresh copy of the migrated database."""
    import psycopg  # only for tests with a database

    name = f"test_{next(_numbers)}"
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
    yield name
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def settings(server_url: str, database_name: str, tmp_path: Path) -> Settings:
    """Settings whose data root is this test's folder and whose database is this test's copy."""
    from flywheel.settings import Settings  # only for tests with a database

    return Settings.load(
        HOME,
        environ={
            "FLYWHEEL_DATA_ROOT": str(tmp_path / "data"),
            "FLYWHEEL_DATABASE__URL": server_url,
            "FLYWHEEL_DATABASE__NAME": database_name,
        },
    )


@pytest.fixture
def database_url(settings: Settings) -> str:
    """Where the catalog's database is, in SQLAlchemy's form."""
    from flywheel.adapters import postgres  # only for tests with a database

    return postgres.database_url(settings, settings.database.name)


@pytest.fixture
def catalog(database_url: str, clock: SettableClock) -> Iterator[Catalog]:
    """An empty, migrated catalog that goes by the test's clock."""
    from flywheel.catalog.engine import Catalog  # only for tests with a database

    opened = Catalog.open(database_url, clock=clock)
    yield opened
    opened.close()


@pytest.fixture
def identity(settings: Settings) -> Identity:
    """The key over people's secrets, in this test's folder."""
    from flywheel.services.identity import Identity  # only for tests with people

    return Identity.of(settings)
