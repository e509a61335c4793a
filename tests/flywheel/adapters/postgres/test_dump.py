"""Dumps: whoever filled a database gains nothing when it is written out and restored."""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from flywheel.adapters.postgres import dump as postgres_dump
from flywheel.adapters.postgres import postgres
from flywheel.adapters.postgres import server as postgres_server
from flywheel.adapters.postgres.logins import owner_of, password_of
from flywheel.domain.logins import Login
from flywheel.settings import Settings

DATABASES = ("flywheel", "prefect", "mlflow")
TOLD = {"log_connections": "authorization"}
"""Has the server write down who enters where."""

PLANTED = """
CREATE EXTENSION pg_trgm;
CREATE FUNCTION public.climb(wanted int) RETURNS boolean LANGUAGE plpgsql AS $f$ BEGIN
    IF (SELECT rolsuper FROM pg_roles WHERE rolname = session_user) THEN
        PERFORM set_config('role', 'none', false);
        EXECUTE $q$COPY (SELECT session_user) TO PROGRAM 'cat >> {ran}'$q$;
    END IF;
    RETURN true;
END $f$;
CREATE DOMAIN public.climbing AS int CHECK (public.climb(VALUE));
CREATE TABLE public.planted (n int CHECK (public.climb(n)), m public.climbing);
INSERT INTO public.planted VALUES (1, 1);
"""
"""What a database's owner may put there: each row that is restored runs it, and it leaves the role that was set."""


def installed(folder: Path) -> Settings:
    return Settings.load(environ={"FLYWHEEL_DATA_ROOT": str(folder)})


@pytest.fixture(scope="module")
def short() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="fw-") as folder:  # a socket's path may have 107 bytes
        yield Path(folder)


@pytest.fixture(scope="module")
def ran() -> Iterator[Path]:
    """Where the planted program would write, whoever runs the server."""
    with tempfile.TemporaryDirectory(prefix="fw-ran-") as folder:
        Path(folder).chmod(0o777)
        yield Path(folder) / "ran"


@pytest.fixture(scope="module")
def planted(short: Path, ran: Path) -> tuple[Settings, dict[str, Path]]:
    """An installation of which each database was filled under its owner's password, and its dumps."""
    settings = installed(short / "planted")
    with postgres.running(settings, options=TOLD):
        return settings, {database: dumped(settings, database, ran=ran) for database in DATABASES}


def dumped(settings: Settings, database: str, *, ran: Path) -> Path:
    """Plant under the owner's password, and dump; gives the dump."""
    with psycopg.connect(postgres.database_url(settings, database, driver="", login=owner_of(settings, database))) as c:
        c.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        c.execute(PLANTED.format(ran=ran))
    dump = settings.data_root / f"{database}.dump"
    postgres_dump.dump_database(settings, database, dump)
    return dump


def restored_in_the_owners_name(settings: Settings, database: str, source: Path) -> None:
    """Restore as the superuser that takes on the owner's role, which whatever runs can leave."""
    address = ("--host", postgres_server.socket_folder(postgres.embedded_folder(settings)), "--username", Login.SERVER)
    words = ("--no-owner", f"--role={owner_of(settings, database)}", f"--dbname={database}", str(source))
    program = postgres_server.binaries() / "pg_restore"
    env = {"PATH": "/usr/bin:/bin", "PGPASSWORD": password_of(settings, Login.SERVER)}
    subprocess.run([program, *address, *words], env=env, check=True)


def entered(settings: Settings) -> set[tuple[str, str]]:
    """Say who entered which database, by the server's log."""
    log = (postgres.embedded_folder(settings) / "log").read_text()
    return set(re.findall(r"connection authorized: user=(\w+) database=(\w+)", log))


def test_what_was_planted_in_a_database_runs_as_its_owner_and_the_superuser_enters_none(
    short: Path, ran: Path, planted: tuple[Settings, dict[str, Path]]
) -> None:
    origin, dumps = planted
    fresh = installed(short / "restored")
    with postgres.running(fresh, options=TOLD):
        for database, dump in dumps.items():
            postgres_dump.load_database(fresh, database, dump)
            owner = owner_of(fresh, database)
            with psycopg.connect(postgres.database_url(fresh, database, driver="", login=owner)) as connection:
                assert connection.execute("SELECT n, m FROM public.planted").fetchall() == [(1, 1)]
    assert not ran.exists()
    seen = entered(origin) | entered(fresh)
    assert {database for login, database in seen if login == Login.SERVER} == {"postgres"}
    assert {database for login, database in seen if login != Login.SERVER} == {*DATABASES}


def test_what_was_planted_would_run_as_the_superuser_that_takes_on_a_role(
    short: Path, ran: Path, planted: tuple[Settings, dict[str, Path]]
) -> None:
    fresh = installed(short / "restored-before")
    with postgres.running(fresh):
        restored_in_the_owners_name(fresh, "prefect", planted[1]["prefect"])
    assert set(ran.read_text().split()) == {Login.SERVER}
