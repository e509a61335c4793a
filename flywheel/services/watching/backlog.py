"""The backlog of monitoring: how many windows are over and not judged, and what one run leaves for the next."""

from __future__ import annotations

from datetime import datetime
from itertools import islice

from flywheel.catalog.engine import Catalog
from flywheel.errors import counted
from flywheel.project.loader import Project
from flywheel.services.serving.endpoints import Live
from flywheel.services.watching.windows import WINDOWS_AT_ONCE, plan_of, slots
from flywheel.settings import Settings

COUNTED_AT_MOST = 1_000


def over(
    catalog: Catalog,
    project: Project,
    *,
    live: tuple[Live, ...],
    settings: Settings,
    until: datetime,
    is_early: bool = False,
    most: int = COUNTED_AT_MOST,
) -> int:
    """Count the windows up to a time that nobody has judged, up to so many."""
    length, name = plan_of(project).every.length, project.charter.name
    found = slots(catalog, name, live, length=length, settings=settings, until=until, is_early=is_early)
    return sum(1 for _ in islice(found, most))


def left_told(project: str, count: int, *, until: str = "") -> str:
    """Say what a run leaves of so many windows, and the command that goes on; nothing where it judges all."""
    if count <= WINDOWS_AT_ONCE:
        return ""
    upto = f" --until {until}" if until else ""
    return f"{_windows(count, count - WINDOWS_AT_ONCE)} left (`flywheel monitor {project}{upto}` goes on)"


def over_told(project: str, count: int) -> str:
    """Say that so many windows wait to be judged, and the command that does; nothing where none waits."""
    if not count:
        return ""
    judges = (
        f"judges {WINDOWS_AT_ONCE} at a time" if count > WINDOWS_AT_ONCE else f"judges {'it' if count == 1 else 'them'}"
    )
    is_are = "is" if count == 1 else "are"
    return f"{_windows(count, count)} {is_are} over and not judged: `flywheel monitor {project}` {judges}"


def _windows(found: int, told: int) -> str:
    return f"{counted(told, 'window')}{' or more' if found >= COUNTED_AT_MOST else ''}"
