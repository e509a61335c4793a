"""What each of the database's logins may do with the record's tables."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, text

from flywheel.catalog.projections import SECRETS
from flywheel.domain.logins import VISITORS, Login

KEPT = ("event", "alembic_version")
"""Tables that no program writes: one grows through its function, the other by migrations."""

WRITING = "INSERT, UPDATE, DELETE, TRUNCATE"


def rights_of(login: Login) -> Iterator[str]:
    """Give what a visitor may do, as statements of the tables' owner."""
    yield f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {login}"
    if login is Login.READER:
        yield from (f"REVOKE ALL ON {table} FROM {login}" for table in sorted(SECRETS))  # no page reads them
        return
    yield f"GRANT {WRITING} ON ALL TABLES IN SCHEMA public TO {login}"
    yield f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {login}"
    yield f"GRANT EXECUTE ON FUNCTION append_event(text, text) TO {login}"
    for table in KEPT if login is Login.NOTARY else (*KEPT, *sorted(SECRETS)):
        yield f"REVOKE {WRITING} ON {table} FROM {login}"


def grant_rights(connection: Connection) -> None:
    """Give the logins their rights, where the server has them: a team's own server may have others."""
    there = set(connection.scalars(text("SELECT rolname FROM pg_roles")))
    for login in VISITORS:
        for words in rights_of(login) if login in there else ():
            connection.execute(text(words))
