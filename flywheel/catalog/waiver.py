"""Waivers as they were granted; whether one still holds is computed from its last day, never stored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Index, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from flywheel.catalog.base import Base, Projection
from flywheel.catalog.shelf import Shelf, get_one
from flywheel.domain.events import Event, SubjectKind, Verb
from flywheel.domain.payloads.approval import WaiverEnded, WaiverGranted
from flywheel.domain.waivers import Waiver
from flywheel.errors import NotFound


class WaiverRow(Base):
    """One waiver: which finding of which gate on what, who answers for it and up to which day."""

    __tablename__ = "waiver"
    __table_args__ = (Index("ix_waiver_subject", "project", "subject_kind", "subject_id"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    sequence: Mapped[int]
    project: Mapped[str]
    subject_kind: Mapped[str]
    subject_id: Mapped[str]
    code: Mapped[str]
    finding: Mapped[str]
    owner: Mapped[str]
    reason: Mapped[str]
    until: Mapped[str]
    granted_by: Mapped[str]
    granted_at: Mapped[datetime]
    ended_by: Mapped[str]


@dataclass(frozen=True)
class GrantedWaiver:
    """A waiver in the record, what it is about, and who ended it before its day."""

    id: str
    project: str
    subject_kind: SubjectKind
    subject_id: str
    waiver: Waiver
    granted_at: datetime
    ended_by: str

    def holds(self, now: datetime) -> bool:
        """Whether it keeps a gate from closing."""
        return not self.ended_by and self.waiver.holds(now)


def waiver_id(sequence: int) -> str:
    """Name a waiver by its place in the record."""
    return f"waiver-{sequence}"


def read_waiver(session: Session, waiver: str) -> GrantedWaiver:
    """Read a waiver that must be there."""
    row = session.get(WaiverRow, waiver, populate_existing=True)
    if row is None:
        raise NotFound("there is no such waiver", found=waiver, next_step="`flywheel waivers list PROJECT`")
    return _record(row)


def read_waivers(session: Session, project: str, *, subject_id: str | None = None) -> tuple[GrantedWaiver, ...]:
    """List a project's waivers, oldest first: all, or those on one thing and on the project as a whole."""
    query = select(WaiverRow).where(WaiverRow.project == project).order_by(WaiverRow.sequence)
    if subject_id is not None:
        whole = WaiverRow.subject_kind == SubjectKind.PROJECT
        query = query.where(or_(WaiverRow.subject_id == subject_id, whole))
    return tuple(_record(row) for row in session.scalars(query))


def waivers_about(session: Session, *, project: str, subject_id: str) -> tuple[Waiver, ...]:
    """Give the waivers that gates on a thing obey; those that somebody ended are no longer among them."""
    granted = read_waivers(session, project, subject_id=subject_id)
    return tuple(one.waiver for one in granted if not one.ended_by)


def _record(row: WaiverRow) -> GrantedWaiver:
    waiver = Waiver(row.code, row.finding, row.owner, row.reason, date.fromisoformat(row.until), row.granted_by)
    kind = SubjectKind(row.subject_kind)
    return GrantedWaiver(row.id, row.project, kind, row.subject_id, waiver, row.granted_at, row.ended_by)


def _grant(shelf: Shelf, event: Event, said: WaiverGranted) -> None:
    shelf.add(
        WaiverRow(
            id=waiver_id(event.sequence),
            sequence=event.sequence,
            project=said.project,
            code=said.code,
            finding=said.finding,
            owner=said.owner,
            reason=said.reason,
            until=said.until.isoformat(),
            subject_kind=event.subject_kind.value,
            subject_id=event.subject_id,
            granted_by=event.actor,
            granted_at=event.happened_at,
            ended_by="",
        )
    )


def _end(shelf: Shelf, event: Event, said: WaiverEnded) -> None:
    get_one(shelf, WaiverRow, said.waiver).ended_by = event.actor


PROJECTIONS: dict[Verb, Projection] = {Verb.WAIVER_GRANTED: _grant, Verb.WAIVER_ENDED: _end}
