"""The clock: where it cannot be believed, nothing is decided, and people are told while that lasts."""

from __future__ import annotations

from flywheel.catalog.engine import Catalog
from flywheel.catalog.incident import find_unresolved
from flywheel.catalog.project import lock_project
from flywheel.domain.incidents import group_key
from flywheel.services.incidents.troubles import Trouble, page, under_way

SIGNAL = "clock"


def watch_clock(catalog: Catalog, *, actor: str) -> tuple[str, ...]:
    """Open an incident in every project that is under way where no clock is believed; once for each trouble."""
    trouble = catalog.clock_trouble()
    if not trouble:
        return ()
    words = trouble.partition(":")[0]
    told = Trouble(
        SIGNAL,
        "the clock cannot be trusted",
        words,
        ("nobody can sign, release or withdraw until it is right: set the clocks", trouble),
    )
    for project in under_way(catalog):
        with catalog.at_last_event() as work:
            lock_project(work.session, project)
            if find_unresolved(work.session, group_key(project, SIGNAL)) is None:
                page(work, project, told, actor=actor)
    return (words,)
