"""Find the windows of traffic that nobody has judged yet."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime

from prefect import task
from prefect.cache_policies import NO_CACHE

from flywheel.project.reading.moments import told_moment
from flywheel.services.modelling import versions
from flywheel.services.serving import endpoints
from flywheel.services.watching import backlog, windows
from flywheel.services.watching.windows import DueWindow
from tasks.shapes import Due, Window
from tasks.tags import tag_run
from tasks.workbench import workbench


@task(cache_policy=NO_CACHE)
def due_windows(project: str, until: str, is_early: bool = False) -> Due:  # noqa: FBT001, FBT002  a form's field
    """Name every whole window up to a time by who answered in it, those included in which nobody asked.

    Where somebody wants it early, the one under way is named too, up to that time.
    """
    bench = workbench()
    _, submitted = bench.registered(project)
    loaded = bench.signed(project) or submitted
    champion = versions.champion(bench.catalog, project=project)
    tag_run(project=project, charter=loaded.digest, version=champion.id if champion else "")
    now = datetime.now(UTC)
    end = end_of(until, now=now)
    live = endpoints.live_stretches(bench.catalog, name=project)
    found = windows.due(
        bench.catalog, loaded, live=live, settings=bench.settings, until=end, now=now, is_early=is_early
    )
    over = backlog.over(bench.catalog, loaded, live=live, settings=bench.settings, until=end, is_early=is_early)
    known = {record.id for record in versions.list_versions(bench.catalog, project=project)}
    return Due(
        project=project,
        project_digest=loaded.digest,
        windows=[_window(one, known) for one in found],
        waits=windows.next_over(bench.catalog, loaded, settings=bench.settings, now=end),
        left=backlog.left_told(project, over, until=until),
    )


def end_of(until: str, *, now: datetime) -> datetime:
    """Read up to when traffic is judged; a time without a zone is meant in UTC."""
    return told_moment(until) if until else now


def _window(one: DueWindow, known: Collection[str]) -> Window:
    part = one.part
    return Window(
        version=part.version,
        served_by=part.served_by,
        start_at=part.start_at.isoformat(),
        end_at=part.end_at.isoformat(),
        rows=one.rows,
        is_known=part.version in known,
    )
