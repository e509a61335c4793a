"""Bring a database to the present schema."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.util.exc import CommandError
from psycopg.errors import LockNotAvailable
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import IntegrityError, OperationalError, ProgrammingError

from flywheel.catalog.appending import write_function
from flywheel.catalog.base import Base
from flywheel.catalog.projections import NOUNS
from flywheel.catalog.rights import grant_rights
from flywheel.catalog.turn import locked
from flywheel.domain.seals import Sealer
from flywheel.errors import Unavailable

VERSION_TABLE = """CREATE TABLE IF NOT EXISTS alembic_version (
    version_num VARCHAR(32) NOT NULL, CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num))"""
"""As Alembic makes it: no program but the owner can lock it, so that nobody else keeps a migration waiting."""

assert NOUNS, "importing the projections imports every table"


def migrate(engine: Engine, *, sealer: Sealer) -> None:
    """Run the steps that are missing, as the tables' owner; several programs may try at once.

    A step may seal what was written before there were seals over it.
    """
    with suppress(IntegrityError, ProgrammingError), engine.begin() as connection:  # another one was quicker
        connection.execute(text(VERSION_TABLE))
    with engine.begin() as connection:
        try:
            connection.execute(text("LOCK TABLE alembic_version IN SHARE ROW EXCLUSIVE MODE"))
            command.upgrade(_config(connection, sealer), "head")
            write_function(connection)
            grant_rights(connection)
        except CommandError as error:  # the steps end before the one that the database names
            raise Unavailable(
                f"the catalog's database is not one that this Flywheel knows: {error}",
                next_step="run the newer Flywheel that last worked on it, or restore an older backup",
            ) from error
        except OperationalError as error:
            if isinstance(error.orig, LockNotAvailable):
                raise locked(engine) from error
            raise


def schema_differences(engine: Engine) -> list[object]:
    """List how the migrated database differs from the tables in the code."""
    with engine.connect() as connection:
        return differences_on(connection)


def differences_on(connection: Connection) -> list[object]:
    """List how the tables that this connection sees differ from those in the code."""
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    return list(compare_metadata(context, Base.metadata))


def write_step(engine: Engine, message: str) -> None:
    """Write the next migration from what differs, for a developer to read and complete."""
    with engine.begin() as connection:
        command.revision(_config(connection), message, autogenerate=True)


def _config(connection: Connection, sealer: Sealer | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    config.set_main_option("file_template", "step_%%(rev)s_%%(slug)s")
    config.attributes["connection"] = connection
    config.attributes["sealer"] = sealer
    return config
