"""Reproductions: every attempt to make a version again, the latest of which is its badge."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Index, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from flywheel.catalog.base import Base, Document, Projection
from flywheel.catalog.shelf import Shelf
from flywheel.domain.digests import Json, plain
from flywheel.domain.events import Event, Verb
from flywheel.domain.payloads.making import ReproductionRecorded
from flywheel.domain.reproduction import TOLERANCE, ReproductionState


class ReproductionRow(Base):
    """One attempt."""

    __tablename__ = "reproduction"
    __table_args__ = (Index("ix_reproduction_version", "version", "sequence"),)

    sequence: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    version: Mapped[str]
    model_digest: Mapped[str]
    state: Mapped[str]
    badge: Mapped[Document]
    made_by: Mapped[str]
    made_at: Mapped[datetime]


@dataclass(frozen=True)
class ReproductionRecord:
    """One attempt, by whom and when."""

    version: str
    state: ReproductionState
    badge: Mapping[str, Json]
    made_by: str
    made_at: datetime

    @property
    def tolerance(self) -> float:
        """By how much a chance was allowed to differ."""
        return float(str(self.badge.get("tolerance", "inf")))

    @property
    def counts(self) -> bool:
        """Whether a policy is content with it; whoever asked may have allowed more than the policy does."""
        return self.state is ReproductionState.PASSED and self.tolerance <= TOLERANCE


def latest_reproduction(session: Session, version: str) -> ReproductionRecord | None:
    """Find the last attempt to make a version again."""
    row = session.scalar(
        select(ReproductionRow)
        .where(ReproductionRow.version == version)
        .order_by(ReproductionRow.sequence.desc())
        .limit(1)
    )
    if row is None:
        return None
    return ReproductionRecord(row.version, ReproductionState(row.state), row.badge, row.made_by, row.made_at)


def _record(shelf: Shelf, event: Event, said: ReproductionRecorded) -> None:
    badge = plain(said.badge)
    assert isinstance(badge, dict)
    shelf.add(
        ReproductionRow(
            sequence=event.sequence,
            version=event.subject_id,
            model_digest=event.subject_digest,
            state=said.badge.state.value,
            badge=badge,
            made_by=event.actor,
            made_at=event.happened_at,
        )
    )


PROJECTIONS: dict[Verb, Projection] = {Verb.REPRODUCTION_RECORDED: _record}
