"""Sign-offs: questions put to people, and the answers that were accepted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from flywheel.catalog.base import Base, Document, Projection
from flywheel.catalog.shelf import Shelf
from flywheel.domain.conditions import conditions_from
from flywheel.domain.digests import Digest
from flywheel.domain.events import Event, Verb
from flywheel.domain.payloads.approval import SignoffGiven, SignoffRequested, SignoffWithdrawn
from flywheel.domain.signoffs import Answer, Feedback, Role, Signoff


class SignoffRequestRow(Base):
    """A version that waits for people, and the run that waits with it."""

    __tablename__ = "signoff_request"

    version: Mapped[str] = mapped_column(primary_key=True)
    project: Mapped[str]
    dossier_digest: Mapped[str]
    run_id: Mapped[str]
    requested_at: Mapped[datetime]
    sequence: Mapped[int]


class SignoffRow(Base):
    """One accepted answer; the same person gives the same answer to the same dossier once for each renewal."""

    __tablename__ = "signoff"
    __table_args__ = (UniqueConstraint("version", "dossier_digest", "person", "answer", "renewal"),)

    sequence: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    version: Mapped[str]
    dossier_digest: Mapped[str]
    person: Mapped[str]
    role: Mapped[str]
    answer: Mapped[str]
    renewal: Mapped[int]
    feedback: Mapped[str]
    conditions: Mapped[Document]
    on_behalf_of: Mapped[str]
    withdrawn_sequence: Mapped[int | None]
    withdrawal: Mapped[str]
    comment: Mapped[str]
    channel: Mapped[str]
    signed_at: Mapped[datetime]
    enrolled_at: Mapped[datetime | None]


@dataclass(frozen=True)
class SignoffRequest:
    """A version that waits for people."""

    version: str
    project: str
    dossier_digest: Digest
    run_id: str
    requested_at: datetime


def signoffs_of(session: Session, version: str) -> tuple[Signoff, ...]:
    """Read every accepted answer about a version."""
    rows = session.scalars(select(SignoffRow).where(SignoffRow.version == version).order_by(SignoffRow.sequence))
    return tuple(
        Signoff(
            row.person,
            Role(row.role),
            Answer(row.answer),
            Digest(row.dossier_digest),
            row.signed_at,
            row.sequence,
            row.comment,
            Feedback(row.feedback),
            conditions_from(row.conditions),
            row.on_behalf_of,
            row.withdrawn_sequence,
            row.enrolled_at,
        )
        for row in rows
    )


def request_of(session: Session, version: str) -> SignoffRequest | None:
    """Find the question that was put about a version."""
    row = session.get(SignoffRequestRow, version)
    return _record_of(row) if row else None


def read_requests(session: Session) -> tuple[SignoffRequest, ...]:
    """List every question, the oldest first."""
    rows = session.scalars(select(SignoffRequestRow).order_by(SignoffRequestRow.sequence))
    return tuple(_record_of(row) for row in rows)


def _record_of(row: SignoffRequestRow) -> SignoffRequest:
    return SignoffRequest(row.version, row.project, Digest(row.dossier_digest), row.run_id, row.requested_at)


def _request(shelf: Shelf, event: Event, said: SignoffRequested) -> None:
    shelf.put(
        SignoffRequestRow(
            version=event.subject_id,
            project=said.project,
            dossier_digest=event.subject_digest,
            run_id=said.run_id,
            requested_at=event.happened_at,
            sequence=event.sequence,
        )
    )


def _give(shelf: Shelf, event: Event, said: SignoffGiven) -> None:
    shelf.add(
        SignoffRow(
            sequence=event.sequence,
            version=event.subject_id,
            dossier_digest=event.subject_digest,
            person=said.person,
            role=said.role.value,
            answer=said.answer.value,
            renewal=said.renewal,
            feedback=said.feedback.value,
            conditions=said.conditions.to_json(),
            on_behalf_of=said.on_behalf_of,
            withdrawal="",
            comment=said.comment,
            channel=said.channel,
            signed_at=event.happened_at,
            enrolled_at=said.enrolled_at,
        )
    )


def _withdraw(shelf: Shelf, event: Event, said: SignoffWithdrawn) -> None:
    rows = shelf.find(
        SignoffRow,
        version=event.subject_id,
        dossier_digest=event.subject_digest,
        person=said.person,
        answer=Answer.APPROVE.value,
        withdrawn_sequence=None,
    )
    for row in rows:
        row.withdrawn_sequence, row.withdrawal = event.sequence, said.reason


PROJECTIONS: dict[Verb, Projection] = {
    Verb.SIGNOFF_REQUESTED: _request,
    Verb.SIGNOFF_GIVEN: _give,
    Verb.SIGNOFF_WITHDRAWN: _withdraw,
}
