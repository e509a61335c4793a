"""Looks at the test rows: which candidate met which of them, when, at whose wish, and what came out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import Index, Select, exists, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from flywheel.catalog.base import Base, Document, Projection
from flywheel.catalog.endpoint import read_releases
from flywheel.catalog.experiment import ExperimentRow
from flywheel.catalog.shelf import Shelf
from flywheel.domain.digests import Json
from flywheel.domain.events import Event, Verb
from flywheel.domain.payloads.making import LookTaken


class LookRow(Base):
    """One look; the same model on the same rows is one, however often it is asked."""

    __tablename__ = "test_look"
    __table_args__ = (Index("uq_test_look", "project", "judged_on", "model_digest", unique=True),)

    sequence: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    project: Mapped[str]
    model_digest: Mapped[str]
    rule: Mapped[str]
    judged_on: Mapped[str]
    figures: Mapped[Document]
    looked_by: Mapped[str]
    looked_at: Mapped[datetime]


@dataclass(frozen=True)
class Look:
    """One look: the figures of a model on test rows, and how many others had met these rows before."""

    figures: Mapping[str, Json]
    looked_by: str
    looked_at: datetime
    others_before: int
    """Models that met exactly these rows before: with each, the best of them looks better than it is."""
    otherwise_before: int
    """Looks at test rows parted or paid otherwise, over the project's whole life: as a rule they share rows."""
    since_release: int
    """Those of them that came after the project's last release."""
    elsewhere_before: int
    """Looks of other projects whose candidates were made from the very same table."""

    def money(self, whose: str) -> Decimal:
        """What the model (`kpi`) or the baseline (`naive`) brought for each unit there."""
        figure = self.figures[whose]
        assert isinstance(figure, dict)
        return Decimal(str(figure["value"]))


def find_look(session: Session, *, project: str, judged_on: str, model_digest: str, table: str) -> Look | None:
    """Find the look of a model at test rows of a table; no release and no other name makes earlier looks forgotten."""
    row = session.scalar(
        select(LookRow).where(
            LookRow.project == project,
            LookRow.judged_on == judged_on,
            LookRow.model_digest == model_digest,
        )
    )
    if row is None:
        return None
    before = (LookRow.project == project, LookRow.sequence < row.sequence)
    others = select(func.count(func.distinct(LookRow.model_digest))).where(
        *before, LookRow.model_digest != model_digest, LookRow.judged_on == judged_on
    )
    otherwise = select(func.count()).where(*before, LookRow.judged_on != judged_on)
    released = (one.sequence for one in read_releases(session, project) if one.sequence < row.sequence)
    return Look(
        figures=row.figures,
        looked_by=row.looked_by,
        looked_at=row.looked_at,
        others_before=session.scalar(others) or 0,
        otherwise_before=session.scalar(otherwise) or 0,
        since_release=session.scalar(otherwise.where(LookRow.sequence > next(released, 0))) or 0,
        elsewhere_before=session.scalar(_elsewhere(row, table)) or 0,
    )


def _elsewhere(row: LookRow, table: str) -> Select[tuple[int]]:
    made_from_it = exists().where(
        ExperimentRow.project == LookRow.project,
        ExperimentRow.model_digest == LookRow.model_digest,
        ExperimentRow.dataset_digest == table,
    )
    return select(func.count()).where(LookRow.project != row.project, LookRow.sequence < row.sequence, made_from_it)


def _record(shelf: Shelf, event: Event, said: LookTaken) -> None:
    shelf.add(
        LookRow(
            sequence=event.sequence,
            project=said.project,
            model_digest=event.subject_digest,
            rule=said.rule,
            judged_on=said.judged_on,
            figures=dict(said.figures),
            looked_by=event.actor,
            looked_at=event.happened_at,
        )
    )


PROJECTIONS: dict[Verb, Projection] = {Verb.EXPERIMENT_MET_TEST_ROWS: _record}
