"""Endpoints: what should answer, and what was seen to answer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from flywheel.catalog.endpoint import (
    PROJECTIONS as POINTING,
)
from flywheel.catalog.endpoint import (
    EndpointMode,
    EndpointRecord,
    Observation,
    find_endpoint,
    find_observation,
    put_observation,
    read_endpoints,
)
from flywheel.catalog.engine import Catalog
from flywheel.catalog.event import events_of

__all__ = [
    "EndpointMode",
    "EndpointRecord",
    "Live",
    "Observation",
    "desired",
    "find",
    "live_stretches",
    "observation",
    "observe",
]


def desired(catalog: Catalog) -> tuple[EndpointRecord, ...]:
    """List what should answer, stopped endpoints included."""
    with catalog.begin() as work:
        return read_endpoints(work.session)


def find(catalog: Catalog, *, name: str) -> EndpointRecord | None:
    """Look one endpoint up."""
    with catalog.begin() as work:
        return find_endpoint(work.session, name)


def observe(
    catalog: Catalog, *, name: str, generation: int, port: int | None, pid: int | None, is_ready: bool, detail: str = ""
) -> None:
    """Keep what the keeper saw; news of an older generation is dropped."""
    with catalog.begin() as work:
        put_observation(work.session, Observation(name, generation, port, pid, is_ready, detail, catalog.time()))


def observation(catalog: Catalog, *, name: str) -> Observation | None:
    """Read what was last seen of an endpoint."""
    with catalog.begin() as work:
        return find_observation(work.session, name)


@dataclass(frozen=True)
class Live:
    """A stretch of time through which an endpoint was to answer, and by whom; without an end it still is."""

    version: str
    served_by: str
    since_at: datetime
    until_at: datetime | None

    def lasts_beyond(self, moment: datetime) -> bool:
        """It was to answer after this moment."""
        return self.until_at is None or self.until_at > moment

    def covers(self, start_at: datetime, end_at: datetime) -> bool:
        """It was to answer from the beginning to the end."""
        return self.since_at <= start_at and self.lasts_beyond(end_at)


def live_stretches(catalog: Catalog, *, name: str) -> tuple[Live, ...]:
    """Read from the record when an endpoint was to answer; a change of who answers does not interrupt it.

    Each stretch is named after who answered last in it.
    """
    with catalog.begin() as work:
        events = [event for verb in POINTING for event in events_of(work.session, verb=verb, subject_id=name)]
    found: list[Live] = []
    for event in sorted(events, key=lambda one: one.sequence):
        said = event.payload
        is_stopped = said["mode"] == EndpointMode.STOPPED
        version = str(said["version"] or said.get("from_version") or "")
        present = found[-1] if found and found[-1].until_at is None else None
        if present is not None:
            found.pop()
        since_at = event.happened_at if present is None else present.since_at
        if is_stopped and present is not None:
            found.append(replace(present, until_at=event.happened_at))
        elif not is_stopped:
            found.append(Live(version, str(said["mode"]), since_at, None))
    return tuple(found)
