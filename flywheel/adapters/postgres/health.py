"""Whether the embedded PostgreSQL answers, for whoever looks after it."""

from __future__ import annotations

import psycopg

from flywheel.adapters.postgres.postgres import database_url
from flywheel.domain.logins import Login
from flywheel.settings import Settings

ANSWER_SECONDS = 3
FULL = "too many clients already"
"""What a server says that is well, when even the superuser's connections are taken."""


def answers(settings: Settings) -> bool:
    """Whether it lets us in, by the connections that no other login can take, and answers a question."""
    address = database_url(settings, Login.SERVER, driver="", login=Login.SERVER)
    try:
        with psycopg.connect(address, connect_timeout=ANSWER_SECONDS, options="-c statement_timeout=3s") as connection:
            return connection.execute("SELECT 1").fetchone() == (1,)
    except psycopg.Error as error:
        return FULL in str(error)
