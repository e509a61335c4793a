"""What is at work now: whether the servers run, and the runs that were asked for and have not ended."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from flywheel.errors import FlywheelError, Refused

if TYPE_CHECKING:
    from collections.abc import Callable

    from flywheel.adapters.prefect import Prefect
    from flywheel.adapters.prefect_answers import RunFacts
    from flywheel.services.overview import Overview
    from flywheel.settings import Settings

MONITORING = "monitoring"
ENDS_WITHIN_SECONDS = 90.0
LOOK_EVERY_SECONDS = 0.5
DOWN = "the servers are not running: no run proceeds and no endpoint answers; next: `flywheel up`"


@dataclass(frozen=True)
class AtWork:
    """What was seen of the servers and of their runs."""

    are_servers_up: bool
    runs: tuple[tuple[RunFacts, str], ...] = ()
    """Each with its page."""
    trouble: str = ""
    """Why nothing is known."""

    def of(self, project: str) -> tuple[str, ...]:
        """Say what a project's runs are doing, each with its page."""
        return tuple(
            f"{project} {'waits for people' if run.is_waiting else 'is at work'} in {flow_of(run)} "
            f"since {run.state_at:%Y-%m-%d %H:%M} UTC: {page}"
            for run, page in self.runs
            if project_tag(project) in run.tags
        )

    def judging(self, project: str) -> str:
        """Say that monitoring of a project has been asked for or is at work; nothing where it is not."""
        own = (
            (run, page) for run, page in self.runs if project_tag(project) in run.tags and flow_of(run) == MONITORING
        )
        told = (f"monitoring has been running since {run.state_at:%Y-%m-%d %H:%M:%S} UTC: {page}" for run, page in own)
        return next(told, "")

    def is_moving(self, project: str) -> bool:
        """Whether a walk of a project is at work, and waits for nobody."""
        return any(
            project_tag(project) in run.tags and not run.is_waiting and flow_of(run) != MONITORING
            for run, _ in self.runs
        )

    def as_seen(self, row: Overview) -> Overview:
        """Claim no answer of an endpoint whose servers do not run."""
        if self.are_servers_up or row.serving is None:
            return row
        return replace(row, serving=replace(row.serving, port=None, is_ready=False))


def look(settings: Settings) -> AtWork:
    """Look at the servers of this installation, or at the team's Prefect."""
    # HTTP and pydantic, which `--help` does without
    from flywheel.adapters.machine import is_locked
    from flywheel.adapters.prefect import Prefect

    if settings.prefect.api is None and not is_locked(settings.servers_lock):
        return AtWork(are_servers_up=False, trouble=DOWN)
    try:
        with Prefect(settings) as prefect:
            found = prefect.underway(tags=("flywheel",))
            return AtWork(are_servers_up=True, runs=tuple((run, prefect.run_url(run.id)) for run in found))
    except FlywheelError as error:  # what the record knows is shown all the same
        return AtWork(are_servers_up=True, trouble=f"the current runs are unknown: {error}")


def must_be_alone(prefect: Prefect, project: str, flow: str, *, ends: Callable[[], bool]) -> None:
    """Refuse to start what is running already, and name the run; monitoring runs beside the walk.

    A run that only waits for people, and whose question has ended (`ends`), is waited for a while.
    """
    deadline = time.monotonic() + ENDS_WITHIN_SECONDS
    others = at_work_beside(prefect, project, flow)
    if others and ends():
        print(
            f"waiting for the run that asked about the charter before: {prefect.run_url(others[0].id)}", file=sys.stderr
        )
        while (others := at_work_beside(prefect, project, flow)) and time.monotonic() < deadline:
            time.sleep(LOOK_EVERY_SECONDS)
    for run in others:
        how = "waits for people" if run.is_waiting else "is at work"
        raise Refused(
            f"{project} is running already: {flow_of(run)} {how}",
            found=prefect.run_url(run.id),
            next_step=f"`flywheel status {project}` shows who must answer; `flywheel move-back` gives it up",
        )


def at_work_beside(prefect: Prefect, project: str, flow: str) -> list[RunFacts]:
    """List the runs beside which a flow cannot start."""
    is_beside = flow == MONITORING
    return [one for one in prefect.underway(tags=(project_tag(project),)) if (flow_of(one) == MONITORING) is is_beside]


def project_tag(project: str) -> str:
    """Name the tag that all runs of a project carry."""
    return f"project:{project}"


def flow_of(run: RunFacts) -> str:
    """Name the flow of a run by its tag."""
    return next((tag.removeprefix("flow:") for tag in run.tags if tag.startswith("flow:")), run.name)
