"""Notes: what people say about a thing, in a thread, until somebody marks it as settled."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Index, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from flywheel.catalog.base import Base, Projection
from flywheel.catalog.shelf import Shelf, get_one
from flywheel.domain.events import Event, Verb
from flywheel.domain.notes import NoteKind
from flywheel.domain.payloads.serving import NoteResolved, NoteWritten
from flywheel.errors import NotFound


class NoteRow(Base):
    """One note."""

    __tablename__ = "note"
    __table_args__ = (Index("ix_note_subject", "subject_kind", "subject_id"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    sequence: Mapped[int]
    project: Mapped[str]
    subject_kind: Mapped[str]
    subject_id: Mapped[str]
    locator: Mapped[str]
    kind: Mapped[str]
    author: Mapped[str]
    text: Mapped[str]
    reply_to: Mapped[str]
    written_at: Mapped[datetime]
    resolved_by: Mapped[str]


@dataclass(frozen=True)
class Note:
    """What somebody said, about what, and who called it settled."""

    id: str
    project: str
    subject_kind: str
    subject_id: str
    locator: str
    kind: NoteKind
    author: str
    text: str
    reply_to: str
    written_at: datetime
    resolved_by: str


def read_notes(session: Session, *, subject_id: str) -> tuple[Note, ...]:
    """List what was said about a thing, oldest first."""
    rows = session.scalars(select(NoteRow).where(NoteRow.subject_id == subject_id).order_by(NoteRow.sequence))
    return tuple(_record(row) for row in rows)


def read_note(session: Session, note: str) -> Note:
    """Read one note."""
    row = session.get(NoteRow, note)
    if row is None:
        raise NotFound("there is no such note", found=note, next_step="`flywheel notes list SUBJECT`")
    return _record(row)


def _record(row: NoteRow) -> Note:
    return Note(
        row.id,
        row.project,
        row.subject_kind,
        row.subject_id,
        row.locator,
        NoteKind(row.kind),
        row.author,
        row.text,
        row.reply_to,
        row.written_at,
        row.resolved_by,
    )


def _write(shelf: Shelf, event: Event, said: NoteWritten) -> None:
    shelf.add(
        NoteRow(
            id=said.id,
            project=said.project,
            locator=said.locator,
            kind=said.kind.value,
            text=said.text,
            reply_to=said.reply_to,
            sequence=event.sequence,
            subject_kind=event.subject_kind.value,
            subject_id=event.subject_id,
            author=event.actor,
            written_at=event.happened_at,
            resolved_by="",
        )
    )


def _resolve(shelf: Shelf, event: Event, said: NoteResolved) -> None:
    get_one(shelf, NoteRow, said.id).resolved_by = event.actor


PROJECTIONS: dict[Verb, Projection] = {Verb.NOTE_WRITTEN: _write, Verb.NOTE_RESOLVED: _resolve}
