"""The migrated schema is exactly what the tables in the code say."""

from __future__ import annotations

from sqlalchemy import text

from flywheel.catalog.engine import Catalog
from flywheel.catalog.migrate import differences_on, migrate, schema_differences
from flywheel.catalog.projections import NOT_PROJECTED, projected_tables


def test_schema_is_what_the_code_says(catalog: Catalog) -> None:
    assert schema_differences(catalog.engine) == []


def test_difference_is_seen(catalog: Catalog) -> None:
    with catalog.engine.connect() as connection, connection.begin() as transaction:
        connection.execute(text("ALTER TABLE project DROP COLUMN title"))
        assert differences_on(connection) != []
        transaction.rollback()


def test_migrating_twice_changes_nothing(catalog: Catalog) -> None:
    migrate(catalog.engine)
    assert schema_differences(catalog.engine) == []


def test_every_table_is_a_source_or_a_projection(catalog: Catalog) -> None:
    with catalog.begin() as work:
        tables = set(work.session.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")))
    assert tables == NOT_PROJECTED | {table.name for table in projected_tables()} | {"alembic_version"}
