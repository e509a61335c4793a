"""Health of what serves: one row for every window of traffic that was judged, by who answered it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Mapped, Session, mapped_column

from flywheel.catalog.base import Base, Document, Projection
from flywheel.catalog.shelf import Shelf, get_one
from flywheel.domain.digests import Json
from flywheel.domain.events import Event, Verb
from flywheel.domain.monitoring import WindowState
from flywheel.domain.payloads.serving import HealthRecorded, RowsCameLate


class HealthRow(Base):
    """One judged window: a stretch of the traffic that one version answered, by itself or by its rule."""

    __tablename__ = "health"

    project: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[str] = mapped_column(primary_key=True)
    served_by: Mapped[str] = mapped_column(primary_key=True)
    window_start_at: Mapped[datetime] = mapped_column(primary_key=True)
    window_end_at: Mapped[datetime] = mapped_column(primary_key=True)
    state: Mapped[str]
    rows: Mapped[int]
    late_rows: Mapped[int]
    words: Mapped[str]
    signals: Mapped[Document]
    verdicts: Mapped[Document]
    columns: Mapped[Document]
    run_id: Mapped[str]
    recorded_at: Mapped[datetime]


_NEWEST = (HealthRow.window_end_at.desc(), HealthRow.window_start_at.desc(), HealthRow.version, HealthRow.served_by)


@dataclass(frozen=True)
class Part:
    """A stretch of the traffic that one version answered, by its model or its rule; up to but not including its end."""

    version: str
    served_by: str
    start_at: datetime
    end_at: datetime

    @property
    def answerer(self) -> str:
        """Name who answered."""
        return self.version if self.served_by == "model" else f"the {self.served_by} of {self.version}"


@dataclass(frozen=True)
class HealthRecord:
    """One judged window."""

    project: str
    version: str
    served_by: str
    window_start_at: datetime
    window_end_at: datetime
    state: WindowState
    rows: int
    late_rows: int
    """Rows that came after it was judged, and that nobody has judged."""
    words: str
    signals: Mapping[str, Json]
    verdicts: Mapping[str, Json]
    columns: Mapping[str, Json]
    """The states of those columns of which not all is well."""
    run_id: str
    recorded_at: datetime

    @property
    def part(self) -> Part:
        """Which traffic it was."""
        return Part(self.version, self.served_by, self.window_start_at, self.window_end_at)


def find_window(session: Session, *, project: str, part: Part) -> HealthRecord | None:
    """Find a window that was judged already."""
    row = session.get(HealthRow, _key(project, part), populate_existing=True)
    return _record_of(row) if row else None


def read_windows(
    session: Session, *, project: str, limit: int, version: str | None = None, served_by: str | None = None
) -> tuple[HealthRecord, ...]:
    """List judged windows, the newest first."""
    query = select(HealthRow).where(HealthRow.project == project)
    if version is not None:
        query = query.where(HealthRow.version == version, HealthRow.served_by == served_by)
    return tuple(_record_of(row) for row in session.scalars(query.order_by(*_NEWEST).limit(limit)))


def read_late_windows(session: Session, *, project: str) -> tuple[HealthRecord, ...]:
    """List the windows with rows that nobody has looked at, the newest first."""
    query = select(HealthRow).where(HealthRow.project == project, HealthRow.late_rows > 0)
    return tuple(_record_of(row) for row in session.scalars(query.order_by(*_NEWEST)))


def _key(project: str, part: Part) -> tuple[str, str, str, datetime, datetime]:
    return project, part.version, part.served_by, part.start_at, part.end_at


def _record_of(row: HealthRow) -> HealthRecord:
    return HealthRecord(
        row.project,
        row.version,
        row.served_by,
        row.window_start_at,
        row.window_end_at,
        WindowState(row.state),
        row.rows,
        row.late_rows,
        row.words,
        row.signals,
        row.verdicts,
        row.columns,
        row.run_id,
        row.recorded_at,
    )


def _record(shelf: Shelf, event: Event, said: HealthRecorded) -> None:
    shelf.add(
        HealthRow(
            project=event.subject_id,
            version=said.version,
            served_by=said.served_by,
            window_start_at=said.start_at,
            window_end_at=said.end_at,
            state=said.state.value,
            rows=said.rows,
            late_rows=0,
            words=said.words,
            signals=dict(said.signals),
            verdicts=dict(said.verdicts),
            columns=dict(said.columns),
            run_id=said.run_id,
            recorded_at=event.happened_at,
        )
    )


def _count_late(shelf: Shelf, event: Event, said: RowsCameLate) -> None:
    part = Part(said.version, said.served_by, said.start_at, said.end_at)
    get_one(shelf, HealthRow, *_key(event.subject_id, part)).late_rows = said.late_rows


PROJECTIONS: dict[Verb, Projection] = {Verb.HEALTH_RECORDED: _record, Verb.HEALTH_ROWS_CAME_LATE: _count_late}
