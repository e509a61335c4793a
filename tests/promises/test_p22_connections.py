"""One login's password takes no other's connections, no other's database, and brings no server down."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest

from flywheel.adapters.postgres import health as postgres_health
from flywheel.adapters.postgres import logins as postgres_logins
from flywheel.adapters.postgres import postgres
from flywheel.adapters.postgres.server import OPTIONS
from flywheel.domain.logins import CONNECTIONS, RESERVED, VISITORS, Login
from flywheel.settings import Settings

FEW = 2
SMALL = {"max_connections": str(FEW * len(CONNECTIONS) + RESERVED), "scram_iterations": "1", "fsync": "off"}
DATABASES = ("flywheel", "prefect", "mlflow", "postgres", "template1")
ENTERS = {
    **{login: {"flywheel"} for login in (Login.OWNER, *VISITORS)},
    Login.PREFECT: {"prefect"},
    Login.MLFLOW: {"mlflow"},
}
HOME_OF = {login: next(iter(names)) for login, names in ENTERS.items()}


def entered(settings: Settings, login: Login, database: str) -> psycopg.Connection:
    return psycopg.connect(postgres.database_url(settings, database, driver="", login=login), autocommit=True)


def taken(stack: ExitStack, settings: Settings, login: Login, database: str) -> int:
    """Take every connection that a login can get, for as long as the stack lasts; gives how many."""
    got = 0
    while True:
        try:
            stack.enter_context(entered(settings, login, database))
        except psycopg.OperationalError as error:
            assert "too many" in str(error) or "remaining connection slots" in str(error)  # noqa: PT017
            return got
        got += 1


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """A server of which every login may hold a few connections."""
    monkeypatch.setattr(postgres_logins, "CONNECTIONS", dict.fromkeys(CONNECTIONS, FEW))
    with tempfile.TemporaryDirectory(prefix="fw-") as folder:  # a socket's path may have 107 bytes
        settings = Settings.load(environ={"FLYWHEEL_DATA_ROOT": str(Path(folder) / "d")})
        with postgres.running(settings, options=SMALL):
            yield settings


def test_each_login_has_connections_of_its_own_and_the_server_some_to_be_asked_by(server: Settings) -> None:
    assert set(CONNECTIONS) == set(Login) - {Login.SERVER}
    with entered(server, Login.SERVER, "postgres") as connection:
        limits = connection.execute("SELECT rolname, rolconnlimit FROM pg_roles WHERE rolcanlogin").fetchall()
        shown = [connection.execute(f"SHOW {name}").fetchone() for name in OPTIONS if name.endswith("connections")]
    assert {name: most for name, most in limits} == {**CONNECTIONS, Login.SERVER: -1}  # noqa: C416  rows are no pairs
    assert [int(row[0]) for row in shown if row] == [sum(CONNECTIONS.values()) + RESERVED, RESERVED]


def test_logins_that_take_all_they_can_get_leave_the_others_theirs_and_the_server_well(small: Settings) -> None:
    with ExitStack() as stack:
        for login, database in HOME_OF.items():
            assert taken(stack, small, login, database) == FEW
            assert postgres_health.look(small).is_well
        postgres.ensure_databases(small)


def test_a_server_whose_every_connection_is_taken_is_full_and_not_dead(small: Settings) -> None:
    with ExitStack() as stack:
        assert taken(stack, small, Login.SERVER, "postgres") > RESERVED
        assert postgres_health.look(small).is_well


@pytest.mark.parametrize("login", ENTERS)
def test_a_login_enters_its_own_database_and_no_other(server: Settings, login: Login) -> None:
    got = set()
    for database in DATABASES:
        try:
            entered(server, login, database).close()
        except psycopg.OperationalError as error:
            assert "permission denied for database" in str(error)  # noqa: PT017
        else:
            got.add(database)
    assert got == ENTERS[login]


def test_an_installation_of_before_is_closed_at_its_next_start_whoever_holds_its_locks(small: Settings) -> None:
    with entered(small, Login.SERVER, "postgres") as superuser:
        for database in postgres_logins.OWN:
            superuser.execute(f"GRANT CONNECT ON DATABASE {database} TO PUBLIC")
        superuser.execute(f"ALTER ROLE {Login.MLFLOW} CONNECTION LIMIT -1")
    with entered(small, Login.MLFLOW, "postgres") as thief:
        thief.execute("SELECT pg_advisory_lock(7201003)")
        postgres.ensure_databases(small)
        with pytest.raises(psycopg.OperationalError):
            thief.execute("SELECT 1")
    with pytest.raises(psycopg.OperationalError, match="permission denied"):
        entered(small, Login.MLFLOW, "postgres")
    with ExitStack() as stack:
        assert taken(stack, small, Login.MLFLOW, "mlflow") == FEW


HOARD = "SELECT pg_advisory_lock(number) FROM generate_series(1, {}) AS number"
MOST = 200_000
"""More locks than the server has room for."""


@pytest.mark.parametrize("login", [Login.READER, Login.RECORD, Login.PREFECT, Login.MLFLOW])
def test_whoever_takes_all_locks_keeps_them_until_the_next_look_and_no_longer(small: Settings, login: Login) -> None:
    with entered(small, login, HOME_OF[login]) as thief:
        with pytest.raises(psycopg.errors.OutOfMemory):
            thief.execute(HOARD.format(MOST))
        with pytest.raises(psycopg.OperationalError, match="out of shared memory"):
            entered(small, Login.OWNER, "flywheel")
        (said,) = postgres_health.look(small).said
        assert "held all of PostgreSQL's locks: all were ended" in said
        with pytest.raises(psycopg.OperationalError):
            thief.execute("SELECT 1")
    eventually_entered(small)
    assert postgres_health.look(small) == postgres_health.Seen(is_well=True)


def test_whoever_holds_many_locks_is_ended_and_named_and_nobody_else(small: Settings) -> None:
    with entered(small, Login.READER, "flywheel") as thief, entered(small, Login.READER, "flywheel") as other:
        thief.execute(HOARD.format(postgres_health.MOST_LOCKS + 1))
        other.execute(HOARD.format(-1).replace("(1,", "(-9,"))
        seen = postgres_health.look(small)
        assert seen.is_well
        assert f"login {Login.READER} held 5,0" in seen.said[0]
        with pytest.raises(psycopg.OperationalError):
            thief.execute("SELECT 1")
        assert other.execute("SELECT 1").fetchone() == (1,)


def eventually_entered(settings: Settings) -> None:
    """Wait for the ended connections to have gone."""
    for _ in range(100):
        try:
            entered(settings, Login.OWNER, "flywheel").close()
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("nobody gets in")
