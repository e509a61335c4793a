"""The timeline of a charter: a stage that begins after its day is told once, and a project that is late says so."""

from __future__ import annotations

from flywheel.catalog.engine import Catalog, UnitOfWork
from flywheel.catalog.incident import read_incidents
from flywheel.catalog.project import lock_project, read_project
from flywheel.domain.incidents import IncidentSeverity
from flywheel.domain.stages import ORDER, Stage
from flywheel.errors import counted
from flywheel.services.incidents.incidents import Sighting, report
from flywheel.services.terms.charters import submitted


def tell_late(catalog: Catalog, *, project: str, stage: Stage, run_id: str, actor: str) -> str:
    """Open a notice for the owner where a stage begins after its day, once for that day; gives what it says."""
    with catalog.begin() as work:
        lock_project(work.session, project)
        timeline = submitted(work, project).charter.timeline
        day = timeline.due.get(stage) if timeline else None
        if day is None or work.now.date() <= day:
            return ""
        key, what = f"{project}:late:{stage.value}:{day}", f"{stage.value} begins late"
        if any(one.key == key for one in read_incidents(work.session, project=project, is_unresolved=False)):
            return ""
        owner, days = read_project(work.session, project).owner, (work.now.date() - day).days
        cause = (
            f"{stage.value} was to begin by {day} and begins {counted(days, 'day')} later. {owner} owns the charter: "
            "name another day under [timeline], which business and IT agree on where they must, or leave it as it is."
        )
        seen = Sighting(project, key, IncidentSeverity.NOTICE, what, cause, None, (), {}, run_id)
        report(work, seen, channels=(), actor=actor)
        return cause


def lateness(work: UnitOfWork, project: str) -> str:
    """Say which stages have not begun though their day is past; nothing where none is late."""
    timeline, here = submitted(work, project).charter.timeline, read_project(work.session, project).stage
    if timeline is None or here not in ORDER:
        return ""
    late = [
        f"{stage.value} was to begin by {day}"
        for stage, day in timeline.due.items()
        if ORDER.index(here) < ORDER.index(stage) and work.now.date() > day
    ]
    return f"late: {'; '.join(late)}" if late else ""
