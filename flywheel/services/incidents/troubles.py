"""Troubles: what is wrong with what serves or records, told in one way: one incident by signal, and a page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from flywheel.catalog.engine import Catalog, UnitOfWork
from flywheel.catalog.project import lock_project, read_projects
from flywheel.domain.digests import Json
from flywheel.domain.incidents import IncidentSeverity, group_key, headline
from flywheel.domain.stages import ENDS
from flywheel.services.incidents.incidents import Sighting, report
from flywheel.services.incidents.paging import channels_in_force


@dataclass(frozen=True)
class Trouble:
    """What people are woken for: its signal groups what recurs, its actions say what to do."""

    signal: str
    title: str
    cause: str
    actions: tuple[str, ...]
    evidence: Mapping[str, Json] = field(default_factory=dict)
    run_id: str = ""
    version: str | None = None
    signs: tuple[str, ...] = ()
    """What rings, by names without figures: one that the open incident does not know is told like a new one."""
    recurs: bool = False
    """Whether each time counts, however alike the words: it is dated then. Else the same words are one sighting."""


def page(work: UnitOfWork, project: str, trouble: Trouble, *, actor: str) -> str:
    """Open the project's incident of this signal, or let it recur, and page; gives its id."""
    row = lock_project(work.session, project)  # before the end of the chain, whose time may be read next
    at: dict[str, Json] = {"at": work.now.isoformat()} if trouble.recurs else {}
    seen = Sighting(
        project=project,
        key=group_key(project, trouble.signal),
        severity=IncidentSeverity.PAGE,
        title=headline(row.title, trouble.title),
        cause=trouble.cause,
        consequence=None,
        actions=trouble.actions,
        evidence={**trouble.evidence, **at},
        run_id=trouble.run_id,
        signs=trouble.signs,
        version=trouble.version,
    )
    return report(work, seen, channels=channels_in_force(work, project), actor=actor)


def under_way(catalog: Catalog) -> tuple[str, ...]:
    """Name the projects that are not over: who is to be told of what concerns all."""
    with catalog.look() as work:
        return tuple(record.slug for record in read_projects(work.session) if record.stage not in ENDS)
