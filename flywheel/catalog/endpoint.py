"""Endpoints: what should answer, every release that was made, and what was seen to answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Index, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from flywheel.catalog.base import Base, Document, Projection
from flywheel.catalog.shelf import Shelf
from flywheel.domain.digests import Digest, Json
from flywheel.domain.endpoints import EndpointMode
from flywheel.domain.events import Event, Verb
from flywheel.domain.payloads.serving import EndpointLed, EndpointLimited, ModelReleased
from flywheel.errors import NotFound


class EndpointRow(Base):
    """What should answer under a name; the generation grows with every decision."""

    __tablename__ = "endpoint"

    name: Mapped[str] = mapped_column(primary_key=True)
    project: Mapped[str] = mapped_column(unique=True)
    version: Mapped[str | None]
    mode: Mapped[str]
    model_digest: Mapped[str | None]
    package: Mapped[Document]
    conditions: Mapped[Document]
    generation: Mapped[int]
    safe_from: Mapped[int]
    updated_at: Mapped[datetime]


class ReleaseRow(Base):
    """A version that went through the door, with its package."""

    __tablename__ = "release"
    __table_args__ = (Index("ix_release_project", "project", "sequence"),)

    sequence: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    project: Mapped[str]
    version: Mapped[str]
    package: Mapped[Document]
    dossier_digest: Mapped[str]
    project_digest: Mapped[str]
    policy_digest: Mapped[str]
    authors: Mapped[list[Json]]
    run_id: Mapped[str]
    released_at: Mapped[datetime]


class ObservationRow(Base):
    """What was last seen of an endpoint; a measurement, not a decision, so not from events."""

    __tablename__ = "endpoint_observation"

    name: Mapped[str] = mapped_column(primary_key=True)
    generation: Mapped[int]
    port: Mapped[int | None]
    pid: Mapped[int | None]
    is_ready: Mapped[bool]
    detail: Mapped[str]
    observed_at: Mapped[datetime]


@dataclass(frozen=True)
class EndpointRecord:
    """What should answer, and the port where it was last seen."""

    name: str
    project: str
    version: str | None
    mode: EndpointMode
    model_digest: Digest | None
    package: Mapping[str, Json]
    generation: int
    port: int | None = None
    conditions: Mapping[str, Json] = field(default_factory=dict)
    """What the approvals bind it to; the server obeys the share and the cases, the record obeys the end."""
    safe_from: int = 1
    """What was desired before this generation may not answer any more: it was taken back, bound or stopped."""


@dataclass(frozen=True)
class Release:
    """A version that went through the door."""

    version: str
    package: Mapping[str, Json]
    dossier_digest: Digest
    project_digest: Digest
    """The charter that was signed: by it the version is watched, and its rule and words are taken from it."""
    policy_digest: Digest
    authors: tuple[str, ...]
    run_id: str
    released_at: datetime
    sequence: int


@dataclass(frozen=True)
class Observation:
    """What was last seen of an endpoint."""

    name: str
    generation: int
    port: int | None
    pid: int | None
    is_ready: bool
    detail: str
    observed_at: datetime


def find_endpoint(session: Session, name: str) -> EndpointRecord | None:
    """Look an endpoint up."""
    row = session.get(EndpointRow, name, populate_existing=True)
    return record_of(row, find_observation(session, name)) if row else None


def read_endpoint(session: Session, name: str) -> EndpointRecord:
    """Read an endpoint that must be there."""
    found = find_endpoint(session, name)
    if found is None:
        raise NotFound("nothing was released under this name", found=name, next_step="release a version first")
    return found


def read_endpoints(session: Session) -> tuple[EndpointRecord, ...]:
    """List every endpoint by name."""
    rows = session.scalars(select(EndpointRow).order_by(EndpointRow.name))
    return tuple(record_of(row, find_observation(session, row.name)) for row in rows)


def read_releases(session: Session, project: str) -> tuple[Release, ...]:
    """List a project's releases, the newest first."""
    rows = session.scalars(select(ReleaseRow).where(ReleaseRow.project == project).order_by(ReleaseRow.sequence.desc()))
    return tuple(
        Release(
            row.version,
            row.package,
            Digest(row.dossier_digest),
            Digest(row.project_digest),
            Digest(row.policy_digest),
            tuple(str(author) for author in row.authors),
            row.run_id,
            row.released_at,
            row.sequence,
        )
        for row in rows
    )


def find_observation(session: Session, name: str) -> Observation | None:
    """Read what was last seen of an endpoint."""
    row = session.get(ObservationRow, name, populate_existing=True)
    if row is None:
        return None
    return Observation(row.name, row.generation, row.port, row.pid, row.is_ready, row.detail, row.observed_at)


def put_observation(session: Session, seen: Observation) -> None:
    """Keep what was seen, unless something newer was seen of a later generation."""
    values = {
        "generation": seen.generation,
        "port": seen.port,
        "pid": seen.pid,
        "is_ready": seen.is_ready,
        "detail": seen.detail,
        "observed_at": seen.observed_at,
    }
    session.execute(
        insert(ObservationRow)
        .values(name=seen.name, **values)
        .on_conflict_do_update(index_elements=["name"], set_=values, where=ObservationRow.generation <= seen.generation)
    )


def record_of(row: EndpointRow, seen: Observation | None) -> EndpointRecord:
    """Read a row, with the port where it was last seen."""
    return EndpointRecord(
        row.name,
        row.project,
        row.version,
        EndpointMode(row.mode),
        Digest(row.model_digest) if row.model_digest else None,
        row.package,
        row.generation,
        seen.port if seen else None,
        row.conditions,
        row.safe_from,
    )


def _point(shelf: Shelf, event: Event, said: ModelReleased | EndpointLed | EndpointLimited) -> EndpointRow:
    row = shelf.get(EndpointRow, event.subject_id)
    if row is None:
        row = EndpointRow(name=event.subject_id, project=said.project, generation=0, safe_from=1)
        shelf.add(row)
    row.version, row.model_digest = said.version, said.model_digest
    row.mode, row.package = said.mode.value, dict(said.package)
    row.conditions = said.conditions.to_json()
    row.generation += 1
    row.updated_at = event.happened_at
    return row


def _to_safety(shelf: Shelf, event: Event, said: EndpointLed | EndpointLimited) -> None:
    """Nothing from before may answer again, even where what should answer now cannot be started."""
    row = _point(shelf, event, said)
    row.safe_from = row.generation


def _release(shelf: Shelf, event: Event, said: ModelReleased) -> None:
    _point(shelf, event, said)
    shelf.add(
        ReleaseRow(
            sequence=event.sequence,
            project=said.project,
            version=said.version,
            package=dict(said.package),
            dossier_digest=said.dossier_digest,
            project_digest=said.project_digest,
            policy_digest=said.policy_digest,
            authors=list(said.authors),
            run_id=said.run_id,
            released_at=event.happened_at,
        )
    )


PROJECTIONS: dict[Verb, Projection] = {
    Verb.RELEASE_MADE: _release,
    Verb.ENDPOINT_RESTORED: _release,
    Verb.ENDPOINT_FELL_BACK: _to_safety,
    Verb.ENDPOINT_LIMITED: _to_safety,
    Verb.ENDPOINT_STOPPED: _to_safety,
}
