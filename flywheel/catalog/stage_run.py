"""Runs of stages: each attempt at a stage, by which Prefect run, and how it ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import takewhile

from sqlalchemy import Index, func, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from flywheel.catalog.base import Base, Document, Projection
from flywheel.catalog.shelf import Shelf, get_one
from flywheel.domain.digests import Json
from flywheel.domain.events import Event, Verb
from flywheel.domain.payloads.walk import (
    ProjectMoved,
    StageAbandoned,
    StageBegun,
    StageBlocked,
    StageEnded,
    StageWaiting,
)
from flywheel.domain.stages import Stage


class RunState(StrEnum):
    """How a stage's run stands."""

    RUNNING = "running"
    WAITING = "waiting"
    CONCLUDED = "concluded"
    SKIPPED = "skipped"
    BLOCKED = "blocked"
    ABANDONED = "abandoned"


AT_WORK = (RunState.RUNNING.value, RunState.WAITING.value)
OPENED = (RunState.CONCLUDED.value, RunState.SKIPPED.value)


class StageRunRow(Base):
    """One attempt at a stage; at most one is at work in a project."""

    __tablename__ = "stage_run"
    __table_args__ = (
        Index("uq_stage_run_at_work", "project", unique=True, postgresql_where=text("state IN ('running', 'waiting')")),
        Index("ix_stage_run_input", "project", "stage", "input_digest"),
    )

    project: Mapped[str] = mapped_column(primary_key=True)
    cycle: Mapped[int] = mapped_column(primary_key=True)
    stage: Mapped[str] = mapped_column(primary_key=True)
    attempt: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[str] = mapped_column(index=True)
    state: Mapped[str]
    input_digest: Mapped[str]
    project_digest: Mapped[str]
    output: Mapped[Document]
    detail: Mapped[str]
    actor: Mapped[str]
    begun_at: Mapped[datetime]
    begun_sequence: Mapped[int]
    ended_at: Mapped[datetime | None]
    ended_sequence: Mapped[int | None]


@dataclass(frozen=True)
class StageRun:
    """One attempt at a stage."""

    project: str
    stage: Stage
    cycle: int
    attempt: int
    run_id: str
    state: RunState
    input_digest: str
    project_digest: str
    output: Mapping[str, Json]
    detail: str
    begun_at: datetime
    ended_at: datetime | None


def run_at_work(session: Session, project: str) -> StageRun | None:
    """Find the run that is at work in a project."""
    row = session.scalar(select(StageRunRow).where(StageRunRow.project == project, StageRunRow.state.in_(AT_WORK)))
    return record_of(row) if row else None


def latest_of_run(session: Session, *, project: str, stage: Stage, run_id: str) -> StageRun | None:
    """Find the last attempt that a Prefect run made at a stage."""
    row = session.scalar(
        select(StageRunRow)
        .where(StageRunRow.project == project, StageRunRow.stage == stage, StageRunRow.run_id == run_id)
        .order_by(StageRunRow.cycle.desc(), StageRunRow.attempt.desc())
        .limit(1)
    )
    return record_of(row) if row else None


def latest_opened(session: Session, *, project: str, stage: Stage, input_digest: str | None = None) -> StageRun | None:
    """Find the last time that a stage ended well, at all or with these inputs."""
    query = select(StageRunRow).where(
        StageRunRow.project == project, StageRunRow.stage == stage, StageRunRow.state.in_(OPENED)
    )
    if input_digest is not None:
        query = query.where(StageRunRow.input_digest == input_digest)
    row = session.scalar(query.order_by(StageRunRow.ended_sequence.desc()).limit(1))
    return record_of(row) if row else None


def next_attempt(session: Session, *, project: str, cycle: int, stage: Stage) -> int:
    """Number the next attempt at a stage within a cycle."""
    last = session.scalar(
        select(func.max(StageRunRow.attempt)).where(
            StageRunRow.project == project, StageRunRow.cycle == cycle, StageRunRow.stage == stage
        )
    )
    return (last or 0) + 1


def deaths_before(session: Session, run: StageRun) -> int:
    """Count the attempts that died one after another just before this one; one that ended in words ends the count."""
    states = session.scalars(
        select(StageRunRow.state)
        .where(
            StageRunRow.project == run.project,
            StageRunRow.cycle == run.cycle,
            StageRunRow.stage == run.stage,
            StageRunRow.attempt < run.attempt,
        )
        .order_by(StageRunRow.attempt.desc())
    )
    return sum(1 for _ in takewhile(lambda state: state == RunState.ABANDONED, states))


def read_runs(session: Session, *, project: str, limit: int) -> tuple[StageRun, ...]:
    """List a project's attempts, the newest first."""
    rows = session.scalars(
        select(StageRunRow)
        .where(StageRunRow.project == project)
        .order_by(StageRunRow.begun_sequence.desc())
        .limit(limit)
    )
    return tuple(record_of(row) for row in rows)


def all_at_work(session: Session) -> tuple[StageRun, ...]:
    """List every run that is at work, for the reaper."""
    rows = session.scalars(select(StageRunRow).where(StageRunRow.state.in_(AT_WORK)).order_by(StageRunRow.project))
    return tuple(record_of(row) for row in rows)


def record_of(row: StageRunRow) -> StageRun:
    """Read a row."""
    return StageRun(
        row.project,
        Stage(row.stage),
        row.cycle,
        row.attempt,
        row.run_id,
        RunState(row.state),
        row.input_digest,
        row.project_digest,
        row.output,
        row.detail,
        row.begun_at,
        row.ended_at,
    )


def _begin(shelf: Shelf, event: Event, said: StageBegun) -> None:
    shelf.add(
        StageRunRow(
            project=event.subject_id,
            cycle=said.cycle,
            stage=said.stage.value,
            attempt=said.attempt,
            run_id=said.run_id,
            state=RunState.RUNNING.value,
            input_digest=said.input_digest,
            project_digest=said.project_digest,
            output={},
            detail="",
            actor=event.actor,
            begun_at=event.happened_at,
            begun_sequence=event.sequence,
        )
    )


def _wait(shelf: Shelf, event: Event, said: StageWaiting) -> None:
    row = _row(shelf, event, said)
    row.state, row.detail = RunState.WAITING.value, said.why


def _conclude(shelf: Shelf, event: Event, said: StageEnded) -> None:
    _move_on(_end(shelf, event, said, RunState.CONCLUDED), said)


def _skip(shelf: Shelf, event: Event, said: StageEnded) -> None:
    _move_on(_end(shelf, event, said, RunState.SKIPPED), said)


def _block(shelf: Shelf, event: Event, said: StageBlocked) -> None:
    row = _end(shelf, event, said, RunState.BLOCKED)
    row.output, row.detail = dict(said.output), "; ".join(said.reasons)


def _abandon(shelf: Shelf, event: Event, said: StageAbandoned) -> None:
    row = _end(shelf, event, said, RunState.ABANDONED)
    row.output, row.detail = {}, said.reason


def _move_on(row: StageRunRow, said: StageEnded) -> None:
    row.output, row.input_digest, row.detail = dict(said.output), said.input_digest, ""


def _end(shelf: Shelf, event: Event, said: StageEnded | StageBlocked | StageAbandoned, state: RunState) -> StageRunRow:
    row = _row(shelf, event, said)
    row.state, row.ended_at, row.ended_sequence = state.value, event.happened_at, event.sequence
    return row


def _sweep(shelf: Shelf, event: Event, _said: ProjectMoved) -> None:
    for row in (row for state in AT_WORK for row in shelf.find(StageRunRow, project=event.subject_id, state=state)):
        row.state, row.detail = RunState.ABANDONED.value, f"{event.verb.value} by {event.actor}"
        row.ended_at, row.ended_sequence = event.happened_at, event.sequence


def _row(shelf: Shelf, event: Event, said: StageWaiting | StageEnded | StageBlocked | StageAbandoned) -> StageRunRow:
    return get_one(shelf, StageRunRow, event.subject_id, said.cycle, said.stage.value, said.attempt)


PROJECTIONS: dict[Verb, Projection] = {
    Verb.STAGE_BEGUN: _begin,
    Verb.STAGE_WAITING: _wait,
    Verb.STAGE_CONCLUDED: _conclude,
    Verb.STAGE_SKIPPED: _skip,
    Verb.STAGE_BLOCKED: _block,
    Verb.STAGE_ABANDONED: _abandon,
    Verb.PROJECT_MOVED_BACK: _sweep,
    Verb.PROJECT_CLOSED_NULL: _sweep,
    Verb.PROJECT_RETIRED: _sweep,
}
