"""The turn to append, which one transaction has at a time, and who has it where others wait for too long.

It is the lock of a table, and no advisory one: whoever may only read can take none that others wait for.
"""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Mapped, Session, mapped_column

from flywheel.catalog.base import Base
from flywheel.errors import Unavailable

LOCK_SECONDS = 30
"""So long a transaction waits for what others hold."""

LOCKED = "the record is locked: "

HOLDERS = """
SELECT held.pid, who.usename, who.application_name, what.relname, coalesce(who.xact_start, (
    SELECT min(waitstart) FROM pg_locks WHERE relation = held.relation AND NOT granted)) AS since
FROM pg_locks AS held JOIN pg_class AS what ON what.oid = held.relation JOIN pg_stat_activity AS who USING (pid)
WHERE held.granted AND what.relkind = 'r' AND what.relnamespace = 'public'::regnamespace
    AND held.database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND held.pid <> pg_backend_pid()
ORDER BY what.relname = 'chain_turn' DESC, held.mode = 'AccessShareLock', held.mode LIKE 'Row%', since LIMIT 1
"""
"""Whoever has the turn, or the strongest lock of a table, first; when it began is shown of one's own login alone."""


class ChainTurnRow(Base):
    """A table without rows, which is never vacuumed: to lock it is to have the turn."""

    __tablename__ = "chain_turn"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)


def take_turn(session: Session) -> None:
    """Wait for the turn, and have it until the transaction ends; tables can be read meanwhile."""
    session.execute(text(f"LOCK TABLE {ChainTurnRow.__tablename__} IN EXCLUSIVE MODE"))


def locked(engine: Engine) -> Unavailable:
    """Say who holds what somebody has waited for in vain, and what to do."""
    try:
        with engine.connect() as connection:
            row = connection.execute(text(HOLDERS)).first()
    except DBAPIError as error:
        return Unavailable(f"{LOCKED}nobody can be asked who holds it: {str(error.orig).strip()}", next_step=_CURE)
    if row is None:
        return Unavailable(f"{LOCKED}whoever held it has let go now", next_step="repeat it")
    name = f", {row.application_name}" if row.application_name else ""
    return Unavailable(
        f"{LOCKED}database process {row.pid} (login {row.usename}{name}) holds {row.relname} {_since(row.since)}",
        next_step=f"find out who uses this login; `kill {row.pid}` on the database's machine ends its connection",
    )


_CURE = "repeat it; `flywheel up` starts the database where it has gone"


def _since(moment: datetime | None) -> str:
    return f"since {moment.astimezone(UTC):%H:%M:%S} UTC" if moment else f"for more than {LOCK_SECONDS} s"
