"""Agreements: what people are asked to sign of a charter before anything is made by it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Mapped, Session, mapped_column

from flywheel.catalog.base import Base, Projection
from flywheel.catalog.shelf import Shelf
from flywheel.domain.digests import Digest, Json
from flywheel.domain.events import Event, Verb
from flywheel.domain.payloads.approval import AgreementFiled


class AgreementRow(Base):
    """What was agreed on in a project, under its digest; filed again by a later run that asks about the same."""

    __tablename__ = "agreement"

    project: Mapped[str] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(primary_key=True)
    project_digest: Mapped[str]
    authors: Mapped[list[Json]]
    run_id: Mapped[str]
    filed_at: Mapped[datetime]
    sequence: Mapped[int]


@dataclass(frozen=True)
class FiledAgreement:
    """What people were asked to sign, of which charter, whose work it is, and the run that waits."""

    project: str
    digest: Digest
    project_digest: Digest
    authors: tuple[str, ...]
    run_id: str
    filed_at: datetime
    sequence: int


def find_agreement(session: Session, project: str, digest: str) -> FiledAgreement | None:
    """Find what was filed under a digest."""
    row = session.get(AgreementRow, (project, digest))
    return _record_of(row) if row else None


def agreement_of_run(session: Session, project: str, run_id: str) -> FiledAgreement | None:
    """Find what a run waits for."""
    rows = select(AgreementRow).where(AgreementRow.project == project, AgreementRow.run_id == run_id)
    row = session.scalars(rows.order_by(AgreementRow.sequence.desc()).limit(1)).first()
    return _record_of(row) if row else None


def _record_of(row: AgreementRow) -> FiledAgreement:
    authors = tuple(map(str, row.authors))
    return FiledAgreement(
        row.project, Digest(row.digest), Digest(row.project_digest), authors, row.run_id, row.filed_at, row.sequence
    )


def _file(shelf: Shelf, event: Event, said: AgreementFiled) -> None:
    shelf.put(
        AgreementRow(
            project=said.project,
            digest=event.subject_digest,
            project_digest=said.project_digest,
            authors=list(said.authors),
            run_id=said.run_id,
            filed_at=event.happened_at,
            sequence=event.sequence,
        )
    )


PROJECTIONS: dict[Verb, Projection] = {Verb.AGREEMENT_FILED: _file}
