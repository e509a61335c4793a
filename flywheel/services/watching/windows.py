"""Windows of traffic: which are due, who answered in them, where one goes on, and whether rows were due in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any

from flywheel.adapters.predictions.log import IMPLAUSIBLE, OUTSIDE, features_of
from flywheel.adapters.predictions.windows import Answerer, answered_by, first_at, lacking, read_window
from flywheel.catalog.engine import Catalog
from flywheel.domain.monitoring import FIRST_MONDAY, LOOKED_BACK, WindowState, kept_back_in, were_rows_due
from flywheel.errors import CharterError, InputRefused, Problem, counted
from flywheel.project.charter.stages import Monitoring
from flywheel.project.loader import Project
from flywheel.services.serving.endpoints import Live
from flywheel.services.watching import health, prediction_logs
from flywheel.services.watching.health import Part
from flywheel.settings import Settings

if TYPE_CHECKING:
    import pandas as pd

_AHEAD_AT_MOST = timedelta(days=2)
"""What claims a later time is judged as of when it was answered."""
EARLY = "`flywheel monitor {project} --early` judges it up to now"
ALTERED_TOLD = 3
WINDOWS_AT_ONCE = 60
"""More than this in one run is a replay of history and is asked for in parts."""


@dataclass(frozen=True)
class Stretch:
    """From its start up to but not including its end."""

    start_at: datetime
    end_at: datetime


@dataclass(frozen=True)
class DueWindow:
    """A window that nobody has judged yet; without rows where its endpoint answered and nobody asked."""

    part: Part
    rows: int


@dataclass(frozen=True)
class Traffic:
    """What was asked in a window: the features under their own names, of whom, when, and how many times were odd."""

    rows: pd.DataFrame
    entities: pd.Series[Any]
    moments: pd.Series[Any]
    is_left: pd.Series[Any]
    """Whether an approval leaves a row to the rule."""
    implausible: int

    def clocks(self) -> str:
        """Say that times are claimed that no decision is asked for at, where rows show it."""
        if not self.implausible:
            return ""
        return (
            f"{self.implausible:,} of {counted(len(self.rows), 'row')} claimed a time after tomorrow or before "
            "1970 and are judged by the time of their answers: a caller's clock is wrong, or `data.time` names a "
            "day that lies after the decision, such as an appointment; in that case name the time of the request"
        )


def plan_of(project: Project) -> Monitoring:
    """The monitoring plan, without which nothing is delivered."""
    if project.charter.monitoring is None:
        raise CharterError((Problem("project.toml", "monitoring", "there is no monitoring plan"),))
    return project.charter.monitoring


def due(
    catalog: Catalog,
    project: Project,
    *,
    live: tuple[Live, ...],
    settings: Settings,
    until: datetime,
    now: datetime,
    is_early: bool = False,
) -> tuple[DueWindow, ...]:
    """Every whole window up to a time that nobody has judged, parted by who answered, oldest first.

    Where somebody wants it early, the window under way ends at that time, for good, and its rest is a window of its
    own. One without a row is named where the endpoint was to answer (`live`) through all of it, and it is whole, or
    where it ends a slot of which something was kept back: no more will come of it.
    """
    require_past(until, now=now)
    length, name = plan_of(project).every.length, project.charter.name
    stretches = slots(catalog, name, live, length=length, settings=settings, until=until, is_early=is_early)
    found: list[DueWindow] = []
    for slot in islice(stretches, WINDOWS_AT_ONCE):
        own = _of_slot(name, slot, live, settings=settings, is_whole=slot.end_at - slot.start_at == length)
        found += own or _rest_of(catalog, name, slot, length=length)
    return tuple(found)


def next_over(catalog: Catalog, project: Project, *, settings: Settings, now: datetime) -> str:
    """Say which window is under way, when it is over and can be judged, and what has come in so far."""
    every, last = plan_of(project).every, health.latest(catalog, project=project.charter.name)
    slot = _slot_of(now, since=last.window_end_at if last else FIRST_MONDAY, length=every.length)
    rows = sum(answered_by(settings.predictions_root, project.charter.name, slot.start_at, now).values())
    ahead = sum(answered_by(settings.predictions_root, project.charter.name, now, now + _AHEAD_AT_MOST).values())
    later = f", and {counted(ahead, 'row', 'claim')} a time in the future, to be judged then" if ahead else ""
    which = "the present one" if last else "the first one"
    early = f"; {EARLY.format(project=project.charter.name)}" if rows else ""
    return (
        f"a window lasts {every}; {which} began {slot.start_at:%Y-%m-%d %H:%M} and is over "
        f"{slot.end_at:%Y-%m-%d %H:%M} UTC; {counted(rows, 'row')} have arrived so far{later}{early}"
    )


def require_past(until: datetime, *, now: datetime) -> None:
    """Refuse to judge what has not come to its end: a window is judged once, and what comes later is not seen."""
    if until > now:
        raise InputRefused(
            "traffic can only be judged up to now",
            found=f"{until:%Y-%m-%d %H:%M} UTC",
            allowed=f"up to {now:%Y-%m-%d %H:%M} UTC",
            next_step="leave `until` out to judge every window that is over",
        )


def carried_on(catalog: Catalog, project: str, part: Part, *, length: timedelta) -> Part:
    """Let a window begin where the last one of the same answerer began, if that had too few rows.

    What is kept back for the days that it covers goes on within its slot only: put together with a whole one those
    days would count twice.
    """
    last = health.latest(catalog, project=project, version=part.version, served_by=part.served_by)
    if last is None or last.state is not WindowState.INSUFFICIENT or last.window_end_at > part.start_at:
        return part
    had_too_few = WindowState.INSUFFICIENT.value in last.verdicts.values()
    slot = _slot_of(last.window_start_at, since=FIRST_MONDAY, length=length)
    goes_on = had_too_few or part.end_at <= slot.end_at
    return replace(part, start_at=last.window_start_at) if goes_on else part


def rows_were_due(catalog: Catalog, project: str, part: Part) -> tuple[bool, str]:
    """Say whether a window without rows is a feed that died, by the windows before it, and in words why."""
    had_rows: dict[datetime, bool] = {}
    for one in health.list_health(catalog, project=project, limit=20 * LOOKED_BACK):
        if one.window_end_at <= part.start_at:
            had_rows[one.window_end_at] = had_rows.get(one.window_end_at, False) or one.rows > 0
    history = [had_rows[end_at] for end_at in sorted(had_rows, reverse=True)][:LOOKED_BACK]
    return were_rows_due(history), f"{sum(history)} of the {counted(len(history), 'window')} before had rows"


def opens_a_week(catalog: Catalog, project: str, part: Part) -> bool:
    """Whether no window of this week (by ISO) and answerer was judged before: then both examiners look."""
    last = health.latest(catalog, project=project, version=part.version, served_by=part.served_by)
    return last is None or last.window_start_at.isocalendar()[:2] != part.start_at.isocalendar()[:2]


def traffic(project: str, part: Part, *, settings: Settings) -> Traffic:
    """Read what was asked in a window of who answered in it."""
    # pandas only where there are rows
    import pandas as pd

    by = Answerer(part.version, part.served_by)
    table = read_window(settings.predictions_root, project, part.start_at, part.end_at, by=by)
    flags = [tuple(of_row or ()) for of_row in table["flags"].to_pylist()]
    return Traffic(
        features_of(table).to_pandas(),
        table["entity"].to_pandas(),
        table["event_at"].to_pandas(),
        pd.Series([OUTSIDE in of_row for of_row in flags], dtype=bool),
        sum(any(flag.startswith(IMPLAUSIBLE) for flag in of_row) for of_row in flags),
    )


def altered(catalog: Catalog, project: str, part: Part, *, settings: Settings) -> str:
    """Say what is wrong with the log of a window; nothing where its rows are proven to be those that were answered."""
    folder = settings.predictions_root / project
    found = (
        *prediction_logs.examine(catalog, folder).problems,
        *lacking(settings.predictions_root, project, part.start_at, part.end_at),
    )
    others = f" and {len(found) - ALTERED_TOLD} more" if len(found) > ALTERED_TOLD else ""
    return f"{'; '.join(found[:ALTERED_TOLD])}{others}"


def slots(
    catalog: Catalog,
    project: str,
    live: tuple[Live, ...],
    *,
    length: timedelta,
    settings: Settings,
    until: datetime,
    is_early: bool,
) -> Iterator[Stretch]:
    """Give the whole stretches since the last judged one in which somebody asked, or the endpoint answered nobody.

    The one under way is given too, up to its end so far, where somebody wants it early.
    """
    last = health.latest(catalog, project=project)
    since = last.window_end_at if last else FIRST_MONDAY
    while True:
        asked_at = first_at(settings.predictions_root, project, since)
        answering_at = min((max(one.since_at, since) for one in live if one.lasts_beyond(since)), default=None)
        moments = [moment for moment in (asked_at, answering_at) if moment is not None]
        if not moments or min(moments) >= until:
            return
        slot = _slot_of(min(moments), since=since, length=length)
        if slot.end_at > until and not is_early:
            return
        since = min(slot.end_at, until)
        yield Stretch(slot.start_at, since)


def _slot_of(moment: datetime, *, since: datetime, length: timedelta) -> Stretch:
    """Find the window that holds a moment; it begins no earlier than what was judged before has ended."""
    begun_at = FIRST_MONDAY + (moment - FIRST_MONDAY) // length * length
    return Stretch(max(begun_at, since), begun_at + length)


def _of_slot(
    project: str, slot: Stretch, live: tuple[Live, ...], *, settings: Settings, is_whole: bool
) -> list[DueWindow]:
    asked = answered_by(settings.predictions_root, project, slot.start_at, slot.end_at)
    if asked:
        return [
            DueWindow(Part(by.version, by.served_by, slot.start_at, slot.end_at), rows) for by, rows in asked.items()
        ]
    was_altered = bool(lacking(settings.predictions_root, project, slot.start_at, slot.end_at))
    if not (is_whole or was_altered):
        return []  # a piece is too short to say that a feed died
    answering = next((one for one in live if _may_have_answered(one, slot, was_altered=was_altered)), None)
    if answering is None:
        return []
    return [DueWindow(Part(answering.version, answering.served_by, slot.start_at, slot.end_at), 0)]


def _rest_of(catalog: Catalog, project: str, slot: Stretch, *, length: timedelta) -> list[DueWindow]:
    """Give the rest of a slot in which nobody asked, where its end says that what was kept back was all of it."""
    last = health.latest(catalog, project=project)
    is_end = slot.end_at == _slot_of(slot.start_at, since=FIRST_MONDAY, length=length).end_at
    if last is None or not is_end or last.window_end_at != slot.start_at or not kept_back_in(last.verdicts):
        return []
    part = Part(last.version, last.served_by, slot.start_at, slot.end_at)
    return [DueWindow(part, 0)] if carried_on(catalog, project, part, length=length) != part else []


def _may_have_answered(one: Live, slot: Stretch, *, was_altered: bool) -> bool:
    """Whether a window without a proven row is this one's; where rows are gone, a part of it is enough."""
    if was_altered:
        return one.since_at < slot.end_at and one.lasts_beyond(slot.start_at)
    return one.covers(slot.start_at, slot.end_at)
