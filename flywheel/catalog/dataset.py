"""Dataset versions: what was prepared, from what, with which facts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Index, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from flywheel.catalog.base import Base, Document, Projection
from flywheel.catalog.shelf import Shelf
from flywheel.domain.digests import Digest, Json
from flywheel.domain.events import Event, Verb
from flywheel.domain.payloads.making import DatasetRecorded
from flywheel.errors import NotFound


class DatasetRow(Base):
    """One dataset version."""

    __tablename__ = "dataset"
    __table_args__ = (Index("ix_dataset_digest", "project", "digest"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    project: Mapped[str]
    name: Mapped[str]
    digest: Mapped[str]
    facts: Mapped[Document]
    sources: Mapped[Document]
    run_id: Mapped[str]
    recorded_at: Mapped[datetime]
    sequence: Mapped[int]


@dataclass(frozen=True)
class DatasetRecord:
    """One dataset version."""

    id: str
    project: str
    name: str
    digest: Digest
    facts: Mapping[str, Json]
    sources: Mapping[str, Json]
    run_id: str
    recorded_at: datetime


def dataset_id(*, project: str, name: str, digest: str) -> str:
    """Name a dataset version by project, name and content."""
    return f"{project}/{name}@{digest.removeprefix('sha256:')[:12]}"


def find_dataset(session: Session, id: str) -> DatasetRecord | None:  # noqa: A002  the word for it
    """Look a dataset version up."""
    row = session.get(DatasetRow, id)
    return record_of(row) if row else None


def read_dataset(session: Session, id: str) -> DatasetRecord:  # noqa: A002  the word for it
    """Read a dataset version that must be there."""
    found = find_dataset(session, id)
    if found is None:
        raise NotFound("there is no such dataset version", found=id)
    return found


def dataset_by_digest(session: Session, *, project: str, digest: str) -> DatasetRecord:
    """Find a project's dataset version by its content."""
    row = session.scalar(
        select(DatasetRow)
        .where(DatasetRow.project == project, DatasetRow.digest == digest)
        .order_by(DatasetRow.sequence.desc())
        .limit(1)
    )
    if row is None:
        raise NotFound(f"{project} has no such dataset version", found=digest, next_step="record the dataset first")
    return record_of(row)


def read_datasets(session: Session, project: str) -> tuple[DatasetRecord, ...]:
    """List a project's dataset versions, the newest first."""
    rows = session.scalars(select(DatasetRow).where(DatasetRow.project == project).order_by(DatasetRow.sequence.desc()))
    return tuple(record_of(row) for row in rows)


def record_of(row: DatasetRow) -> DatasetRecord:
    """Read a row."""
    return DatasetRecord(
        row.id, row.project, row.name, Digest(row.digest), row.facts, row.sources, row.run_id, row.recorded_at
    )


def _record(shelf: Shelf, event: Event, said: DatasetRecorded) -> None:
    shelf.put(
        DatasetRow(
            id=event.subject_id,
            project=said.project,
            name=said.name,
            digest=event.subject_digest,
            facts=dict(said.facts),
            sources=dict(said.sources),
            run_id=said.run_id,
            recorded_at=event.happened_at,
            sequence=event.sequence,
        )
    )


PROJECTIONS: dict[Verb, Projection] = {Verb.DATASET_RECORDED: _record}
