"""Endpoints: what should answer, and what was seen to answer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from flywheel.catalog.endpoint import (
    PROJECTIONS as POINTING,
)
from flywheel.catalog.endpoint import (
    EndpointRecord,
    EndpointRow,
    Observation,
    find_endpoint,
    find_observation,
    put_observation,
    read_endpoints,
    record_of,
)
from flywheel.catalog.engine import Catalog, UnitOfWork
from flywheel.catalog.event import events_of
from flywheel.catalog.ground import Ground
from flywheel.domain.endpoints import EndpointMode
from flywheel.domain.payloads.serving import EndpointLed, EndpointLimited, ModelReleased
from flywheel.domain.payloads.table import read_payload
from flywheel.errors import Tampered

__all__ = [
    "EndpointMode",
    "EndpointRecord",
    "Live",
    "Observation",
    "answering_stretches",
    "desired",
    "find",
    "live_stretches",
    "observation",
    "observe",
]


def desired(catalog: Catalog) -> tuple[EndpointRecord, ...]:
    """List what should answer, stopped endpoints included, as the proven chain says and not the tables.

    Where the record does not hold, nothing opens that was not proven before; what the tables say is stopped is.
    """
    with catalog.look() as work:
        try:
            ground = work.ground()
        except Tampered:  # the steward pages about it, and compares the tables too
            shown = read_endpoints(work.session)
            stopped = [one for one in shown if one.mode is EndpointMode.STOPPED]
            names = {one.name for one in stopped}
            return (*(one for one in _desired(work, catalog.footing.proven) if one.name not in names), *stopped)
        return _desired(work, ground)


def _desired(work: UnitOfWork, ground: Ground) -> tuple[EndpointRecord, ...]:
    rows = sorted((row for _, row in ground.rows(EndpointRow)), key=lambda row: row.name)
    return tuple(record_of(row, find_observation(work.session, row.name)) for row in rows)


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
        said = read_payload(event.verb, event.payload)
        assert isinstance(said, ModelReleased | EndpointLed | EndpointLimited)
        is_stopped = said.mode is EndpointMode.STOPPED
        left = said.from_version if isinstance(said, EndpointLed) else None
        version = said.version or left or ""
        present = found[-1] if found and found[-1].until_at is None else None
        if present is not None:
            found.pop()
        since_at = event.happened_at if present is None else present.since_at
        if is_stopped and present is not None:
            found.append(replace(present, until_at=event.happened_at))
        elif not is_stopped:
            found.append(Live(version, said.mode.value, since_at, None))
    return tuple(found)


def answering_stretches(catalog: Catalog, *, name: str) -> tuple[Live, ...]:
    """Read from the record who was to answer when, oldest first: a change of who answers begins another stretch."""
    with catalog.begin() as work:
        events = [event for verb in POINTING for event in events_of(work.session, verb=verb, subject_id=name)]
    found: list[Live] = []
    for event in sorted(events, key=lambda one: one.sequence):
        said = read_payload(event.verb, event.payload)
        assert isinstance(said, ModelReleased | EndpointLed | EndpointLimited)
        present = found[-1] if found and found[-1].until_at is None else None
        version = said.version or (present.version if present else "")
        if present is not None and (present.version, present.served_by) == (version, said.mode.value):
            continue
        if present is not None:
            found[-1] = replace(present, until_at=event.happened_at)
        if said.mode is not EndpointMode.STOPPED:
            found.append(Live(version, said.mode.value, event.happened_at, None))
    return tuple(found)
