"""Every table that shows the present is carried forward from events here: when they happen, and again on a rebuild."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Table, func, select, text
from sqlalchemy.orm import Session

from flywheel.catalog import (
    dataset,
    delegation,
    edge,
    endpoint,
    experiment,
    finding,
    gate,
    glass,
    health,
    incident,
    ledger,
    look,
    note,
    person,
    policy,
    reproduction,
    signoff,
    stage_run,
    version,
    waiver,
)
from flywheel.catalog import project as project_noun
from flywheel.catalog.base import Base, Projection
from flywheel.catalog.event import lock_chain, read_events
from flywheel.domain.digests import Digest, digest_of
from flywheel.domain.events import Event, Verb

_NOUNS = (
    policy,
    person,
    project_noun,
    stage_run,
    dataset,
    experiment,
    look,
    version,
    reproduction,
    gate,
    waiver,
    signoff,
    delegation,
    glass,
    finding,
    note,
    endpoint,
    incident,
    health,
    ledger,
    edge,
)
PROJECTIONS: Mapping[Verb, tuple[Projection, ...]] = {
    verb: tuple(noun.PROJECTIONS[verb] for noun in _NOUNS if verb in noun.PROJECTIONS) for verb in Verb
}
"""What follows from each verb, in the order of the nouns."""

SECRETS = frozenset({"person_secret", "invitation", "recovery_code", "person_session"})
NOT_PROJECTED = frozenset({"event", "idempotency", "outbox", "endpoint_observation"}) | SECRETS
"""Tables that are sources themselves, or measurements and secrets that no event carries."""


@dataclass(frozen=True)
class Rebuilt:
    """How many rows each table has after a rebuild, and which tables were not what the events say."""

    counts: Mapping[str, int]
    differing: tuple[str, ...]


def project(session: Session, event: Event) -> None:
    """Carry one event into every table that shows it."""
    for projection in PROJECTIONS[event.verb]:
        projection(session, event)
        session.flush()


def projected_tables() -> tuple[Table, ...]:
    """Name the tables that a rebuild empties and fills again."""
    return tuple(table for table in Base.metadata.sorted_tables if table.name not in NOT_PROJECTED)


def rebuild_projections(session: Session) -> Rebuilt:
    """Empty every projected table, replay all events, and say what differed."""
    tables = projected_tables()
    names = ", ".join(table.name for table in tables)
    session.execute(text(f"LOCK TABLE {names} IN ACCESS EXCLUSIVE MODE"))  # rows before the chain, as everywhere
    lock_chain(session)
    before = {table.name: content_digest(session, table) for table in tables}
    session.execute(text(f"TRUNCATE {names}"))
    session.expunge_all()
    for event in read_events(session):
        project(session, event)
    session.flush()
    after = {table.name: content_digest(session, table) for table in tables}
    counts = {table.name: session.scalar(select(func.count()).select_from(table)) or 0 for table in tables}
    return Rebuilt(counts, tuple(name for name in before if before[name] != after[name]))


def content_digest(session: Session, table: Table) -> Digest:
    """Digest all rows of a table, whatever their order on disk."""
    keys = list(table.primary_key.columns)
    rows = session.execute(select(table).order_by(*keys)).all()
    return digest_of([[_plain(value) for value in row] for row in rows])


def _plain(value: object) -> object:
    return value.hex() if isinstance(value, bytes) else value
