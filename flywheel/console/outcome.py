"""What a run comes to, for whoever waits for it on the command line."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from flywheel.console.underway import at_work_beside, flow_of
from flywheel.errors import Refused, Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable

    from flywheel.adapters.prefect import Prefect
    from flywheel.adapters.prefect_answers import RunFacts

LOOK_EVERY_SECONDS = 1.0


def await_end(prefect: Prefect, run_id: str, *, project: str, goes_on: Callable[[], bool]) -> RunFacts:
    """Look at a run, and at those by which the walk goes on, until one waits for people or none follows any more.

    A run that died and runs once more has not ended; `goes_on` says whether another is about to be started.
    """
    while True:
        run = prefect.run_state(run_id)
        if run.is_waiting or run.has_died:
            return run
        is_over = run.is_final and not goes_on()  # asked first: what is about to start no more has its run by now
        following = at_work_beside(prefect, project, flow_of(run))
        if following:
            run_id = following[0].id
        elif is_over:
            return run
        time.sleep(LOOK_EVERY_SECONDS)


def sentence(run: RunFacts, *, project: str) -> str:
    """Say what a run came to, or refuse to call it done."""
    flow = flow_of(run)
    # httpx, which `--help` does without
    from flywheel.adapters.prefect_answers import RunStateType

    if run.is_waiting:
        return f"{flow} of {project} waits for people: `flywheel status {project}` names them"
    said = f"{flow} of {project} has ended as {run.state_name}" + (f": {run.message}" if run.message else "")
    if run.state is RunStateType.CRASHED:
        raise Unavailable(said, next_step=f"`flywheel status {project}` says whether it continues by itself")
    if run.has_died:
        raise Refused(said, next_step=f"`flywheel status {project}` lists what you can do")
    return said
