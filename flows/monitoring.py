"""Monitoring: what the endpoint saw, held against what its version was trained on; alarms act as the plan says."""

from __future__ import annotations

from datetime import datetime

from prefect import flow

from tasks.act_on_alarms import act_on_alarms
from tasks.due_windows import due_windows
from tasks.judge_window import judge_window
from tasks.notify import notify
from tasks.profile import profile
from tasks.record_window import record_window


@flow(name="monitoring", flow_run_name="{project}: monitoring")
def monitoring(project: str, until: datetime | None = None, thorough: bool = False) -> str:  # noqa: FBT001, FBT002  a form's field
    """Judge every window of traffic that has not been judged yet.

    Args:
        project: The project's short name, as registered.
        until: Judge traffic up to this time; empty: now. For looking back, or for replaying history.
        thorough: Let Evidently examine every window, not only those where our own examiners ring.
    """
    due = due_windows(project, until.isoformat() if until else "")
    if not due["windows"]:
        return "no window of traffic is due"
    reference = profile(project, due["project_digest"], due["version"])
    alarms = 0
    for window in due["windows"]:
        judged = judge_window(due, window, reference, thorough)
        if judged["alarms"]:
            acted = act_on_alarms(due, window, judged)
            notify(due, judged, acted)
        record_window(due, window, judged)
        alarms += len(judged["alarms"])
    return f"{len(due['windows'])} windows judged, {alarms} alarms"
