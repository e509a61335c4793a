"""Health: every judged window of traffic in the record."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from flywheel.catalog.engine import Catalog
from flywheel.catalog.health import HealthRecord, find_window, read_windows
from flywheel.catalog.project import lock_project
from flywheel.domain.digests import Json, plain
from flywheel.domain.events import Draft, SubjectKind, Verb
from flywheel.errors import InputRefused

__all__ = ["HealthRecord", "latest", "list_health", "record_health"]


def record_health(
    catalog: Catalog,
    *,
    project: str,
    window_start: datetime,
    window_end: datetime,
    rows: int,
    signals: Mapping[str, Json],
    verdicts: Mapping[str, Json],
    run_id: str,
    actor: str,
) -> HealthRecord:
    """Keep how a window was judged; a window is judged once."""
    if not window_start < window_end:
        raise InputRefused("a window must end after it begins", found=f"{window_start} to {window_end}")
    with catalog.begin() as work:
        row = lock_project(work.session, project)
        known = find_window(work.session, project=project, start_at=window_start, end_at=window_end)
        if known is not None:
            return known
        said: dict[str, Json] = {
            "window_start": plain(window_start),
            "window_end": plain(window_end),
            "rows": rows,
            "signals": plain(signals),
            "verdicts": plain(verdicts),
            "run_id": run_id,
        }
        work.append(Draft(Verb.HEALTH_RECORDED, actor, SubjectKind.PROJECT, project, row.project_digest, said))
        found = find_window(work.session, project=project, start_at=window_start, end_at=window_end)
        assert found is not None
        return found


def latest(catalog: Catalog, *, project: str) -> HealthRecord | None:
    """Read the last judged window."""
    return next(iter(list_health(catalog, project=project, limit=1)), None)


def list_health(catalog: Catalog, *, project: str, limit: int = 50) -> tuple[HealthRecord, ...]:
    """List judged windows, the newest first."""
    with catalog.begin() as work:
        return read_windows(work.session, project=project, limit=limit)
