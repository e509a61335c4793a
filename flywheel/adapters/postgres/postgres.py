"""PostgreSQL for everybody: the server for as long as it is needed, its databases, and their addresses."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import FrameType
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg
from psycopg import sql

from flywheel.adapters.postgres.logins import (
    FOLDER,
    close_own_databases,
    has_password,
    lacking_logins,
    lacking_rights,
    owner_of,
    password_of,
)
from flywheel.adapters.postgres.server import OPTIONS, embedded_server, socket_folder
from flywheel.domain.logins import Login
from flywheel.errors import SettingsError, Unavailable
from flywheel.settings import Settings

LOGINS_LOCK = 7_201_003
"""In the database `postgres`, which the superuser alone enters."""
LOCK_SECONDS = 30


@contextmanager
def running(settings: Settings, *, options: Mapping[str, str] = OPTIONS) -> Iterator[None]:
    """Have a server with our databases for as long as the block lasts; the last user of an embedded one stops it."""
    if settings.database.url is not None:
        ensure_databases(settings)
        yield
        return
    if (embedded_folder(settings) / "PG_VERSION").exists() and not has_password(settings, Login.SERVER):
        raise Unavailable(
            f"the database in {embedded_folder(settings)} lets everybody in, or its passwords are lost",
            allowed=f"one whose passwords are in {settings.data_root / FOLDER}",
            next_step="move this data root aside, or set FLYWHEEL_DATA_ROOT to another folder",
        )
    password = password_of(settings, Login.SERVER)
    with _ends_by_exception(), embedded_server(embedded_folder(settings), password=password, options=options):
        ensure_databases(settings)
        yield


def database_url(settings: Settings, name: str, driver: str = "psycopg", *, login: Login | None = None) -> str:
    """Say where a database is, in SQLAlchemy's form; an empty driver gives the plain form.

    Without a login it is the one that works there: the owner of Prefect's and MLflow's databases, and for the record
    the one that cannot change its form. A team's own server has one login, which its address names, and where its
    password was put beside the notary's keys, the notary's own.
    """
    scheme = f"postgresql+{driver}" if driver else "postgresql"
    if settings.database.url is not None:
        parts = urlsplit(settings.database.url.get_secret_value())
        place = parts.netloc
        if login is Login.NOTARY and has_password(settings, login):
            place = f"{login}:{quote(password_of(settings, login), safe='')}@{place.rpartition('@')[2]}"
        return urlunsplit((scheme, place, f"/{name}", parts.query, ""))
    owner = owner_of(settings, name)
    login = login or (Login.RECORD if owner is Login.OWNER else owner)
    host = quote(str(socket_folder(embedded_folder(settings))), safe="/")
    return f"{scheme}://{login}:{password_of(settings, login)}@/{name}?host={host}"


def ensure_databases(settings: Settings) -> None:
    """Create the databases that are not there yet."""
    wanted = {settings.database.name}
    if settings.prefect.api is None:
        wanted.add(settings.database.prefect_name)
    if settings.mlflow.tracking_uri is None:
        wanted.add(settings.database.mlflow_name)
    try:
        with psycopg.connect(_front_door(settings), autocommit=True) as connection:
            there = {row[0] for row in connection.execute("SELECT datname FROM pg_database")}
            if settings.database.url is None:
                close_own_databases(connection)
                _make_so(connection, partial(lacking_logins, connection, settings))
            for name in sorted(wanted):
                if name not in there:
                    _create_database(connection, name)
                if settings.database.url is None:
                    _make_so(connection, partial(lacking_rights, connection, name, owner_of(settings, name)))
    except psycopg.errors.LockNotAvailable as error:
        raise Unavailable(
            f"the logins of the database cannot be set right: {LOCK_SECONDS} s were waited for another transaction",
            next_step="look into pg_stat_activity for who keeps one open, and end it; then repeat",
        ) from error
    except psycopg.OperationalError as error:
        raise Unavailable(
            f"the database server does not answer: {str(error).strip()}", next_step="run `flywheel up`"
        ) from error
    except psycopg.errors.InsufficientPrivilege as error:
        raise SettingsError(
            "the database user may not create databases",
            found=", ".join(sorted(wanted - there)),
            next_step="create them by hand or grant CREATEDB",
        ) from error


def has_begun(settings: Settings) -> bool:
    """Whether there is a database to ask: a team's own, or an embedded one that was started before."""
    return settings.database.url is not None or (embedded_folder(settings) / "PG_VERSION").exists()


def embedded_folder(settings: Settings) -> Path:
    """Where the embedded server keeps its files."""
    return settings.data_root / "pg"


def _front_door(settings: Settings) -> str:
    given = settings.database.url
    name = (urlsplit(given.get_secret_value()).path.strip("/") if given else "") or Login.SERVER
    return database_url(settings, name, driver="", login=Login.SERVER)


def _create_database(connection: psycopg.Connection, name: str) -> None:
    try:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    except (psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
        return  # another one of us was quicker


def _make_so(connection: psycopg.Connection, lacking: Callable[[], list[sql.Composed]]) -> None:
    """Do what lacks, one of us at a time; where nothing does, nobody is waited for."""
    if not lacking():
        return
    with connection.transaction():
        connection.execute(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'")
        connection.execute("SELECT pg_advisory_xact_lock(%s)", [LOGINS_LOCK])
        for words in lacking():
            connection.execute(words)


@contextmanager
def _ends_by_exception() -> Iterator[None]:
    """Let SIGTERM unwind the stack as Ctrl-C does, where nobody has decided otherwise."""
    is_ours = threading.current_thread() is threading.main_thread() and (
        signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    )
    if not is_ours:
        yield
        return

    def leave(_number: int, _frame: FrameType | None) -> None:
        raise SystemExit(143)

    signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
