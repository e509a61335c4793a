"""Broken glass: releases that a person took upon themselves before the quorum was there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from flywheel.catalog.base import Base, Projection
from flywheel.catalog.shelf import Shelf
from flywheel.domain.digests import Digest
from flywheel.domain.events import Event, Verb
from flywheel.domain.payloads.approval import GlassBroken


class GlassRow(Base):
    """One broken glass; a version's is broken once."""

    __tablename__ = "broken_glass"
    __table_args__ = (UniqueConstraint("version"),)

    sequence: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    project: Mapped[str]
    version: Mapped[str]
    dossier_digest: Mapped[str]
    person: Mapped[str]
    witness: Mapped[str]
    reason: Mapped[str]
    finding: Mapped[str]
    broken_at: Mapped[datetime]
    until_at: Mapped[datetime]


@dataclass(frozen=True)
class BrokenGlass:
    """Who broke it before whom, why, until when, and the finding that it opened."""

    version: str
    dossier_digest: Digest
    person: str
    witness: str
    reason: str
    finding: str
    broken_at: datetime
    until_at: datetime


def find_glass(session: Session, version: str) -> BrokenGlass | None:
    """Find whether the glass of a version was ever broken."""
    row = session.scalar(select(GlassRow).where(GlassRow.version == version))
    if row is None:
        return None
    digest = Digest(row.dossier_digest)
    return BrokenGlass(
        row.version, digest, row.person, row.witness, row.reason, row.finding, row.broken_at, row.until_at
    )


def _break(shelf: Shelf, event: Event, said: GlassBroken) -> None:
    shelf.add(
        GlassRow(
            sequence=event.sequence,
            project=said.project,
            version=event.subject_id,
            dossier_digest=event.subject_digest,
            person=said.person,
            witness=said.witness,
            reason=said.reason,
            finding=said.finding,
            broken_at=event.happened_at,
            until_at=said.until_at,
        )
    )


PROJECTIONS: dict[Verb, Projection] = {Verb.GLASS_BROKEN: _break}
