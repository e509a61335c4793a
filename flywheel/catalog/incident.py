"""Incidents: what went wrong, how often, and who has taken it up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import Index, func, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from flywheel.catalog.base import Base, Document, Projection
from flywheel.catalog.event import EventRow, broken, events_of
from flywheel.catalog.shelf import Memory, Shelf, get_one
from flywheel.domain.digests import Json
from flywheel.domain.events import Event, Verb
from flywheel.domain.incidents import IncidentSeverity, IncidentState
from flywheel.domain.payloads.serving import (
    IncidentAcknowledged,
    IncidentPartlyResolved,
    IncidentResolved,
    IncidentSeen,
)
from flywheel.domain.payloads.table import read_payload
from flywheel.errors import NotFound


class IncidentRow(Base):
    """One incident; only one with the same key is unresolved."""

    __tablename__ = "incident"
    __table_args__ = (
        Index("uq_incident_unresolved", "key", unique=True, postgresql_where=text("state <> 'resolved'")),
        Index("ix_incident_project", "project", "sequence"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    project: Mapped[str]
    key: Mapped[str]
    severity: Mapped[str]
    state: Mapped[str]
    title: Mapped[str]
    cause: Mapped[str]
    consequence: Mapped[Decimal | None]
    actions: Mapped[list[Json]]
    evidence: Mapped[Document]
    occurrences: Mapped[int]
    run_id: Mapped[str]
    sequence: Mapped[int]
    opened_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    acknowledged_by: Mapped[str | None]
    acknowledged_at: Mapped[datetime | None]
    resolved_by: Mapped[str | None]
    resolved_at: Mapped[datetime | None]
    resolution: Mapped[str]
    version: Mapped[str | None]
    window_from: Mapped[datetime | None]
    window_until: Mapped[datetime | None]


@dataclass(frozen=True)
class IncidentRecord:
    """One incident."""

    id: str
    project: str
    key: str
    severity: IncidentSeverity
    state: IncidentState
    title: str
    cause: str
    consequence: Decimal | None
    actions: tuple[str, ...]
    evidence: Mapping[str, Json]
    occurrences: int
    opened_at: datetime
    last_seen_at: datetime
    acknowledged_by: str | None
    resolved_by: str | None
    resolution: str
    version: str | None
    """Of which version it was seen last, and from when to when in its traffic."""
    window_from: datetime | None
    window_until: datetime | None


def find_unresolved(session: Session, key: str) -> IncidentRecord | None:
    """Find the unresolved incident of a key."""
    row = session.scalar(select(IncidentRow).where(IncidentRow.key == key, IncidentRow.state != "resolved"))
    return record_of(row) if row else None


def read_incident(session: Session, incident: str) -> IncidentRecord:
    """Read an incident that must be there."""
    row = session.get(IncidentRow, incident, populate_existing=True)
    if row is None:
        raise NotFound(
            "there is no such incident", found=incident, next_step="`flywheel incidents list --all` names every one"
        )
    return record_of(row)


def read_incidents(session: Session, *, project: str | None, is_unresolved: bool) -> tuple[IncidentRecord, ...]:
    """List incidents, the newest first."""
    query = select(IncidentRow).order_by(IncidentRow.sequence.desc())
    if project is not None:
        query = query.where(IncidentRow.project == project)
    if is_unresolved:
        query = query.where(IncidentRow.state != IncidentState.RESOLVED)
    return tuple(record_of(row) for row in session.scalars(query))


def next_id(session: Session, project: str) -> str:
    """Name the project's next incident, by what the chain has of them: no name is given twice."""
    opened = (EventRow.project == project, EventRow.verb == Verb.INCIDENT_OPENED.value)
    count = session.scalar(select(func.count()).select_from(EventRow).where(*opened))
    return f"{project}-incident-{(count or 0) + 1}"


def record_of(row: IncidentRow) -> IncidentRecord:
    """Read a row."""
    return IncidentRecord(
        row.id,
        row.project,
        row.key,
        IncidentSeverity(row.severity),
        IncidentState(row.state),
        row.title,
        row.cause,
        row.consequence,
        tuple(str(action) for action in row.actions),
        row.evidence,
        row.occurrences,
        row.opened_at,
        row.last_seen_at,
        row.acknowledged_by,
        row.resolved_by,
        row.resolution,
        row.version,
        row.window_from,
        row.window_until,
    )


def _open(shelf: Shelf, event: Event, said: IncidentSeen) -> None:
    shelf.add(
        IncidentRow(
            id=event.subject_id,
            project=said.project,
            key=said.key,
            severity=said.severity.value,
            state=IncidentState.OPEN.value,
            title=said.title,
            cause=said.cause,
            consequence=said.consequence,
            actions=list(said.actions),
            evidence=dict(said.evidence),
            occurrences=1,
            run_id=said.run_id,
            sequence=event.sequence,
            opened_at=event.happened_at,
            last_seen_at=event.happened_at,
            resolution="",
            version=said.version,
            window_from=said.window_from,
            window_until=said.window_until,
        )
    )


def _recur(shelf: Shelf, event: Event, said: IncidentSeen) -> None:
    row = get_one(shelf, IncidentRow, event.subject_id)
    row.occurrences += 1
    row.last_seen_at = event.happened_at
    if said.version == row.version and row.window_from is not None:
        row.window_until = said.window_until  # it goes on
    else:
        row.version, row.window_from, row.window_until = said.version, said.window_from, said.window_until
    if said.adds:
        _worsen(row, said)


def _worsen(row: IncidentRow, said: IncidentSeen) -> None:
    """Add what is new to what is known, the newest first; whoever has taken it up has not seen this."""
    row.title, row.cause = said.title, f"{said.cause}\nbefore that: {row.cause}"
    row.severity = IncidentSeverity.PAGE.value if said.severity is IncidentSeverity.PAGE else row.severity
    row.consequence = row.consequence if said.consequence is None else said.consequence
    row.actions = [*said.actions, *(action for action in row.actions if action not in said.actions)]
    row.evidence = {**row.evidence, **said.evidence}
    row.state, row.acknowledged_by, row.acknowledged_at = IncidentState.OPEN.value, None, None


def _acknowledge(shelf: Shelf, event: Event, _said: IncidentAcknowledged) -> None:
    row = get_one(shelf, IncidentRow, event.subject_id)
    row.state = IncidentState.ACKNOWLEDGED.value
    row.acknowledged_by, row.acknowledged_at = event.actor, event.happened_at


def _resolve_in_part(shelf: Shelf, event: Event, said: IncidentPartlyResolved) -> None:
    row = get_one(shelf, IncidentRow, event.subject_id)
    row.cause = "\n".join([row.cause, *(f"over: {fault} ({said.resolution})" for fault in said.faults)])


def _resolve(shelf: Shelf, event: Event, said: IncidentResolved) -> None:
    row = get_one(shelf, IncidentRow, event.subject_id)
    row.state, row.resolution = IncidentState.RESOLVED.value, said.resolution
    row.resolved_by, row.resolved_at = event.actor, event.happened_at


def told_of(session: Session, incident: str) -> Iterator[tuple[Event, IncidentRecord]]:
    """Tell an incident from its events alone: each, and what it had come to then."""
    shelf = Memory()
    events = [event for verb in PROJECTIONS for event in events_of(session, verb=verb, subject_id=incident)]
    for event in sorted(events, key=lambda one: one.sequence):
        try:
            PROJECTIONS[event.verb](shelf, event, read_payload(event.verb, event.payload))
        except LookupError as error:
            raise broken(event.sequence, f"event {event.sequence} follows from nothing before it") from error
        yield event, record_of(get_one(shelf, IncidentRow, incident))


PROJECTIONS: dict[Verb, Projection] = {
    Verb.INCIDENT_OPENED: _open,
    Verb.INCIDENT_RECURRED: _recur,
    Verb.INCIDENT_ACKNOWLEDGED: _acknowledge,
    Verb.INCIDENT_PARTLY_RESOLVED: _resolve_in_part,
    Verb.INCIDENT_RESOLVED: _resolve,
}
