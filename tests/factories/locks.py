"""A watch over the order of locks: a row is locked before the time is read, in every use case that any test runs."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Engine, event

CHAIN, ROW, SKIPPING = "LOCK TABLE chain_turn", "FOR UPDATE", "SKIP LOCKED"


def watch_locks(engine: Engine) -> None:
    """Fail whatever locks a new row once the end of the chain is its own: two such would wait in a ring."""
    event.listen(engine, "before_cursor_execute", _look)
    event.listen(engine, "begin", _forget)


def _forget(connection: Connection) -> None:
    connection.info["locked"], connection.info["has_chain"] = set(), False


def _look(connection: Connection, _cursor: Any, statement: str, parameters: Any, _context: Any, _many: bool) -> None:
    if CHAIN in statement:
        connection.info["has_chain"] = True
    elif ROW in statement and SKIPPING not in statement:
        lock = (statement.rpartition("FROM")[2], repr(parameters))
        assert not connection.info["has_chain"] or lock in connection.info["locked"], (
            f"a row is locked after the end of the chain: {lock}"
        )
        connection.info["locked"].add(lock)
