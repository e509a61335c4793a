"""Logins of the embedded server: made at its start, each with a password in a file that only this user reads."""

from __future__ import annotations

import secrets
from pathlib import Path

import psycopg
from psycopg import sql

from flywheel.adapters.machine_keys import key_of_machine
from flywheel.domain.logins import VISITORS, Login
from flywheel.settings import Settings

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


def ensure_logins(connection: psycopg.Connection, settings: Settings) -> None:
    """Make the logins that are not there yet, none of which may do more than log in."""
    there = {row[0] for row in connection.execute("SELECT rolname FROM pg_roles")}
    for login in Login:
        if login.value not in there:
            words = sql.SQL("CREATE ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION PASSWORD {}")
            connection.execute(words.format(sql.Identifier(login), sql.Literal(password_of(settings, login))))


def give_to_owner(connection: psycopg.Connection, database: str, owner: Login) -> None:
    """Let only a database's owner in, and the record's visitors."""
    names = {"database": sql.Identifier(database), "owner": sql.Identifier(owner)}
    connection.execute(sql.SQL("ALTER DATABASE {database} OWNER TO {owner}").format(**names))
    connection.execute(sql.SQL("REVOKE ALL ON DATABASE {database} FROM PUBLIC").format(**names))
    for visitor in VISITORS if owner is Login.OWNER else ():
        words = sql.SQL("GRANT CONNECT ON DATABASE {database} TO {visitor}")
        connection.execute(words.format(**names, visitor=sql.Identifier(visitor)))


def _root_of(settings: Settings, login: Login) -> Path:
    return settings.notary_root if login is Login.NOTARY else settings.data_root


def _drawn() -> bytes:
    return secrets.token_urlsafe(24).encode()
