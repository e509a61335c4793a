"""Monitoring: what was asked, held against what the version that answered was trained on; alarms act as planned."""

from __future__ import annotations

from datetime import datetime

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed

from tasks.act_on_alarms import act_on_alarms
from tasks.count_late_rows import count_late_rows
from tasks.due_windows import due_windows
from tasks.judge_window import judge_window
from tasks.notify import notify
from tasks.profile import UNKNOWN, profile
from tasks.record_window import record_window
from tasks.shapes import Acted, JudgedWindow
from tasks.show_found import show_found
from tasks.sum_up import sum_up
from tasks.tell import CLOCKS, FLOOD, LATE, STUCK, tell


@flow(name="monitoring", flow_run_name="{project}: monitoring")
def monitoring(
    project: str,
    until: datetime | None = None,
    thorough: bool = False,  # noqa: FBT001, FBT002  a form's field
    started_by: str = "",
    early: bool = False,  # noqa: FBT001, FBT002  a form's field
) -> State[None]:
    """Judge every window of traffic that has not been judged yet.

    Args:
        project: The project's short name, as registered.
        until: Judge traffic up to this time, never a later one than now; empty: now. For replaying history.
        thorough: Let Evidently examine every window, not only those where our own examiners raise an alarm.
        started_by: E-mail of the person who has the windows judged. Empty: the schedule.
        early: Judge the current window too, up to now. It ends there; its rest is a window of its own.
    """
    due = due_windows(project, until.isoformat() if until else "", early)
    late = count_late_rows(due)
    if late["telling"]:
        tell(due, LATE, late["telling"])
    found: list[JudgedWindow] = []
    done: list[Acted] = []
    for window in due["windows"]:
        reference = profile(project, due["project_digest"], window["version"]) if window["is_known"] else UNKNOWN
        judged = judge_window(due, window, reference, thorough)
        if judged["alarms"]:
            acted = act_on_alarms(due, window, judged)
            notify(due, window, judged, acted)
            done.append(acted)
        elif judged["telling"]:
            tell(due, judged["state"], judged["telling"], window)
        if judged["clocks"]:
            tell(due, CLOCKS, judged["clocks"], window)
        if judged["flood"]:
            tell(due, FLOOD, judged["flood"], window)
        if judged["stuck"]:
            tell(due, STUCK, judged["stuck"], window)
        record_window(due, window, judged, started_by)
        found.append(judged)
    said = sum_up(due, found, done, late)
    show_found(due, found, said)
    return Completed(message=said)
