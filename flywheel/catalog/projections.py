"""Every table that shows the present is carried forward from events here: when they happen, and again on a rebuild."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import ModuleType

from sqlalchemy import Table, delete, func, select, text
from sqlalchemy.orm import DeclarativeBase, Session

from flywheel.catalog import (
    agreement,
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
from flywheel.catalog.event import lock_chain
from flywheel.catalog.proving import Place, proven_events
from flywheel.catalog.shelf import Shelf, Tables
from flywheel.domain.digests import Digest, digest_of
from flywheel.domain.events import Event, Payload, Verb
from flywheel.domain.payloads.table import TOLD, read_payload

NOUNS: tuple[ModuleType, ...] = (
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
    agreement,
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
"""In the order in which their tables follow."""

NEVER_AT_DOORS = frozenset({stage_run, dataset, experiment, look, note, health, ledger, edge})
"""What people and figures are shown and no door goes by; all other nouns are held against the chain at each door."""

AT_DOORS = tuple(noun for noun in NOUNS if noun not in NEVER_AT_DOORS)
"""The nouns whose tables are read where something opens."""

SHOWN = tuple(noun for noun in NOUNS if noun in {dataset, experiment, look, note, edge})
"""The nouns whose tables a dossier is made of besides."""

SECRETS = frozenset({"person_secret", "invitation", "recovery_code", "person_session", "notary_answer"})
"""What the notary keeps to itself."""
NOT_PROJECTED = frozenset({"event", "chain_turn", "idempotency", "outbox", "endpoint_observation"}) | SECRETS
"""Tables that are sources themselves, or measurements and secrets that no event carries."""


@dataclass(frozen=True)
class Rebuilt:
    """How many rows each table has after a rebuild, and which tables were not what the events say."""

    counts: Mapping[str, int]
    differing: tuple[str, ...]


def project(session: Session, event: Event) -> None:
    """Carry one event into every table that shows it."""
    carry(Tables(session), event, read_payload(event.verb, event.payload), NOUNS)
    session.flush()


def carry(shelf: Shelf, event: Event, said: Payload, nouns: tuple[ModuleType, ...]) -> None:
    """Put what follows from an event for some nouns on a shelf."""
    for projection in _movers(event.verb, nouns):
        projection(shelf, event, said)


@cache
def _movers(verb: Verb, nouns: tuple[ModuleType, ...]) -> tuple[Projection, ...]:
    """Find what carries an event of a verb into the nouns that the table of verbs says it moves."""
    moved = {f"flywheel.catalog.{name}" for name in TOLD[verb].moves}
    return tuple(noun.PROJECTIONS[verb] for noun in nouns if noun.__name__ in moved)


@cache
def kinds_of(nouns: tuple[ModuleType, ...]) -> tuple[type[DeclarativeBase], ...]:
    """Name the rows that are projected for some nouns."""
    there = [mapper.class_ for mapper in Base.registry.mappers]
    projected = [kind for kind in there if kind.__tablename__ not in NOT_PROJECTED]
    names = [noun.__name__ for noun in nouns]
    return tuple(sorted((k for k in projected if k.__module__ in names), key=lambda k: str(k.__tablename__)))


def projected_tables() -> tuple[Table, ...]:
    """Name the tables that a rebuild empties and fills again."""
    return tuple(table for table in Base.metadata.sorted_tables if table.name not in NOT_PROJECTED)


def rebuild_projections(session: Session) -> Rebuilt:
    """Empty every projected table, replay all events, and say what differed."""
    tables = projected_tables()
    names = ", ".join(table.name for table in tables)
    session.execute(text(f"LOCK TABLE {names} IN EXCLUSIVE MODE"))  # rows before the chain, as everywhere
    lock_chain(session)
    before = {table.name: content_digest(session, table) for table in tables}
    for table in reversed(tables):
        session.execute(delete(table))  # and no TRUNCATE, which waits for whoever reads
    session.expunge_all()
    for one in proven_events(session, Place()):
        if one.told is not None:
            carry(Tables(session), *one.told, NOUNS)
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
