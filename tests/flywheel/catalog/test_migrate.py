"""The migrated schema is exactly what the tables in the code say."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import psycopg
import pytest
from sqlalchemy import select, text

from flywheel.adapters.postgres import postgres
from flywheel.catalog.engine import Catalog
from flywheel.catalog.migrate import differences_on, migrate, schema_differences
from flywheel.catalog.outbox import OutboxRow, hold_latest
from flywheel.catalog.projections import NOT_PROJECTED, projected_tables, rebuild_projections
from flywheel.domain.incidents import IncidentSeverity
from flywheel.domain.logins import Login
from flywheel.domain.stages import Stage
from flywheel.errors import Unavailable
from flywheel.services.incidents import incidents
from flywheel.services.people.identity import Identity
from flywheel.services.record import notes
from flywheel.services.walk import stages
from flywheel.settings import Settings
from tests.conftest import DATABASE
from tests.factories.people import OWNER, VERA, enrol, logged_in
from tests.factories.projects import SLUG, registered
from tests.factories.seals import OURS
from tests.factories.versions import registered_version, with_dossier
from tests.fakes.clock import SettableClock

SINCE_0005 = {
    "note": "sequence",
    "finding": "sequence",
    "waiver": "sequence",
    "dataset": "sequence",
    "incident": "sequence",
    "signoff_request": "sequence",
    "stage_run": "begun_sequence",
}
"""What the steps after 0005 added."""
SIGNED_UNDER = {
    "charter": ("hooks",),
    "version": ("dossier_terms",),
    "stage_run": ("project_digest",),
    "release": ("project_digest", "policy_digest", "authors"),
    "endpoint": ("safe_from",),
    "person": ("enrolled_at",),
    "signoff": ("enrolled_at",),
    "role_grant": ("given_by", "is_founding"),
    "event": ("project",),
    "incident": ("version", "window_from", "window_until"),
    "idempotency": ("seal",),
    "outbox": ("seal", "state_seal"),
}
"""What later steps added: charters whole, what releases were signed under, who gave roles, what things are about."""
LATER = ("chain_turn", "invitation", "recovery_code", "person_session", "notary_answer", "agreement")
"""Tables of later steps."""

SINCE_0007 = ("version", "served_by", "state", "late_rows", "words", "columns")
"""What the step after it added to judged windows."""


@pytest.fixture
def lived(server: Settings, server_url: str, clock: SettableClock, identity: Identity) -> Iterator[Catalog]:
    """A record with a life of its own in a database of its own, which a test may leave broken."""
    ours = f"{DATABASE}_lived"
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {ours} OWNER {Login.OWNER}")
        opened = Catalog.open(postgres.database_url(server, ours, login=Login.OWNER), sealer=OURS, clock=clock)
        notary = Catalog.open(postgres.database_url(server, ours, login=Login.NOTARY), sealer=OURS, clock=clock)
        try:
            migrate(opened.engine, sealer=opened.sealer)
            _live(notary, identity)
            yield opened
        finally:
            notary.close()
            opened.close()
            connection.execute(f"DROP DATABASE {ours} WITH (FORCE)")


def _live(catalog: Catalog, identity: Identity) -> None:
    registered(catalog)
    for run in ("run-1", "run-2"):
        stages.begin_stage(
            catalog, project=SLUG, stage=Stage.IDEATION, run_id=run, actor="flow:ideation", input_digest="sha256:1"
        )
        stages.block_stage(catalog, project=SLUG, stage=Stage.IDEATION, run_id=run, actor="flow:ideation", reason="no")
    enrol(catalog, identity, VERA)
    version = registered_version(catalog, met_test_rows=False)
    with_dossier(catalog, version)
    with_dossier(catalog, version, content="the next dossier")
    notes.write_note(
        catalog, subject=version.id, text="look at March", locator="chart 3", proof=logged_in(catalog, identity, OWNER)
    )
    for key in ("drift", "parity"):
        incidents.open_incident(
            catalog,
            incidents.Sighting(
                project=SLUG,
                key=key,
                severity=IncidentSeverity.PAGE,
                title=key,
                cause="999",
                consequence=Decimal(1),
                actions=(),
                evidence={},
                run_id="run-1",
            ),
            channels=(),
            actor="flow:monitoring",
        )


def _set_back_to_0005(catalog: Catalog) -> None:
    with catalog.engine.begin() as connection:
        connection.execute(text("DROP INDEX ix_incident_project"))
        for table, column in SINCE_0005.items():
            connection.execute(text(f"ALTER TABLE {table} DROP COLUMN {column}"))
        connection.execute(text("CREATE INDEX ix_incident_project ON incident (project, opened_at)"))
        connection.execute(text("DROP INDEX ix_experiment_board"))
        connection.execute(text("DROP TABLE test_look"))
        for column in ("split", "chosen_on", "sequence"):
            connection.execute(text(f"ALTER TABLE experiment DROP COLUMN {column}"))
        connection.execute(text("CREATE INDEX ix_experiment_board ON experiment (project, kpi)"))
        connection.execute(text("ALTER TABLE health DROP CONSTRAINT pk_health"))
        for column in SINCE_0007:
            connection.execute(text(f"ALTER TABLE health DROP COLUMN {column}"))
        key = "project, window_start_at, window_end_at"
        connection.execute(text(f"ALTER TABLE health ADD CONSTRAINT pk_health PRIMARY KEY ({key})"))
        connection.execute(text("DROP FUNCTION append_event"))
        connection.execute(text("ALTER TABLE event RENAME COLUMN seal TO kept"))
        for table, columns in SIGNED_UNDER.items():
            for column in columns:
                connection.execute(text(f"ALTER TABLE {table} DROP COLUMN {column}"))
        key = "person, project, role, source"
        connection.execute(text(f"ALTER TABLE role_grant ADD CONSTRAINT pk_role_grant PRIMARY KEY ({key})"))
        for table in LATER:
            connection.execute(text(f"DROP TABLE {table}"))
        connection.execute(text("UPDATE alembic_version SET version_num = '0005'"))


def test_a_record_that_lived_is_upgraded_to_what_its_events_say(lived: Catalog) -> None:
    _set_back_to_0005(lived)
    migrate(lived.engine, sealer=lived.sealer)
    with lived.engine.begin() as connection:  # events of today stand for those of that time
        connection.execute(text("ALTER TABLE event DROP COLUMN seal"))
        connection.execute(text("ALTER TABLE event RENAME COLUMN kept TO seal"))
    assert schema_differences(lived.engine) == []
    with lived.begin() as work:
        rebuilt = rebuild_projections(work.session)
        waiting = work.session.scalars(select(OutboxRow)).all()
        assert waiting, "messages of before are carried over"
        assert hold_latest(work.session, at_most=100, now=work.now) == (), "and sealed"
    assert rebuilt.differing == ()
    assert all(rebuilt.counts[table] for table in set(SINCE_0005) - {"finding", "waiver"})


def test_a_record_that_was_not_upgraded_says_what_to_do(lived: Catalog) -> None:
    _set_back_to_0005(lived)
    with pytest.raises(Unavailable, match=r"lacks the tables of this Flywheel.*flywheel up"):
        incidents.list_incidents(lived)


def test_a_record_of_a_newer_flywheel_is_left_as_it_is(lived: Catalog) -> None:
    with lived.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(Unavailable, match=r"9999.*newer Flywheel"):
        migrate(lived.engine, sealer=lived.sealer)


def test_schema_is_what_the_code_says(catalog: Catalog) -> None:
    assert schema_differences(catalog.engine) == []


def test_difference_is_seen(owned: Catalog) -> None:
    with owned.engine.connect() as connection, connection.begin() as transaction:
        connection.execute(text("ALTER TABLE project DROP COLUMN title"))
        assert differences_on(connection) != []
        transaction.rollback()


def test_migrating_twice_changes_nothing(owned: Catalog) -> None:
    migrate(owned.engine, sealer=owned.sealer)
    assert schema_differences(owned.engine) == []


def test_every_table_is_a_source_or_a_projection(catalog: Catalog) -> None:
    with catalog.begin() as work:
        tables = set(work.session.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")))
    assert tables == NOT_PROJECTED | {table.name for table in projected_tables()} | {"alembic_version"}
