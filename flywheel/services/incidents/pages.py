"""Pages: what is to be told of incidents follows from their events, however the outbox stands."""

from __future__ import annotations

from collections.abc import Iterator

from flywheel.catalog.engine import UnitOfWork
from flywheel.catalog.incident import IncidentRecord, told_of
from flywheel.catalog.outbox import put
from flywheel.catalog.project import read_charter, read_project
from flywheel.domain.digests import Json, plain
from flywheel.domain.events import Verb
from flywheel.domain.payloads.serving import IncidentSeen
from flywheel.project.charter.charter import ValueBlock

TOPIC = "page"
_SEEN = frozenset({Verb.INCIDENT_OPENED, Verb.INCIDENT_RECURRED})


def put_pages(work: UnitOfWork, incident: str, *, since: int = 0) -> tuple[str, ...]:
    """Leave the pages that follow from an incident's events; gives those that were not there as we left them."""
    pages, now = _pages_of(work, incident, since), work.clock()
    return tuple(key for key, said in pages if put(work.session, topic=TOPIC, key=key, payload=said, now=now))


def _pages_of(work: UnitOfWork, incident: str, since: int) -> Iterator[tuple[str, dict[str, Json]]]:
    """Give each page with its key, which names the event: an event is paged once over each channel."""
    for event, then in told_of(work.session, incident):
        is_said = event.verb in _SEEN and event.sequence >= since
        channels = event.said(IncidentSeen).channels if is_said else ()
        for channel in channels:
            yield f"{TOPIC}:{event.sequence}:{incident}:{channel}", _message(work, then, channel)


def _message(work: UnitOfWork, incident: IncidentRecord, channel: str) -> dict[str, Json]:
    return {
        "channel": channel,
        "incident": incident.id,
        "project": incident.project,
        "severity": incident.severity.value,
        "title": incident.title,
        "cause": incident.cause,
        "consequence": plain(incident.consequence),
        "currency": _currency(work, incident.project),
        "actions": plain(incident.actions),
    }


def _currency(work: UnitOfWork, project: str) -> str:
    """What the project counts its money in, whether its charter says so or leaves it at the default."""
    record = read_project(work.session, project)
    value = read_charter(work.session, project, project_digest=record.project_digest).get("value")
    default = ValueBlock.model_fields["currency"].default
    return str(value.get("currency", default)) if isinstance(value, dict) else ""
