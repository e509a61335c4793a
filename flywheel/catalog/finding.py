"""Findings: one row each, as the events about it left it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from flywheel.catalog.base import Base, Projection
from flywheel.catalog.shelf import Shelf, get_one
from flywheel.domain.events import Event, Verb
from flywheel.domain.findings import Finding, FindingKind, FindingSeverity, FindingState
from flywheel.domain.payloads.approval import FindingAccepted, FindingClosed, FindingOpened
from flywheel.errors import NotFound


class FindingRow(Base):
    """One finding."""

    __tablename__ = "finding"
    __table_args__ = (Index("ix_finding_version", "version"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    sequence: Mapped[int]
    project: Mapped[str]
    version: Mapped[str]
    kind: Mapped[str]
    severity: Mapped[str]
    title: Mapped[str]
    detail: Mapped[str]
    owner: Mapped[str]
    state: Mapped[str]
    opened_by: Mapped[str]
    opened_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    decided_by: Mapped[str]
    reason: Mapped[str]
    accepted_until_at: Mapped[datetime | None]


def read_findings(session: Session, version: str) -> tuple[Finding, ...]:
    """List the findings on a version, oldest first."""
    rows = session.scalars(select(FindingRow).where(FindingRow.version == version).order_by(FindingRow.sequence))
    return tuple(record_of(row) for row in rows)


def read_finding(session: Session, finding: str) -> Finding:
    """Read one finding."""
    row = session.get(FindingRow, finding)
    if row is None:
        raise no_such_finding(finding)
    return record_of(row)


def no_such_finding(finding: str) -> NotFound:
    """Say that nobody found this."""
    return NotFound("there is no such finding", found=finding, next_step="`flywheel findings list VERSION`")


def next_number(session: Session, version: str) -> int:
    """Number the next finding on a version; the caller holds the project's row."""
    return (session.scalar(select(func.count()).where(FindingRow.version == version)) or 0) + 1


def record_of(row: FindingRow) -> Finding:
    """Read a row."""
    return Finding(
        row.id,
        row.project,
        row.version,
        FindingKind(row.kind),
        FindingSeverity(row.severity),
        row.title,
        row.detail,
        row.owner,
        FindingState(row.state),
        row.opened_by,
        row.opened_at,
        row.due_at,
        row.decided_by,
        row.reason,
        row.accepted_until_at,
    )


def _open(shelf: Shelf, event: Event, said: FindingOpened) -> None:
    shelf.add(
        FindingRow(
            id=event.subject_id,
            sequence=event.sequence,
            project=said.project,
            version=said.version,
            kind=said.kind.value,
            severity=said.severity.value,
            title=said.title,
            detail=said.detail,
            owner=said.owner,
            state=FindingState.OPEN.value,
            opened_by=event.actor,
            opened_at=event.happened_at,
            due_at=said.due_at,
            decided_by="",
            reason="",
            accepted_until_at=None,
        )
    )


def _accept(shelf: Shelf, event: Event, said: FindingAccepted) -> None:
    row = _settle(shelf, event, FindingState.ACCEPTED, said.reason)
    row.owner, row.accepted_until_at = said.owner, said.until_at


def _close(shelf: Shelf, event: Event, said: FindingClosed) -> None:
    _settle(shelf, event, FindingState.CLOSED, said.reason)


def _settle(shelf: Shelf, event: Event, state: FindingState, reason: str) -> FindingRow:
    row = get_one(shelf, FindingRow, event.subject_id)
    row.state, row.decided_by, row.reason = state.value, event.actor, reason
    return row


PROJECTIONS: dict[Verb, Projection] = {
    Verb.FINDING_OPENED: _open,
    Verb.FINDING_ACCEPTED: _accept,
    Verb.FINDING_CLOSED: _close,
}
