"""Windows of traffic: which are due, what was seen in them, and what they are held against."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from flywheel.adapters.prediction_log import first_at, read_window
from flywheel.catalog.engine import Catalog
from flywheel.errors import CharterError, Problem
from flywheel.project.charter_stages import Monitoring
from flywheel.project.loader import Project
from flywheel.services import health
from flywheel.settings import Settings

if TYPE_CHECKING:
    import pandas as pd

FIRST_MONDAY = datetime(1970, 1, 5, tzinfo=UTC)
"""Windows are counted from a Monday, so that weeks begin as people expect; what claims to be older is not judged."""
WINDOWS_AT_ONCE = 60
"""More than this in one run is a replay of history and is asked for in parts."""


@dataclass(frozen=True)
class Stretch:
    """From its start up to but not including its end."""

    start_at: datetime
    end_at: datetime


def plan_of(project: Project) -> Monitoring:
    """The monitoring plan, without which nothing is delivered."""
    if project.charter.monitoring is None:
        raise CharterError((Problem("project.toml", "monitoring", "there is no monitoring plan"),))
    return project.charter.monitoring


def due(catalog: Catalog, project: Project, *, settings: Settings, until: datetime) -> tuple[Stretch, ...]:
    """Every whole window up to a time that has traffic to judge and has not been judged; silence is passed over."""
    length, name = plan_of(project).every.length, project.charter.name
    last = health.latest(catalog, project=name)
    found: list[Stretch] = []
    since = last.window_end_at if last else FIRST_MONDAY
    while len(found) < WINDOWS_AT_ONCE:
        moment = first_at(settings.predictions_root, name, since)
        if moment is None or moment >= until:
            break
        start = since + (moment - since) // length * length
        since = start + length
        if since > until:
            break
        found.append(Stretch(start, since))
    return tuple(found)


def opens_a_week(catalog: Catalog, project: str, window: Stretch) -> bool:
    """Whether no window of this week (by ISO) has been judged before: then both examiners look."""
    last = health.latest(catalog, project=project)
    return last is None or last.window_start_at.isocalendar()[:2] != window.start_at.isocalendar()[:2]


def traffic(project: str, window: Stretch, *, settings: Settings) -> pd.DataFrame:
    """What the endpoint was asked in a window."""
    frame: pd.DataFrame = read_window(settings.predictions_root, project, window.start_at, window.end_at).to_pandas()
    return frame
