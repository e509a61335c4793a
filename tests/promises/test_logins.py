"""What a thief of one program's password can do: nothing that the program itself does not do."""

from __future__ import annotations

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import create_engine

from flywheel.adapters.postgres import postgres
from flywheel.catalog import appending
from flywheel.catalog.engine import Catalog
from flywheel.domain.attesting import ATTESTED
from flywheel.domain.digests import canonical_json
from flywheel.domain.events import GENESIS, Verb
from flywheel.domain.logins import Login
from flywheel.services.record import record
from flywheel.settings import Settings
from tests.factories.projects import registered

PROGRAMS = (Login.RECORD, Login.NOTARY, Login.READER, Login.PREFECT, Login.MLFLOW)
INSERT = """INSERT INTO event SELECT sequence + 1, happened_at, verb, actor, subject_kind, subject_id, subject_digest,
payload, hash, 'sha256:x' FROM event ORDER BY sequence DESC LIMIT 1"""
FORBIDDEN = (
    INSERT,
    "UPDATE event SET actor = 'x'",
    "DELETE FROM event",
    "TRUNCATE event",
    "ALTER TABLE event DISABLE TRIGGER event_only_grows",
    "SET session_replication_role = replica",
    "DROP TABLE signoff",
    "CREATE TABLE mine (n int)",
    "CREATE FUNCTION append_event(sealed text, seal text, more int) RETURNS void LANGUAGE sql AS 'SELECT'",
    "CREATE OR REPLACE FUNCTION append_event(sealed text, seal text) RETURNS void LANGUAGE sql AS 'SELECT'",
    "UPDATE alembic_version SET version_num = '0001'",
    "CREATE ROLE mine SUPERUSER",
    f"SET ROLE {Login.OWNER}",
    f"ALTER ROLE {Login.RECORD} SUPERUSER",
    "COPY event TO PROGRAM 'cat'",
    "SELECT pg_read_file('postgresql.conf')",
)
READERS = (
    "UPDATE signoff SET person = 'x'",
    "DELETE FROM outbox",
    "SELECT * FROM person_secret",
    "SELECT append_event('[]', '')",
)


def tried(server: Settings, login: Login, words: str, *, database: str) -> str:
    """Run a statement under a login; gives the reason why it was refused."""
    address = postgres.database_url(server, database, driver="", login=login)
    try:
        with psycopg.connect(address) as connection:
            connection.execute(words)
            connection.rollback()
    except psycopg.Error as error:
        return type(error).__name__
    return ""


@pytest.mark.parametrize("words", FORBIDDEN)
@pytest.mark.parametrize("login", [Login.RECORD, Login.NOTARY, Login.READER])
def test_no_program_goes_past_the_function_that_appends(
    server: Settings, catalog: Catalog, empty_database: str, login: Login, words: str
) -> None:
    registered(catalog)
    assert tried(server, login, words, database=empty_database) in {"InsufficientPrivilege", "InvalidGrantOperation"}


@pytest.mark.parametrize("words", FORBIDDEN[1:5])
def test_the_owner_could_but_for_what_keeps_him(
    server: Settings, catalog: Catalog, empty_database: str, words: str
) -> None:
    registered(catalog)
    said = tried(server, Login.OWNER, words, database=empty_database)
    assert said == ("" if words.startswith("ALTER") else "IntegrityConstraintViolation")


@pytest.mark.parametrize("words", READERS)
def test_a_reader_only_reads(server: Settings, catalog: Catalog, empty_database: str, words: str) -> None:
    assert tried(server, Login.READER, words, database=empty_database) == "InsufficientPrivilege"
    assert tried(server, Login.READER, "SELECT * FROM event", database=empty_database) == ""


@pytest.mark.parametrize("login", [Login.PREFECT, Login.MLFLOW])
def test_prefect_and_mlflow_cannot_enter_the_record(server: Settings, empty_database: str, login: Login) -> None:
    assert tried(server, login, "SELECT 1", database=empty_database) == "OperationalError"


@pytest.mark.parametrize("login", PROGRAMS)
def test_nobody_enters_without_the_password(server: Settings, empty_database: str, login: Login) -> None:
    address = postgres.database_url(server, empty_database, driver="", login=login)
    named, _, place = address.partition("@")
    for stranger in (
        f"postgresql://{login}@{place}",
        f"postgresql://{login}:guess@{place}",
        f"postgresql://postgres@{place}",
    ):
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(stranger)
    assert named != f"postgresql://{login}"


@pytest.mark.parametrize(
    ("sequence", "previous", "at"),
    [
        (2, GENESIS, "2026-05-04T12:00:00+00:00"),
        (99, "", "2030-05-04T12:00:00+00:00"),
        (0, "", "2030-05-04T12:00:00+00:00"),
    ],
)
def test_the_function_takes_only_what_continues_the_chain(
    server: Settings, catalog: Catalog, empty_database: str, sequence: int, previous: str, at: str
) -> None:
    registered(catalog)
    head = record.head(catalog)
    forged = [head.sequence + sequence - 1 if sequence else 0, at, "signoff.given", "x", "version", "v", "", {}]
    sealed = canonical_json([*forged, previous or head.hash]).replace("'", "''")
    said = tried(server, Login.NOTARY, f"SELECT append_event('{sealed}', '')", database=empty_database)
    assert said == "IntegrityConstraintViolation"
    assert record.verify_events(catalog).is_sound
    assert record.head(catalog) == head


HEAD = "HEAD"
"""Stands for the hash of the chain's end."""
GOOD: tuple[object, ...] = (2, "2030-05-04T12:00:00+00:00", "signoff.given", "x", "version", "v", "", {}, HEAD)


def changed(place: int, value: object) -> list[object]:
    return [value if at == place else old for at, old in enumerate(GOOD)]


@pytest.mark.parametrize(
    "forged",
    [
        changed(1, "infinity"),
        changed(1, "tomorrow"),
        changed(1, "12026-05-04T12:00:00+00:00"),
        changed(1, "2030-05-04 12:00:00+00"),
        changed(1, None),
        changed(2, "nonsense"),
        changed(2, None),
        changed(4, "planet"),
        changed(0, "2"),
        changed(3, None),
        changed(7, None),
        changed(7, []),
        [*GOOD, "more"],
        list(GOOD[:8]),
        [],
        {},
        None,
    ],
)
def test_the_function_takes_nothing_that_a_reader_could_not_read(
    server: Settings, catalog: Catalog, empty_database: str, forged: object
) -> None:
    registered(catalog)
    head = record.head(catalog)
    sealed = canonical_json(forged).replace(HEAD, head.hash).replace("[2,", f"[{head.sequence + 1},")
    said = tried(server, Login.NOTARY, f"SELECT append_event('{sealed}', '')", database=empty_database)
    assert said == "IntegrityConstraintViolation"
    assert record.head(catalog) == head


def test_the_function_takes_an_event_that_is_one(server: Settings, catalog: Catalog, empty_database: str) -> None:
    registered(catalog)
    head = record.head(catalog)
    sealed = canonical_json(GOOD).replace(HEAD, head.hash).replace("[2,", f"[{head.sequence + 1},")
    assert tried(server, Login.NOTARY, f"SELECT append_event('{sealed}', '')", database=empty_database) == ""


OTHERS = (Login.RECORD, Login.READER, Login.OWNER, Login.PREFECT, Login.MLFLOW)
PRIVATE = ("person_secret", "invitation", "recovery_code", "person_session")


def appended(connection: psycopg.Connection, login: Login, verb: Verb, *, after: record.Head) -> str:
    """Append an event of a kind as a login would, and take it back; gives why it was refused."""
    words = canonical_json([after.sequence + 1, *GOOD[1:2], verb, *GOOD[3:8], after.hash])
    try:
        with connection.transaction(force_rollback=True):
            connection.execute(sql.SQL("SET LOCAL SESSION AUTHORIZATION {}").format(sql.Identifier(login)))
            connection.execute("SELECT append_event(%s, '')", [words])
    except psycopg.Error as error:
        return type(error).__name__
    return ""


def test_decisions_are_appended_by_the_notary_alone_and_the_rest_by_our_programs(
    catalog: Catalog, server_url: str, empty_database: str
) -> None:
    registered(catalog)
    end = record.head(catalog)
    with psycopg.connect(server_url, dbname=empty_database) as connection:
        allowed = {
            login: {verb for verb in Verb if appended(connection, login, verb, after=end) != "InsufficientPrivilege"}
            for login in (Login.NOTARY, *OTHERS)
        }
    reported = set(Verb) - ATTESTED
    assert allowed == {
        Login.NOTARY: set(Verb),
        Login.RECORD: reported,
        Login.OWNER: reported,  # who may write the function anew, and has no program that does
        Login.READER: set(),
        Login.PREFECT: set(),
        Login.MLFLOW: set(),
    }
    assert len(ATTESTED) > 20


@pytest.mark.parametrize("login", OTHERS)
def test_no_other_password_appends_an_approval(
    server: Settings, catalog: Catalog, empty_database: str, login: Login
) -> None:
    registered(catalog)
    end = record.head(catalog)
    sealed = canonical_json(GOOD).replace(HEAD, end.hash).replace("[2,", f"[{end.sequence + 1},")
    said = tried(server, login, f"SELECT append_event('{sealed}', '')", database=empty_database)
    assert said in {"InsufficientPrivilege", "OperationalError"}


def test_without_the_functions_look_at_who_appends_the_records_password_would_do(
    catalog: Catalog, server_url: str, empty_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    registered(catalog)
    monkeypatch.setattr(appending, "FUNCTION", appending.FUNCTION.replace("session_user <> '{notary}'", "false"))
    engine = create_engine(
        server_url.replace("postgresql://", "postgresql+psycopg://").replace("/postgres?", f"/{empty_database}?")
    )
    with engine.begin() as connection:
        appending.write_function(connection)
        driver = connection.connection.driver_connection
        assert isinstance(driver, psycopg.Connection)
        assert appended(driver, Login.RECORD, Verb.SIGNOFF_GIVEN, after=record.head(catalog)) == ""
        connection.rollback()
    engine.dispose()


@pytest.mark.parametrize("words", ["DELETE FROM {}", "TRUNCATE {}", "INSERT INTO {} DEFAULT VALUES"])
def test_what_people_prove_themselves_with_is_written_by_the_notary_alone(
    server: Settings, catalog: Catalog, empty_database: str, words: str
) -> None:
    registered(catalog)
    for table in PRIVATE:
        said = words.format(table)
        assert tried(server, Login.RECORD, said, database=empty_database) == "InsufficientPrivilege"
        assert tried(server, Login.NOTARY, said, database=empty_database) in {"", "NotNullViolation"}
