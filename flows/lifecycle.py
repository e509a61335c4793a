"""The lifecycle: walk on from where the project stands until something waits."""

from __future__ import annotations

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed

from flywheel.domain.stages import CycleKind
from tasks.start_cycle import start_cycle


@flow(name="lifecycle", flow_run_name="{project}: lifecycle")
def lifecycle(project: str, reason: str = "", started_by: str = "") -> State[None]:
    """Start the cycle of stages; each stage that succeeds starts the next.

    Args:
        project: The project's short name, as registered.
        reason: Why a new cycle starts, where one has ended before.
        started_by: E-mail of the person who starts this; counts as an author. Empty: the schedule.
    """
    return Completed(message=start_cycle(project, CycleKind.LIFECYCLE, reason, started_by))
