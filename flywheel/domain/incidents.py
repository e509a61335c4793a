"""Incidents: how they are grouped, move and escalate."""

from __future__ import annotations

from enum import StrEnum

from flywheel.errors import Refused


class IncidentState(StrEnum):
    """How far people have come with it."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


class IncidentSeverity(StrEnum):
    """Whether someone is woken up."""

    PAGE = "page"
    NOTICE = "notice"


_MOVES = {
    IncidentState.OPEN: frozenset({IncidentState.ACKNOWLEDGED, IncidentState.RESOLVED}),
    IncidentState.ACKNOWLEDGED: frozenset({IncidentState.RESOLVED}),
    IncidentState.RESOLVED: frozenset[IncidentState](),
}


def move_incident(current: IncidentState, to: IncidentState) -> IncidentState:
    """Permit a move, or refuse it naming what is allowed."""
    if to not in _MOVES[current]:
        allowed = ", ".join(sorted(_MOVES[current])) or "nothing: it is over"
        raise Refused(f"the incident is {current.value} and cannot become {to.value}", allowed=allowed)
    return to


def group_key(project: str, signal: str) -> str:
    """Name what belongs together: one open incident for each project and signal."""
    return f"{project}:{signal}"


def headline(about: str, what: str) -> str:
    """Say in one line what something is about; a title that ends as a sentence takes no colon after it."""
    title = about.rstrip()
    return f"{title} {what[:1].upper()}{what[1:]}" if title.endswith(tuple(".?!:…")) else f"{title}: {what}"
