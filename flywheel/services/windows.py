"""Windows of traffic: which are due, what was seen in them, and what they are held against."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from flywheel.adapters.prediction_log import read_window, span
from flywheel.catalog.engine import Catalog
from flywheel.errors import CharterError, Problem
from flywheel.project.charter_stages import Monitoring
from flywheel.project.loader import Project
from flywheel.services import health
from flywheel.settings import Settings

if TYPE_CHECKING:
    import pandas as pd

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
    """Every whole window up to a time that has traffic to judge and has not been judged."""
    length = plan_of(project).every.length
    logged = span(settings.predictions_root, project.charter.name)
    if logged is None:
        return ()
    last = health.latest(catalog, project=project.charter.name)
    start = last.window_end_at if last else _floor(logged[0], length)
    end = min(until, _floor(logged[1], length) + length)
    found: list[Stretch] = []
    while start + length <= end and len(found) < WINDOWS_AT_ONCE:
        found.append(Stretch(start, start + length))
        start += length
    return tuple(found)


def traffic(project: str, window: Stretch, *, settings: Settings) -> pd.DataFrame:
    """What the endpoint was asked in a window."""
    frame: pd.DataFrame = read_window(settings.predictions_root, project, window.start_at, window.end_at).to_pandas()
    return frame


def _floor(moment: datetime, length: timedelta) -> datetime:
    epoch = datetime(1970, 1, 5, tzinfo=UTC)  # a Monday, so that weeks begin as people expect
    return epoch + (moment - epoch) // length * length
