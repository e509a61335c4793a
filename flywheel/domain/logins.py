"""The database's logins: each program has one, with the rights that it needs and no others."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Login(StrEnum):
    """A role of the embedded server; the values are its names there."""

    SERVER = "postgres"
    """Makes databases and logins, writes and reads backups; no program works under it."""
    OWNER = "flywheel_owner"
    """Owns the record's tables and changes their form; used by migrations alone."""
    RECORD = "flywheel"
    """Works on the record: writes what tables show, and appends what machines report through one function."""
    NOTARY = "flywheel_notary"
    """The notary's own: appends people's decisions as well, and keeps what people prove themselves with."""
    READER = "flywheel_reader"
    """Reads the record, for reports and pages of one's own."""
    PREFECT = "prefect"
    """Owns Prefect's database."""
    MLFLOW = "mlflow"
    """Owns MLflow's database."""


VISITORS = (Login.RECORD, Login.NOTARY, Login.READER)
"""Who enters the record besides its owner."""

CONNECTIONS: Mapping[Login, int] = {
    Login.OWNER: 10,
    Login.RECORD: 120,
    Login.NOTARY: 50,
    Login.READER: 15,
    Login.PREFECT: 50,
    Login.MLFLOW: 80,
}
"""How many connections each login may hold, several times what its programs do: none takes another's."""

RESERVED = 10
"""Connections that are the superuser's alone, by which the server is asked whether it answers."""
