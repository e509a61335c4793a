"""Health of what serves: one row for every window of traffic that was judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Mapped, Session, mapped_column

from flywheel.catalog.base import Base, Document, Projection
from flywheel.domain.digests import Json
from flywheel.domain.events import Event, Verb


class HealthRow(Base):
    """One judged window."""

    __tablename__ = "health"

    project: Mapped[str] = mapped_column(primary_key=True)
    window_start_at: Mapped[datetime] = mapped_column(primary_key=True)
    window_end_at: Mapped[datetime] = mapped_column(primary_key=True)
    rows: Mapped[int]
    signals: Mapped[Document]
    verdicts: Mapped[Document]
    run_id: Mapped[str]
    recorded_at: Mapped[datetime]


@dataclass(frozen=True)
class HealthRecord:
    """One judged window."""

    project: str
    window_start_at: datetime
    window_end_at: datetime
    rows: int
    signals: Mapping[str, Json]
    verdicts: Mapping[str, Json]
    run_id: str
    recorded_at: datetime


def find_window(session: Session, *, project: str, start_at: datetime, end_at: datetime) -> HealthRecord | None:
    """Find a window that was judged already."""
    row = session.get(HealthRow, (project, start_at, end_at))
    return _record_of(row) if row else None


def read_windows(session: Session, *, project: str, limit: int) -> tuple[HealthRecord, ...]:
    """List judged windows, the newest first."""
    rows = session.scalars(
        select(HealthRow)
        .where(HealthRow.project == project)
        .order_by(HealthRow.window_end_at.desc(), HealthRow.window_start_at.desc())
        .limit(limit)
    )
    return tuple(_record_of(row) for row in rows)


def _record_of(row: HealthRow) -> HealthRecord:
    return HealthRecord(
        row.project,
        row.window_start_at,
        row.window_end_at,
        row.rows,
        row.signals,
        row.verdicts,
        row.run_id,
        row.recorded_at,
    )


def _record(session: Session, event: Event) -> None:
    said = event.payload
    rows, signals, verdicts = said["rows"], said["signals"], said["verdicts"]
    assert isinstance(rows, int)
    assert isinstance(signals, dict)
    assert isinstance(verdicts, dict)
    session.add(
        HealthRow(
            project=event.subject_id,
            window_start_at=datetime.fromisoformat(str(said["window_start"])),
            window_end_at=datetime.fromisoformat(str(said["window_end"])),
            rows=rows,
            signals=signals,
            verdicts=verdicts,
            run_id=str(said["run_id"]),
            recorded_at=event.happened_at,
        )
    )


PROJECTIONS: dict[Verb, Projection] = {Verb.HEALTH_RECORDED: _record}
