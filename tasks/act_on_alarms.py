"""Act on alarms: the safest thing that the plan asks for, at once and without asking."""

from __future__ import annotations

from datetime import timedelta

from prefect import task
from prefect.cache_policies import NO_CACHE

from flywheel.domain.monitoring import Action, broken_columns
from flywheel.services.watching import alarms
from flywheel.services.watching.alarms import Decided
from tasks.judge_window import part_of
from tasks.shapes import Acted, Due, JudgedWindow, Window
from tasks.workbench import workbench


@task(cache_policy=NO_CACHE, retries=2, retry_delay_seconds=1)
def act_on_alarms(due: Due, window: Window, judged: JudgedWindow) -> Acted:
    """Carry out the plan's actions against what answered; going to safety needs nobody's approval."""
    catalog, project, part = workbench().catalog, due["project"], part_of(window)
    wanted = {Action(alarm["action"]) for alarm in judged["alarms"]}
    reason = "; ".join(alarm["reasons"][0] for alarm in judged["alarms"])
    decided = Decided(judged["decided"], judged["cases"], timedelta(seconds=judged["answered_seconds"]))
    at_stake = alarms.at_stake_per_day(
        catalog, project=project, version=part.version, served_by=part.served_by, decided=decided
    )
    done = alarms.carry_out(
        catalog,
        project=project,
        version=part.version,
        served_by=part.served_by,
        wanted=wanted,
        reason=reason,
        window=window["start_at"],
        broken=broken_columns(judged["columns"]),
    )
    return Acted(actions=list(done), at_stake_per_day=None if at_stake is None else str(at_stake))
