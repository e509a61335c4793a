"""Record how a window of traffic looked, so that it is judged once and never forgotten."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.runtime import flow_run

from flywheel.domain.digests import Json, plain
from flywheel.domain.monitoring import WindowState
from flywheel.services.watching import health
from flywheel.services.watching.health import Found
from tasks.judge_window import part_of
from tasks.shapes import Due, JudgedWindow, Window
from tasks.workbench import workbench


@task(cache_policy=NO_CACHE, retries=2, retry_delay_seconds=1)
def record_window(due: Due, window: Window, judged: JudgedWindow, started_by: str) -> None:
    """Write the window's health row, under the name of whoever had it judged."""
    health.record_health(
        workbench().catalog,
        project=due["project"],
        part=replace(part_of(window), start_at=datetime.fromisoformat(judged["start_at"])),
        found=Found(
            state=WindowState(judged["state"]),
            rows=judged["rows"],
            words="; ".join(said for said in (judged["words"], judged["waiting"]) if said),
            signals=_signals(judged),
            verdicts=judged["verdicts"],
            columns=judged["columns"],
        ),
        run_id=str(flow_run.get_id()),
        actor=started_by or "flow:monitoring",
    )


def _signals(judged: JudgedWindow) -> dict[str, Json]:
    """Give every reason for which something rang or was kept back, by what it came to."""
    rang = {f"{alarm['watch']}: {alarm['action']}": plain(alarm["reasons"]) for alarm in judged["alarms"]}
    return rang | ({"kept back: nothing": plain(judged["kept_back"])} if judged["kept_back"] else {})
