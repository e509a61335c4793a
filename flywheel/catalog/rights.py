"""What each of the database's logins may do with the record's tables."""

from __future__ import annotations

from sqlalchemy import Connection, text

from flywheel.domain.logins import Login

KEPT = ("event", "alembic_version")
"""Tables that no program writes: one grows through its function, the other by migrations."""

SECRETS = ("person_secret", "invitation", "recovery_code", "person_session")
"""Tables of what people prove themselves with, which no page reads."""

RIGHTS = (
    f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {Login.RECORD}, {Login.READER}",
    f"GRANT INSERT, UPDATE, DELETE, TRUNCATE ON ALL TABLES IN SCHEMA public TO {Login.RECORD}",
    f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {Login.RECORD}",
    *(f"REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON {table} FROM {Login.RECORD}" for table in KEPT),
    f"GRANT EXECUTE ON FUNCTION append_event(text, text) TO {Login.RECORD}",
    *(f"REVOKE ALL ON {table} FROM {Login.READER}" for table in SECRETS),
)


def grant_rights(connection: Connection) -> None:
    """Give the logins their rights, where the server has them: a team's own server has logins of its own."""
    wanted = {Login.RECORD.value, Login.READER.value}
    there = set(connection.scalars(text("SELECT rolname FROM pg_roles")))
    if wanted <= there:
        for words in RIGHTS:
            connection.execute(text(words))
