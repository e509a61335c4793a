"""The proof of the chain: every event follows from the one before it, and one of ours vouches for all before it.

Where nothing is amiss, one signature in a thousand events is looked at, and the attestation of each decision: each seal
names the one before it. Where a seal names anything else, somebody has written past us, and every signature there is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from types import MappingProxyType
from typing import Any

from sqlalchemy import Row, Select, select
from sqlalchemy.orm import Session

from flywheel.catalog.event import BROKEN, LONG_AGO, EventRow, broken, sealed_event, sealer_of
from flywheel.domain.digests import Digest
from flywheel.domain.events import GENESIS, Event, Payload
from flywheel.domain.payloads.table import read_payload
from flywheel.domain.seals import NOTHING, Link, Sealer, followed, is_vouched_for, link_to, named
from flywheel.errors import FlywheelError, Tampered, counted

BATCH = 1_000
_COLUMNS = tuple(EventRow.__table__.columns)


@dataclass(frozen=True)
class Place:
    """How far the chain was proven: its last event, the last that bears our seal, and when that happened."""

    sequence: int = 0
    hash: Digest = GENESIS
    happened_at: datetime = LONG_AGO
    sealed: Link = NOTHING

    def next(self, row: Row[Any], event: Event | None) -> Place:
        """Go on to the event that follows; one without our seal holds the chain together, and no more."""
        if event is None:
            return replace(self, sequence=row.sequence, hash=Digest(row.hash))
        sealed = link_to(event.sequence, event.hash, event.seal)
        return Place(event.sequence, event.hash, event.happened_at, sealed)


@dataclass(frozen=True)
class Proven:
    """A proven place in the chain, with the event there and what it says; without, where it does not bear our seal."""

    place: Place
    told: tuple[Event, Payload] | None


@dataclass(frozen=True)
class Verification:
    """Whether the chain holds; where it does not, the first bad sequence and why."""

    count: int
    head: Digest
    first_bad: int | None = None
    reason: str = ""
    differing: tuple[str, ...] = ()
    """The rows of the tables that are not as the events say."""
    unsealed: tuple[int, ...] = ()
    """Events that do not bear the installation's seal: nobody decided them here, and they count for nothing."""

    @property
    def is_sound(self) -> bool:
        """Nothing was found."""
        return self.first_bad is None and not self.differing and not self.unsealed


def check_chain(session: Session, *, known_heads: Mapping[int, str]) -> Verification:
    """Recompute every seal, see that time never runs back, hold the chain against heads that were exported earlier."""
    end, unsealed = Place(), list[int]()
    try:
        for one in proven_events(session, Place(), known_heads=known_heads):
            end = one.place
            unsealed += [] if one.told is not None else [end.sequence]
    except Tampered as fault:
        return Verification(end.sequence, end.hash, int(str(fault.found)), fault.what.removeprefix(BROKEN))
    cut = min((sequence for sequence in known_heads if sequence > end.sequence), default=None)
    if cut is not None:
        reason = f"the chain ends at {end.sequence}, but {counted(cut, 'event', 'were')} exported"
        return Verification(end.sequence, end.hash, end.sequence + 1, reason)
    return Verification(end.sequence, end.hash, unsealed=tuple(unsealed))


def proven_events(
    session: Session, after: Place, *, until: int | None = None, known_heads: Mapping[int, str] = MappingProxyType({})
) -> Iterator[Proven]:
    """Give the events that follow a proven place, each once its own is proven.

    The place itself is looked at again: a chain that was cut or rewritten behind it continues from elsewhere. Refuse
    at the first fault.
    """
    wanted: Select[Any] = select(*_COLUMNS).where(EventRow.sequence >= after.sequence).order_by(EventRow.sequence)
    if until is not None:
        wanted = wanted.where(EventRow.sequence <= until)
    with closing(session.execute(wanted.execution_options(yield_per=BATCH))) as rows:
        if after.sequence and _differs(next(rows, None), after):
            raise not_as_proven(after)
        while batch := tuple(islice(rows, BATCH)):
            for row, follows in zip(batch, _seals_in(sealer_of(session), batch, after), strict=True):
                event = _proven(row, after, follows, known=known_heads.get(row.sequence))
                after = after.next(row, event)
                yield Proven(after, None if event is None else (event, _said_in(event)))


def not_as_proven(place: Place) -> Tampered:
    """Say that the chain does not lead through a place that was proven."""
    return broken(place.sequence, f"event {place.sequence} is not the one that was proven before")


def _seals_in(sealer: Sealer, rows: Sequence[Row[Any]], after: Place) -> Sequence[Link | None]:
    """Tell of each event which sealed one it follows; nothing where its seal is not ours."""
    said, here = [named(row.seal) for row in rows], after.sealed
    for row, link in zip(rows, said, strict=True):
        if link != here or not is_vouched_for(sealer, row.hash, verb=row.verb, seal=row.seal):
            break
        here = link_to(row.sequence, row.hash, row.seal)
    else:
        if followed(sealer, rows[-1].hash, verb=rows[-1].verb, seal=rows[-1].seal) is not None:
            return said
    return [followed(sealer, row.hash, verb=row.verb, seal=row.seal) for row in rows]


def _said_in(event: Event) -> Payload:
    try:
        return read_payload(event.verb, event.payload)
    except FlywheelError as error:
        raise broken(event.sequence, f"event {event.sequence} cannot be read: {error.what}") from error


def _differs(row: Row[Any] | None, place: Place) -> bool:
    return row is None or (row.sequence, row.hash) != (place.sequence, place.hash)


def _proven(row: Row[Any], after: Place, follows: Link | None, *, known: str | None) -> Event | None:
    """Hold an event to its place; give it where it bears our seal. What another says is not looked at."""
    reason = _fault_in(row, after, known=known)
    event = sealed_event(row) if follows is not None and not reason else None
    reason = reason or _fault_in_seal(event, after, follows)
    if reason:
        raise broken(min(row.sequence, after.sequence + 1), reason)
    return event


def _fault_in(row: Row[Any], after: Place, *, known: str | None) -> str:
    if row.sequence != after.sequence + 1:
        return f"event {after.sequence + 1} is missing"
    if row.previous_hash != after.hash:
        return f"event {row.sequence} does not continue event {row.sequence - 1}"
    if known is not None and known != row.hash:
        return f"event {row.sequence} is not the one that was exported"
    return ""


def _fault_in_seal(event: Event | None, after: Place, follows: Link | None) -> str:
    if event is None or follows is None:
        return ""
    if event.happened_at < after.happened_at:
        return f"event {event.sequence} is older than event {after.sealed.sequence}"
    if follows != after.sealed:
        earlier = max(follows.sequence, after.sealed.sequence)
        return f"event {earlier} had another seal when event {event.sequence} was written"
    return ""
