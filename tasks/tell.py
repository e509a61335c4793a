"""Tell: what acts on nothing and people must know all the same opens an incident, once for each kind."""

from __future__ import annotations

from datetime import datetime

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.runtime import flow_run

from flywheel.domain.incidents import IncidentSeverity, group_key, headline
from flywheel.domain.monitoring import WindowState
from flywheel.services.incidents import incidents
from flywheel.services.watching import windows
from tasks.shapes import Due, Window
from tasks.workbench import workbench

LATE, CLOCKS, FLOOD, STUCK = "late", "clocks", "flood", "stuck"
TITLES = {
    WindowState.SILENT.value: "traffic has stopped",
    WindowState.UNJUDGEABLE.value: "traffic could not be judged",
    LATE: "rows came after their window was judged",
    CLOCKS: "the times that callers send cannot be right",
    FLOOD: "one case or one entity keeps repeating",
    STUCK: "the feed seems to be stuck, or a look-up fails",
}
FEED = "a column has no values any more"


@task(cache_policy=NO_CACHE, retries=2, retry_delay_seconds=1)
def tell(due: Due, kind: str, telling: str, window: Window | None = None) -> str:
    """Open an incident, or let it recur; a feed that died or is stuck wakes people, what was not judged does not."""
    bench = workbench()
    _, loaded = bench.registered(due["project"], due["project_digest"])
    is_about_rows = kind in {WindowState.UNJUDGEABLE.value, LATE, FLOOD}
    incident = incidents.open_incident(
        bench.catalog,
        incidents.Sighting(
            project=due["project"],
            key=group_key(due["project"], kind if kind in TITLES else "feed"),
            severity=IncidentSeverity.NOTICE if is_about_rows else IncidentSeverity.PAGE,
            title=headline(loaded.charter.title, TITLES.get(kind, FEED)),
            cause=telling,
            consequence=None,
            actions=(f"`flywheel windows {due['project']}` lists what was found",),
            evidence={},
            run_id=str(flow_run.get_id()),
            version=window["version"] if window else None,
            window_from=datetime.fromisoformat(window["start_at"]) if window else None,
            window_until=datetime.fromisoformat(window["end_at"]) if window else None,
        ),
        channels=windows.plan_of(loaded).page,
        actor="flow:monitoring",
    )
    return incident.id
