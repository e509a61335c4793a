"""The faults that one incident was told of, and which of them stand: a resolution closes those that it names."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from flywheel.catalog.engine import UnitOfWork
from flywheel.catalog.event import events_of
from flywheel.domain.events import Event, Verb
from flywheel.domain.payloads.serving import IncidentPartlyResolved, IncidentSeen
from flywheel.errors import InputRefused, Refused, some_of


@dataclass(frozen=True)
class ToldFault:
    """What rang in an incident that had not rung in it before, by the page that told of it."""

    number: int
    title: str
    signs: frozenset[str]
    is_over: bool = False


def told_faults(work: UnitOfWork, incident: str) -> tuple[ToldFault, ...]:
    """List what an incident was told of, the oldest first; what is over and rings again is told of again."""
    told: list[ToldFault] = []
    for event in sorted(_events(work, incident), key=lambda one: one.sequence):
        if event.verb is Verb.INCIDENT_PARTLY_RESOLVED:
            closed = event.said(IncidentPartlyResolved).numbers
            told = [replace(one, is_over=one.is_over or one.number in closed) for one in told]
        elif event.verb is Verb.INCIDENT_RESOLVED:
            told = [replace(one, is_over=True) for one in told]
        else:
            said = event.said(IncidentSeen)
            new = frozenset(said.signs) - signs_standing(told)
            if new or not told:
                told.append(ToldFault(len(told) + 1, said.title, new))
    return tuple(told)


def signs_standing(told: Collection[ToldFault]) -> frozenset[str]:
    """Name what rings in an incident and is not over."""
    return frozenset[str]().union(*(one.signs for one in told if not one.is_over))


def standing(told: Collection[ToldFault]) -> tuple[ToldFault, ...]:
    """Give the faults that are not over."""
    return tuple(one for one in told if not one.is_over)


def is_told_of_what_is_over(work: UnitOfWork, incident: str, title: str) -> bool:
    """Whether a page is about nothing that still stands, by the incident's events."""
    told = told_faults(work, incident)
    if told and not standing(told):
        return True
    return title in {one.title for one in told} - {one.title for one in standing(told)}


def to_close(told: Collection[ToldFault], numbers: Collection[int], *, incident: str) -> tuple[ToldFault, ...]:
    """Take the faults that a resolution names, and without names the only one that stands; refuse to close others."""
    open_ones = standing(told)
    if not numbers and len(open_ones) > 1:
        raise Refused(
            f"{len(open_ones)} faults are open in {incident}, and a resolution must say which of them it closes",
            found=listed(open_ones),
            allowed="--fault with a number, once for each, or --fault all",
            next_step="`flywheel incidents list` lists each",
        )
    chosen = tuple(one for one in open_ones if one.number in numbers) if numbers else open_ones
    if unknown := sorted(set(numbers) - {one.number for one in chosen}):
        raise InputRefused(
            f"{incident} has no such open fault", found=some_of(map(str, unknown)), allowed=listed(open_ones)
        )
    return chosen


def listed(faults: Collection[ToldFault]) -> str:
    """Name faults by number and title."""
    return "; ".join(f"{one.number}: {one.title}" for one in faults)


def _events(work: UnitOfWork, incident: str) -> tuple[Event, ...]:
    verbs = (Verb.INCIDENT_OPENED, Verb.INCIDENT_RECURRED, Verb.INCIDENT_PARTLY_RESOLVED, Verb.INCIDENT_RESOLVED)
    return tuple(event for verb in verbs for event in events_of(work.session, verb=verb, subject_id=incident))
