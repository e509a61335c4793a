"""Find the windows of traffic that nobody has judged yet."""

from __future__ import annotations

from datetime import UTC, datetime

from prefect import task
from prefect.cache_policies import NO_CACHE

from flywheel.services import versions, windows
from tasks.shapes import Due, Window
from tasks.tags import tag_run
from tasks.workbench import workbench


@task(cache_policy=NO_CACHE)
def due_windows(project: str, until: str) -> Due:
    """Name every whole window up to a time, oldest first, and the version that answered in them."""
    bench = workbench()
    _, loaded = bench.registered(project)
    champion = versions.champion(bench.catalog, project=project)
    tag_run(project=project, charter=loaded.digest, version=champion.id if champion else "")
    found = windows.due(bench.catalog, loaded, settings=bench.settings, until=end_of(until)) if champion else ()
    return Due(
        project=project,
        project_digest=loaded.digest,
        version=champion.id if champion else "",
        windows=[Window(start_at=one.start_at.isoformat(), end_at=one.end_at.isoformat()) for one in found],
    )


def end_of(until: str) -> datetime:
    """Read up to when traffic is judged; a time without a zone is meant in UTC."""
    end = datetime.fromisoformat(until) if until else datetime.now(UTC)
    return end if end.tzinfo else end.replace(tzinfo=UTC)
