"""Experiments: every candidate that was trained, with the rows that it was ranked on by the business KPI."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import Index, Select, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from flywheel.catalog.base import Base, Document, Projection
from flywheel.catalog.shelf import Shelf
from flywheel.domain.digests import Digest, Json, plain
from flywheel.domain.events import Event, Verb
from flywheel.domain.forms import read
from flywheel.domain.payloads.making import ExperimentRecorded
from flywheel.domain.splits import SplitFacts
from flywheel.errors import NotFound


class ExperimentRow(Base):
    """One candidate."""

    __tablename__ = "experiment"
    __table_args__ = (Index("ix_experiment_board", "project", "chosen_on"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    project: Mapped[str]
    run_id: Mapped[str]
    recipe: Mapped[Document]
    mlflow_run_id: Mapped[str]
    model_digest: Mapped[str]
    dataset_digest: Mapped[str]
    kpi: Mapped[Decimal]
    kpi_low: Mapped[Decimal]
    kpi_high: Mapped[Decimal]
    metrics: Mapped[Document]
    made_with: Mapped[Document]
    split: Mapped[Document]
    chosen_on: Mapped[str]
    seconds: Mapped[float]
    recorded_at: Mapped[datetime]
    sequence: Mapped[int]


@dataclass(frozen=True)
class ExperimentRecord:
    """A candidate in its project."""

    id: str
    project: str
    run_id: str
    recipe: Mapping[str, Json]
    mlflow_run_id: str
    model_digest: Digest
    dataset_digest: Digest
    kpi: Decimal
    kpi_low: Decimal
    kpi_high: Decimal
    metrics: Mapping[str, float]
    seconds: float
    recorded_at: datetime
    made_with: Mapping[str, Json]
    split: SplitFacts
    sequence: int


def find_experiment(session: Session, experiment_id: str) -> ExperimentRecord | None:
    """Look an experiment up."""
    row = session.get(ExperimentRow, experiment_id)
    return record_of(row) if row else None


def read_experiment(session: Session, experiment_id: str) -> ExperimentRecord:
    """Read an experiment that must be there."""
    found = find_experiment(session, experiment_id)
    if found is None:
        raise NotFound("there is no such experiment", found=experiment_id, next_step="record the experiment first")
    return found


def read_board(
    session: Session, beside: ExperimentRecord, *, before: int | None = None
) -> tuple[ExperimentRecord, ...]:
    """List the candidates that were measured on the very rows of one of them, the most valuable first.

    `before` leaves out what came into the record at or after a place in it.
    """
    query = _known(beside, before).where(ExperimentRow.chosen_on == beside.split.chosen_on)
    return tuple(record_of(row) for row in session.scalars(query.order_by(ExperimentRow.kpi.desc(), ExperimentRow.id)))


def read_apart(
    session: Session, beside: ExperimentRecord, *, before: int, at_most: int
) -> tuple[ExperimentRecord, ...]:
    """List the latest candidates that were measured on other rows or in other money, the newest first."""
    query = _known(beside, before).where(ExperimentRow.chosen_on != beside.split.chosen_on)
    return tuple(
        record_of(row) for row in session.scalars(query.order_by(ExperimentRow.sequence.desc()).limit(at_most))
    )


def _known(beside: ExperimentRecord, before: int | None) -> Select[tuple[ExperimentRow]]:
    query = select(ExperimentRow).where(ExperimentRow.project == beside.project)
    return query if before is None else query.where(ExperimentRow.sequence < before)


def record_of(row: ExperimentRow) -> ExperimentRecord:
    """Read a row."""
    return ExperimentRecord(
        id=row.id,
        project=row.project,
        run_id=row.run_id,
        recipe=row.recipe,
        mlflow_run_id=row.mlflow_run_id,
        model_digest=Digest(row.model_digest),
        dataset_digest=Digest(row.dataset_digest),
        kpi=row.kpi,
        kpi_low=row.kpi_low,
        kpi_high=row.kpi_high,
        metrics={name: float(value) for name, value in row.metrics.items() if isinstance(value, int | float)},
        seconds=row.seconds,
        recorded_at=row.recorded_at,
        made_with=row.made_with,
        split=read(SplitFacts, row.split),
        sequence=row.sequence,
    )


def _record(shelf: Shelf, event: Event, said: ExperimentRecorded) -> None:
    split = plain(said.split)
    assert isinstance(split, dict)
    shelf.add(
        ExperimentRow(
            id=event.subject_id,
            project=said.project,
            run_id=said.run_id,
            recipe=dict(said.recipe),
            mlflow_run_id=said.mlflow_run_id,
            model_digest=said.model_digest,
            dataset_digest=said.dataset_digest,
            kpi=said.kpi,
            kpi_low=said.kpi_low,
            kpi_high=said.kpi_high,
            metrics=dict(said.metrics),
            made_with=dict(said.made_with),
            split=split,
            chosen_on=said.split.chosen_on,
            seconds=float(said.seconds),
            recorded_at=event.happened_at,
            sequence=event.sequence,
        )
    )


PROJECTIONS: dict[Verb, Projection] = {Verb.EXPERIMENT_RECORDED: _record}
