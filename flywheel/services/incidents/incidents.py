"""Incidents: opened once for each key, paged once for each channel, taken up and resolved by people."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from flywheel.catalog.engine import Catalog, UnitOfWork
from flywheel.catalog.event import latest_of
from flywheel.catalog.idempotency import Once
from flywheel.catalog.incident import IncidentRecord, find_unresolved, next_id, read_incident, read_incidents
from flywheel.catalog.project import lock_project, read_project
from flywheel.domain.authority import Permission
from flywheel.domain.digests import Json, digest_of
from flywheel.domain.events import Draft, Payload, SubjectKind, Verb
from flywheel.domain.incidents import IncidentSeverity, IncidentState, move_incident
from flywheel.domain.payloads.serving import (
    IncidentAcknowledged,
    IncidentPartlyResolved,
    IncidentResolved,
    IncidentSeen,
)
from flywheel.errors import Refused, Tampered
from flywheel.services.incidents.faults import ToldFault, signs_standing, standing, to_close, told_faults
from flywheel.services.incidents.pages import put_pages
from flywheel.services.people.authority import perform
from flywheel.services.people.notary import notarised
from flywheel.services.people.proof import Proof

__all__ = [
    "IncidentRecord",
    "Sighting",
    "acknowledge",
    "acknowledge_in",
    "faults_of",
    "list_incidents",
    "open_incident",
    "report",
    "resolve",
    "resolve_in",
]


@dataclass(frozen=True)
class Sighting:
    """What somebody or something saw, as it goes into an incident."""

    project: str
    key: str
    severity: IncidentSeverity
    title: str
    cause: str
    consequence: Decimal | None
    actions: tuple[str, ...]
    evidence: Mapping[str, Json]
    run_id: str
    signs: tuple[str, ...] = ()
    """What rings, by names without figures: one that is not known yet of an open incident is told like a new one."""
    version: str | None = None
    """Of which version it was seen, and in which window of its traffic."""
    window_from: datetime | None = None
    window_until: datetime | None = None


def open_incident(catalog: Catalog, seen: Sighting, *, channels: tuple[str, ...], actor: str) -> IncidentRecord:
    """Open an incident and page every channel; one with this key that is unresolved gets an occurrence.

    A notice wakes nobody. Where this is worse than what is known, or another sign rings, the incident says so and
    every channel is told.
    """
    with catalog.begin() as work:
        lock_project(work.session, seen.project)
        return read_incident(work.session, report(work, seen, channels=channels, actor=actor))


def report(work: UnitOfWork, seen: Sighting, *, channels: tuple[str, ...], actor: str) -> str:
    """Open an incident within a decision that is under way, or let it recur; gives its id."""
    once = Once("report", seen.project, digest_of(seen))  # a repeated step has said exactly this before
    first = work.recall(once, seen)
    if first is not None:
        return str(first.value)
    known = _known(work, seen.key)
    incident = known.id if known else next_id(work.session, seen.project)
    verb = Verb.INCIDENT_RECURRED if known else Verb.INCIDENT_OPENED
    adds = known is not None and _is_worse(work, known, seen)
    is_paged = seen.severity is IncidentSeverity.PAGE and (known is None or adds)
    said = IncidentSeen(**vars(seen), adds=adds, channels=tuple(dict.fromkeys(channels)) if is_paged else ())
    event = work.append(Draft(verb, actor, SubjectKind.INCIDENT, incident, "", said))
    if is_paged:
        put_pages(work, incident, since=event.sequence)
    work.remember(once, seen, incident)
    return incident


def _known(work: UnitOfWork, key: str) -> IncidentRecord | None:
    """Find the unresolved incident of a key; nothing is added to one of which the chain says nothing."""
    known = find_unresolved(work.session, key)
    if known is not None and latest_of(work.session, verb=Verb.INCIDENT_OPENED, subject_id=known.id) is None:
        raise Tampered(
            f"the tables are not what the record says: nothing says incident {known.id}",
            next_step="find out who can write to the database. The steward puts the tables right within a minute and "
            "pages; `flywheel rebuild` does it at once",
        )
    return known


def _is_worse(work: UnitOfWork, known: IncidentRecord, seen: Sighting) -> bool:
    """Whether this wakes people whom the incident let sleep, or a sign rings that does not stand in it yet."""
    if (known.severity, seen.severity) == (IncidentSeverity.NOTICE, IncidentSeverity.PAGE):
        return True
    return not signs_standing(told_faults(work, known.id)).issuperset(seen.signs)


@notarised
def acknowledge(catalog: Catalog, *, incident: str, proof: Proof) -> IncidentRecord:
    """Say that somebody has taken it up."""
    return _moved(
        catalog,
        incident,
        Permission.TAKE_UP,
        proof,
        lambda work: acknowledge_in(work, incident=incident, actor=proof.who),
    )


@notarised
def resolve(
    catalog: Catalog, *, incident: str, resolution: str, proof: Proof, faults: tuple[int, ...] = ()
) -> IncidentRecord:
    """Say that it is over, and how; where several faults stand in it, of which of them, by their numbers."""
    return _moved(
        catalog,
        incident,
        Permission.RESOLVE,
        proof,
        lambda work: resolve_in(work, incident=incident, resolution=resolution, actor=proof.who, faults=faults),
    )


def acknowledge_in(work: UnitOfWork, *, incident: str, actor: str) -> IncidentRecord:
    """Say within a decision that is under way that somebody has taken it up."""
    project = _movable(work, incident, IncidentState.ACKNOWLEDGED)
    return _said(work, incident, Verb.INCIDENT_ACKNOWLEDGED, IncidentAcknowledged(project), actor=actor)


def resolve_in(
    work: UnitOfWork, *, incident: str, resolution: str, actor: str, faults: tuple[int, ...] = ()
) -> IncidentRecord:
    """Say within a decision that is under way that it is over, and how; it stays open while other faults stand."""
    words = resolution.strip()
    if not words:
        raise Refused("resolving an incident needs a resolution", next_step="say what was done")
    project = _movable(work, incident, IncidentState.RESOLVED)
    told = told_faults(work, incident)
    closed = to_close(told, faults, incident=incident)
    titles = tuple(one.title for one in closed)
    if len(closed) == len(standing(told)):
        return _said(work, incident, Verb.INCIDENT_RESOLVED, IncidentResolved(project, words, titles), actor=actor)
    numbers = tuple(one.number for one in closed)
    said = IncidentPartlyResolved(project, words, numbers, titles)
    return _said(work, incident, Verb.INCIDENT_PARTLY_RESOLVED, said, actor=actor)


def faults_of(catalog: Catalog, *, incident: str) -> tuple[ToldFault, ...]:
    """List what an incident was told of, and what of it is over."""
    with catalog.look() as work:
        return told_faults(work, read_incident(work.session, incident).id)


def list_incidents(
    catalog: Catalog, *, project: str | None = None, is_unresolved: bool = False
) -> tuple[IncidentRecord, ...]:
    """List incidents, the newest first."""
    with catalog.begin() as work:
        if project is not None:
            read_project(work.session, project)
        return read_incidents(work.session, project=project, is_unresolved=is_unresolved)


def _moved(
    catalog: Catalog, incident: str, action: Permission, proof: Proof, act: Callable[[UnitOfWork], IncidentRecord]
) -> IncidentRecord:
    with catalog.look() as work:
        project = read_incident(work.session, incident).project
    return perform(catalog, proof, action, act, project=project)


def _movable(work: UnitOfWork, incident: str, to: IncidentState) -> str:
    """Refuse a move that the incident cannot make; gives its project, which nobody else changes meanwhile."""
    project = read_incident(work.session, incident).project
    lock_project(work.session, project)
    move_incident(read_incident(work.session, incident).state, to)
    return project


def _said(work: UnitOfWork, incident: str, verb: Verb, said: Payload, *, actor: str) -> IncidentRecord:
    work.append(Draft(verb, actor, SubjectKind.INCIDENT, incident, "", said))
    return read_incident(work.session, incident)
