"""Health: every judged window of traffic in the record, and what came after it was judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from flywheel.catalog.engine import Catalog, UnitOfWork
from flywheel.catalog.health import HealthRecord, Part, find_window, read_late_windows, read_windows
from flywheel.catalog.project import lock_project
from flywheel.domain.digests import Json
from flywheel.domain.events import Draft, SubjectKind, Verb
from flywheel.domain.monitoring import WindowState
from flywheel.domain.payloads.serving import HealthRecorded, RowsCameLate
from flywheel.errors import InputRefused, NotFound

__all__ = ["Found", "HealthRecord", "Part", "latest", "list_health", "list_shown", "record_health", "record_late"]


@dataclass(frozen=True)
class Found:
    """What was found in a window."""

    state: WindowState
    rows: int
    words: str = ""
    signals: Mapping[str, Json] = field(default_factory=dict)
    """What rang and what was to be done, with every reason."""
    verdicts: Mapping[str, Json] = field(default_factory=dict)
    columns: Mapping[str, Json] = field(default_factory=dict)


def record_health(catalog: Catalog, *, project: str, part: Part, found: Found, run_id: str, actor: str) -> HealthRecord:
    """Keep how a window was judged; a window is judged once, and so is what two runs at a time cut differently."""
    if not part.start_at < part.end_at:
        raise InputRefused("a window must end after it begins", found=f"{part.start_at} to {part.end_at}")
    with catalog.begin() as work:
        row = lock_project(work.session, project)
        known = find_window(work.session, project=project, part=part) or _judged_already(work, project, part)
        if known is not None:
            return known
        said = HealthRecorded(**vars(part), **vars(found), run_id=run_id)
        work.append(Draft(Verb.HEALTH_RECORDED, actor, SubjectKind.PROJECT, project, row.project_digest, said))
        kept = find_window(work.session, project=project, part=part)
        assert kept is not None
        return kept


def record_late(catalog: Catalog, *, project: str, part: Part, late_rows: int, actor: str) -> HealthRecord:
    """Keep how many rows came after a window was judged; the same count again changes nothing."""
    with catalog.begin() as work:
        row = lock_project(work.session, project)
        known = find_window(work.session, project=project, part=part)
        if known is None:
            raise NotFound("no such window was judged", found=f"{part.start_at} to {part.end_at}")
        if known.late_rows >= late_rows:
            return known
        said = RowsCameLate(**vars(part), late_rows=late_rows)
        work.append(Draft(Verb.HEALTH_ROWS_CAME_LATE, actor, SubjectKind.PROJECT, project, row.project_digest, said))
        kept = find_window(work.session, project=project, part=part)
        assert kept is not None
        return kept


def latest(
    catalog: Catalog, *, project: str, version: str | None = None, served_by: str | None = None
) -> HealthRecord | None:
    """Read the last judged window, of who answered where that is named."""
    with catalog.begin() as work:
        found = read_windows(work.session, project=project, limit=1, version=version, served_by=served_by)
        return found[0] if found else None


def list_of(catalog: Catalog, *, project: str, version: str, served_by: str, limit: int) -> tuple[HealthRecord, ...]:
    """List the judged windows of one answerer, the newest first."""
    with catalog.begin() as work:
        return read_windows(work.session, project=project, limit=limit, version=version, served_by=served_by)


def list_health(catalog: Catalog, *, project: str, limit: int = 50) -> tuple[HealthRecord, ...]:
    """List judged windows, the newest first."""
    with catalog.begin() as work:
        return read_windows(work.session, project=project, limit=limit)


def list_shown(catalog: Catalog, *, project: str, limit: int) -> tuple[HealthRecord, ...]:
    """List the newest windows, and of the older ones those with rows that nobody has looked at."""
    with catalog.begin() as work:
        newest = read_windows(work.session, project=project, limit=limit)
        late = read_late_windows(work.session, project=project)
    return (*newest, *(one for one in late if one not in newest))


def _judged_already(work: UnitOfWork, project: str, part: Part) -> HealthRecord | None:
    """Find a window of the same answerer that holds some of these rows, but for one that goes on into this."""
    newest = read_windows(work.session, project=project, limit=1, version=part.version, served_by=part.served_by)
    return next(
        (
            one
            for one in newest
            if one.window_start_at < part.end_at
            and part.start_at < one.window_end_at
            and one.state is not WindowState.INSUFFICIENT
        ),
        None,
    )
