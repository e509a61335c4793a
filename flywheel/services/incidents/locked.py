"""A record that somebody holds locked: nothing is decided meanwhile, and people are told as soon as one can write."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from flywheel.catalog.engine import Catalog
from flywheel.catalog.project import lock_project, read_projects
from flywheel.catalog.turn import LOCKED
from flywheel.domain.incidents import IncidentSeverity, group_key, headline
from flywheel.domain.stages import ENDS
from flywheel.errors import Unavailable
from flywheel.services.incidents.incidents import Sighting, report
from flywheel.services.incidents.paging import channels_in_force

SIGNAL = "locked"


@dataclass
class Waiting:
    """Since when the steward could not write, by its own clock, and who held the record."""

    clock: Callable[[], float] = time.monotonic
    since: float | None = None
    holder: str = ""


def watch_turn(catalog: Catalog, waiting: Waiting, *, actor: str) -> tuple[str, ...]:
    """Try to have the turn; once it can be had again, open an incident in every project that is under way."""
    began = waiting.clock()
    try:
        with catalog.begin() as work:
            assert work.now, "the time is read under the turn"
    except Unavailable as error:
        if error.what.startswith(LOCKED):
            waiting.since = began if waiting.since is None else waiting.since
            waiting.holder = error.what.removeprefix(LOCKED)
        raise
    if waiting.since is None:
        return ()
    seconds = waiting.clock() - waiting.since
    with catalog.look() as work:
        projects = [record.slug for record in read_projects(work.session) if record.stage not in ENDS]
    for project in projects:
        _report(catalog, project, seconds, holder=waiting.holder, actor=actor)
    waiting.since = None
    return (f"nothing could be written for {seconds:.0f} s: {waiting.holder}",)


def _report(catalog: Catalog, project: str, seconds: float, *, holder: str, actor: str) -> None:
    with catalog.begin() as work:
        row = lock_project(work.session, project)
        seen = Sighting(
            project=project,
            key=group_key(project, SIGNAL),
            severity=IncidentSeverity.PAGE,
            title=headline(row.title, "the record was locked"),
            cause=f"Nothing could be decided or reported for {seconds:.0f} s: {holder}.",
            consequence=None,
            actions=(
                "find out who uses that login: its password is for our programs alone",
                "resolve this incident when that is clear; decisions that were refused meanwhile can be repeated",
            ),
            evidence={"seconds": round(seconds), "holder": holder, "at": work.now.isoformat()},
            run_id="",
        )
        report(work, seen, channels=channels_in_force(work, project), actor=actor)
