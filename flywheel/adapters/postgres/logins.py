"""Logins of the embedded server: made at its start, each with a password in a file that only this user reads."""

from __future__ import annotations

import secrets
from contextlib import suppress
from pathlib import Path
from typing import LiteralString

import psycopg
from psycopg import sql

from flywheel.adapters.machine_keys import key_of_machine
from flywheel.domain.logins import CONNECTIONS, VISITORS, Login
from flywheel.settings import Settings

OWN = ("postgres", "template1")
"""The databases that come with the server."""
OPEN = "SELECT has_database_privilege('public', %s, 'CONNECT')"
UNLIMITED = -1
FOLDER = "passwords"
"""Beside the keys and in no backup: a server that is made anew gets new ones."""


def password_of(settings: Settings, login: Login) -> str:
    """Read a login's password, drawing it where there is none yet."""
    root = _root_of(settings, login)
    return key_of_machine(settings, folder=FOLDER, name=login.value, draw=_drawn, root=root).decode().strip()


def has_password(settings: Settings, login: Login) -> bool:
    """Whether a login's password was drawn, or put, here."""
    return (_root_of(settings, login) / FOLDER / login.value).is_file()


def owner_of(settings: Settings, database: str) -> Login:
    """Name the login that owns a database."""
    owners = {settings.database.prefect_name: Login.PREFECT, settings.database.mlflow_name: Login.MLFLOW}
    return owners.get(database, Login.OWNER)


def lacking_logins(connection: psycopg.Connection, settings: Settings) -> list[sql.Composed]:
    """Say what makes the logins as they should be: none may do more than log in, so many times at most."""
    there = {name: most for name, most in connection.execute("SELECT rolname, rolconnlimit FROM pg_roles")}  # noqa: C416
    lacking = []
    for login in Login:
        most = CONNECTIONS.get(login, UNLIMITED)
        names = {"login": sql.Identifier(login), "most": sql.Literal(most)}
        if login.value not in there:
            words = "CREATE ROLE {login} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION PASSWORD {password}"
            password = sql.Literal(password_of(settings, login))
            lacking.append(sql.SQL(words + " CONNECTION LIMIT {most}").format(**names, password=password))
        elif there[login.value] != most:
            lacking.append(sql.SQL("ALTER ROLE {login} CONNECTION LIMIT {most}").format(**names))
    return lacking


def lacking_rights(connection: psycopg.Connection, database: str, owner: Login) -> list[sql.Composed]:
    """Say what lets only a database's owner in, and the record's visitors."""
    names = {"database": sql.Identifier(database), "owner": sql.Identifier(owner)}
    lacking = []
    if _asked(connection, "SELECT datdba <> %s::regrole FROM pg_database WHERE datname = %s", owner, database):
        lacking.append(sql.SQL("ALTER DATABASE {database} OWNER TO {owner}").format(**names))
    if _asked(connection, OPEN, database):
        lacking.append(sql.SQL("REVOKE ALL ON DATABASE {database} FROM PUBLIC").format(**names))
    for visitor in VISITORS if owner is Login.OWNER else ():
        if not _asked(connection, "SELECT has_database_privilege(%s, %s, 'CONNECT')", visitor, database) or lacking:
            words = sql.SQL("GRANT CONNECT ON DATABASE {database} TO {visitor}")
            lacking.append(words.format(**names, visitor=sql.Identifier(visitor)))
    return lacking


def close_own_databases(connection: psycopg.Connection) -> None:
    """Let nobody but the superuser into what comes with the server, where whoever locks something keeps us waiting."""
    for database in OWN:
        if _asked(connection, OPEN, database):
            with suppress(psycopg.errors.InternalError_):  # another one of us does it at this moment
                connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(sql.Identifier(database)))
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND usename <> %s",
                [database, Login.SERVER],
            )


def _asked(connection: psycopg.Connection, question: LiteralString, *given: str) -> bool:
    return (connection.execute(question, given).fetchone() or (False,))[0] is True


def _root_of(settings: Settings, login: Login) -> Path:
    return settings.notary_root if login is Login.NOTARY else settings.data_root


def _drawn() -> bytes:
    return secrets.token_urlsafe(24).encode()
