"""Record how a window of traffic looked, so that it is judged once and never forgotten."""

from __future__ import annotations

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.runtime import flow_run

from flywheel.services import health
from tasks.judge_window import stretch_of
from tasks.shapes import Due, JudgedWindow, Window
from tasks.workbench import workbench


@task(cache_policy=NO_CACHE, retries=2, retry_delay_seconds=1)
def record_window(due: Due, window: Window, judged: JudgedWindow) -> None:
    """Write the window's health row."""
    stretch = stretch_of(window)
    health.record_health(
        workbench().catalog,
        project=due["project"],
        window_start=stretch.start_at,
        window_end=stretch.end_at,
        rows=judged["rows"],
        signals={alarm["watch"]: alarm["action"] for alarm in judged["alarms"]},
        verdicts=judged["verdicts"],
        run_id=str(flow_run.get_id()),
        actor="flow:monitoring",
    )
