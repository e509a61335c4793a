"""Notify: an incident opens, and the plan's people are paged."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.runtime import flow_run

from flywheel.domain.incidents import IncidentSeverity, group_key, headline
from flywheel.domain.monitoring import Action, broken_columns, in_turn
from flywheel.errors import counted
from flywheel.services.incidents import incidents
from flywheel.services.watching import windows
from tasks.shapes import Acted, Due, JudgedWindow, Window
from tasks.workbench import workbench

COLUMNS_TOLD = 3
REASONS_TOLD = 4


def signs_of(judged: JudgedWindow) -> tuple[str, ...]:
    """Name what rings in a window, and in which columns each, without figures: the next window has others."""
    rung = {
        f"{alarm['watch']}: {alarm['action']}{about_column}"
        for alarm in judged["alarms"]
        for about_column in ([f" about {name}" for name in alarm["columns"]] or [""])
    }
    return tuple(sorted({*rung, *(f"column {name}" for name in judged["columns"])}))


def about(judged: JudgedWindow) -> str:
    """Name the columns that broke, some of many: whoever reads a title alone knows where to look."""
    names = sorted(broken_columns(judged["columns"]))
    more = len(names) - COLUMNS_TOLD
    others = f" and {counted(more, 'other column')}" if more > 0 else ""
    return f" about {', '.join(names[:COLUMNS_TOLD])}{others}" if names else ""


@task(cache_policy=NO_CACHE, retries=2, retry_delay_seconds=1)
def notify(due: Due, window: Window, judged: JudgedWindow, acted: Acted) -> str:
    """Open one incident for all that rang in a window, or add to the one that is open; the outbox brings the page."""
    bench = workbench()
    _, loaded = bench.registered(due["project"], due["project_digest"])
    rung = sorted(judged["alarms"], key=lambda alarm: list(Action).index(Action(alarm["action"])), reverse=True)
    reasons = in_turn(alarm["reasons"] for alarm in rung)
    watches = dict.fromkeys(alarm["watch"] for alarm in rung)
    more = len(reasons) - REASONS_TOLD
    left_out = [f"{counted(more, 'other reason')}: `flywheel windows {due['project']} --all`."] if more > 0 else []
    incident = incidents.open_incident(
        bench.catalog,
        incidents.Sighting(
            project=due["project"],
            key=group_key(due["project"], "traffic"),
            severity=IncidentSeverity.PAGE,
            title=headline(loaded.charter.title, f"{', '.join(watches)} alarm{about(judged)}"),
            cause=" ".join([*reasons[:REASONS_TOLD], *left_out]),
            consequence=None if acted["at_stake_per_day"] is None else Decimal(acted["at_stake_per_day"]),
            actions=tuple(acted["actions"]),
            evidence=judged["evidence"],
            run_id=str(flow_run.get_id()),
            signs=signs_of(judged),
            version=window["version"],
            window_from=datetime.fromisoformat(judged["start_at"]),
            window_until=datetime.fromisoformat(window["end_at"]),
        ),
        channels=windows.plan_of(loaded).page,
        actor="flow:monitoring",
    )
    return incident.id
