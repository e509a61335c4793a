"""The record itself: verified, exported, listed, rebuilt."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from flywheel.catalog.engine import Catalog, UnitOfWork
from flywheel.catalog.event import EventRow, Head, believed, event_of, read_head
from flywheel.catalog.ground import Ground, differences, stand_on
from flywheel.catalog.project import read_project
from flywheel.catalog.projections import NOUNS, Rebuilt, rebuild_projections
from flywheel.catalog.proving import Verification, check_chain
from flywheel.domain.events import Event

__all__ = [
    "Head",
    "Rebuilt",
    "Verification",
    "chain",
    "events_about",
    "head",
    "list_events",
    "rebuild",
    "verified",
    "verify_events",
]


def verify_events(catalog: Catalog, *, known_heads: Mapping[int, str] | None = None) -> Verification:
    """Recompute the whole chain, and hold every table that follows from it against it.

    Heads exported earlier also show what was cut off or rewritten.
    """
    with catalog.look() as work:
        return verified(work.session, known_heads=known_heads or {})


def verified(session: Session, *, known_heads: Mapping[int, str]) -> Verification:
    """Verify what a session sees."""
    found = check_chain(session, known_heads=known_heads)
    if not found.is_sound:
        return found
    ground = stand_on(session, Ground(), nouns=NOUNS)
    return replace(found, differing=tuple(map(str, differences(session, ground, nouns=NOUNS))))


def head(catalog: Catalog) -> Head:
    """Read the end of the chain, to be kept where nobody who can change the database can change it."""
    with catalog.begin() as work:
        return read_head(work.session)


def chain(catalog: Catalog) -> tuple[tuple[int, str, str], ...]:
    """Prove the chain and give number, hash and seal of every event: enough to show that a later one begins as it.

    A seal that is not ours is left out.
    """
    with catalog.look() as work:
        foreign = set(work.ground().unsealed)
        rows = work.session.execute(select(EventRow.sequence, EventRow.hash, EventRow.seal).order_by(EventRow.sequence))
        return tuple((row.sequence, row.hash, "" if row.sequence in foreign else row.seal) for row in rows)


def list_events(
    catalog: Catalog, *, limit: int = 50, project: str | None = None, before: int | None = None
) -> tuple[Event, ...]:
    """List events, the newest first: all of them, or those about a project and what belongs to it."""
    query = select(EventRow).order_by(EventRow.sequence.desc()).limit(limit)
    if project is not None:
        query = query.where(EventRow.project == project)
    if before is not None:
        query = query.where(EventRow.sequence < before)
    with catalog.begin() as work:
        if project is not None:
            read_project(work.session, project)
        return tuple(event_of(row) for row in work.session.scalars(query))


def events_about(catalog: Catalog, *, version: str, subjects: Collection[str]) -> tuple[Event, ...]:
    """Read every event about a version, or about what it came from, oldest first."""
    with catalog.begin() as work:
        return events_about_in(work, version=version, subjects=subjects)


def events_about_in(work: UnitOfWork, *, version: str, subjects: Collection[str]) -> tuple[Event, ...]:
    """Read the same in one view."""
    named = EventRow.payload["version"].as_string() == version
    query = select(EventRow).where(EventRow.subject_id.in_(sorted({version, *subjects})) | named)
    return tuple(believed(work.session, query.order_by(EventRow.sequence)))


def rebuild(catalog: Catalog) -> Rebuilt:
    """Empty every table of the present and fill it again from the events."""
    with catalog.begin() as work:
        return rebuild_projections(work.session)
