"""The proof of the chain: every event follows from the one before it, and one of ours vouches for all before it.

Where nothing is amiss, one signature in a thousand events is looked at: each seal names the one before it. Where a seal
names anything else, somebody has written past us, and every signature there is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from types import MappingProxyType
from typing import Any

from sqlalchemy import Row, Select, select
from sqlalchemy.orm import Session

from flywheel.catalog.event import BROKEN, EventRow, broken, event_of, sealer_of
from flywheel.domain.digests import Digest
from flywheel.domain.events import GENESIS, Event, Payload, hash_of
from flywheel.domain.payloads.table import read_payload
from flywheel.domain.seals import NOTHING, Link, Sealer, followed, link_to, named
from flywheel.errors import FlywheelError, Tampered, counted

BATCH = 1_000
LONG_AGO = datetime.min.replace(tzinfo=UTC)
_COLUMNS = tuple(EventRow.__table__.columns)


@dataclass(frozen=True)
class Place:
    """How far the chain was proven: its last event, when that happened, and the last that bears our seal."""

    sequence: int = 0
    hash: Digest = GENESIS
    happened_at: datetime = LONG_AGO
    sealed: Link = NOTHING

    def next(self, event: Event, *, is_sealed: bool) -> Place:
        """Go on to the event that follows."""
        sealed = link_to(event.sequence, event.hash, event.seal) if is_sealed else self.sealed
        return Place(event.sequence, event.hash, event.happened_at, sealed)


@dataclass(frozen=True)
class Proven:
    """An event that was proven, and what it says; nothing where it does not bear our seal."""

    event: Event
    said: Payload | None


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
    previous, count, unsealed = GENESIS, 0, list[int]()
    try:
        for one in proven_events(session, Place(), known_heads=known_heads):
            previous, count = one.event.hash, one.event.sequence
            unsealed += [] if one.said is not None else [count]
    except Tampered as fault:
        return Verification(count, previous, int(str(fault.found)), fault.what.removeprefix(BROKEN))
    cut = min((sequence for sequence in known_heads if sequence > count), default=None)
    if cut is not None:
        return Verification(
            count, previous, count + 1, f"the chain ends at {count}, but {counted(cut, 'event', 'were')} exported"
        )
    return Verification(count, previous, unsealed=tuple(unsealed))


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
            raise broken(after.sequence, f"event {after.sequence} is not the one that was proven before")
        while batch := tuple(islice(rows, BATCH)):
            for row, follows in zip(batch, _seals_in(sealer_of(session), batch, after), strict=True):
                event = _proven(row, after, follows, known=known_heads.get(row.sequence))
                yield Proven(event, None if follows is None else _said_in(event))
                after = after.next(event, is_sealed=follows is not None)


def _seals_in(sealer: Sealer, rows: Sequence[Row[Any]], after: Place) -> Sequence[Link | None]:
    """Tell of each event which sealed one it follows; nothing where its seal is not ours."""
    said, here = [named(row.seal) for row in rows], after.sealed
    for row, link in zip(rows, said, strict=True):
        if link != here:
            break
        here = link_to(row.sequence, row.hash, row.seal)
    else:
        if followed(sealer, rows[-1].hash, seal=rows[-1].seal) is not None:
            return said
    return [followed(sealer, row.hash, seal=row.seal) for row in rows]


def _said_in(event: Event) -> Payload:
    try:
        return read_payload(event.verb, event.payload)
    except FlywheelError as error:
        raise broken(event.sequence, f"event {event.sequence} cannot be read: {error.what}") from error


def _differs(row: Row[Any] | None, place: Place) -> bool:
    return row is None or (row.sequence, row.hash) != (place.sequence, place.hash)


def _proven(row: Row[Any], after: Place, follows: Link | None, *, known: str | None) -> Event:
    try:
        event = event_of(row)
        reason = _fault_in(event, after, follows, known=known)
    except (ValueError, TypeError) as error:
        raise broken(min(row.sequence, after.sequence + 1), f"event {row.sequence} cannot be read: {error}") from error
    if reason:
        raise broken(min(row.sequence, after.sequence + 1), reason)
    return event


def _fault_in(event: Event, after: Place, follows: Link | None, *, known: str | None) -> str:
    if event.sequence != after.sequence + 1:
        return f"event {after.sequence + 1} is missing"
    if event.previous_hash != after.hash:
        return f"event {event.sequence} does not continue event {event.sequence - 1}"
    if event.hash != hash_of(event):
        return f"event {event.sequence} is not what was written"
    if known is not None and known != event.hash:
        return f"event {event.sequence} is not the one that was exported"
    if event.happened_at < after.happened_at:
        return f"event {event.sequence} is older than event {after.sequence}"
    if follows is not None and follows != after.sealed:
        earlier = max(follows.sequence, after.sealed.sequence)
        return f"event {earlier} bore another seal when event {event.sequence} was written"
    return ""
