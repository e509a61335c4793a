"""The clock: where it cannot be believed, nothing is decided, and people are told while that lasts."""

from __future__ import annotations

from flywheel.catalog.engine import Catalog
from flywheel.catalog.incident import find_unresolved
from flywheel.catalog.project import lock_project, read_projects
from flywheel.domain.incidents import IncidentSeverity, group_key, headline
from flywheel.domain.stages import ENDS
from flywheel.services.incidents.incidents import Sighting, report
from flywheel.services.incidents.paging import channels_in_force

SIGNAL = "clock"


def watch_clock(catalog: Catalog, *, actor: str) -> tuple[str, ...]:
    """Open an incident in every project that is under way where no clock is believed; once for each trouble."""
    trouble = catalog.clock_trouble()
    if not trouble:
        return ()
    with catalog.look() as work:
        projects = [record.slug for record in read_projects(work.session) if record.stage not in ENDS]
    for project in projects:
        with catalog.at_last_event() as work:
            row = lock_project(work.session, project)
            if find_unresolved(work.session, group_key(project, SIGNAL)) is not None:
                continue
            seen = Sighting(
                project=project,
                key=group_key(project, SIGNAL),
                severity=IncidentSeverity.PAGE,
                title=headline(row.title, "the clock cannot be trusted"),
                cause=trouble.partition(":")[0],
                consequence=None,
                actions=("nobody can sign, release or withdraw until it is right: set the clocks", trouble),
                evidence={},
                run_id="",
            )
            report(work, seen, channels=channels_in_force(work, project), actor=actor)
    return (trouble.partition(":")[0],)
