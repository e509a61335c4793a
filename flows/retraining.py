"""Retraining: data to delivery again, with the recipe fixed."""

from __future__ import annotations

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed

from flywheel.domain.stages import CycleKind
from tasks.start_cycle import start_cycle


@flow(name="retraining", flow_run_name="{project}: retraining")
def retraining(project: str, reason: str = "", started_by: str = "") -> State[None]:
    """Send the project back to data preparation; each stage then starts the next.

    Args:
        project: The project's short name, as registered.
        reason: Why now, such as a drift alarm or a person's request. Empty: the schedule, or that somebody asked.
        started_by: E-mail of the person who starts this. Empty: the schedule.
    """
    return Completed(message=start_cycle(project, CycleKind.RETRAINING, reason, started_by))
