"""The one append-only table: every decision as an event, sealed to the event before it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from types import MappingProxyType

from sqlalchemy import Index, Select, func, select, text
from sqlalchemy.dialects.postgresql import JSON
from sqlalchemy.orm import Mapped, Session, mapped_column

from flywheel.catalog.base import Base, Document
from flywheel.domain.digests import Digest
from flywheel.domain.events import GENESIS, Draft, Event, Payload, SubjectKind, Verb, hash_of, seal, sealed_text
from flywheel.domain.payloads.table import read_payload
from flywheel.domain.seals import Sealer, followed, seal_event
from flywheel.errors import FlywheelError, InputRefused, Tampered, counted

CHAIN_LOCK = 7_201_001
"""Number of the advisory lock under which the chain grows, so that its order is one order."""


LONG_AGO = datetime.min.replace(tzinfo=UTC)
BROKEN = "the record does not hold: "


class EventRow(Base):
    """One event; the database refuses to change or delete it."""

    __tablename__ = "event"
    __table_args__ = (Index("ix_event_subject", "subject_kind", "subject_id", "sequence"),)

    sequence: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    happened_at: Mapped[datetime]
    verb: Mapped[str]
    actor: Mapped[str]
    subject_kind: Mapped[str]
    subject_id: Mapped[str]
    subject_digest: Mapped[str]
    payload: Mapped[Document] = mapped_column(JSON())
    previous_hash: Mapped[str] = mapped_column(unique=True)
    hash: Mapped[str] = mapped_column(unique=True)
    seal: Mapped[str]


@dataclass(frozen=True)
class Head:
    """The end of the chain: export it elsewhere, and later nobody can shorten or rewrite what came before."""

    sequence: int
    hash: Digest


@dataclass(frozen=True)
class Place:
    """How far the chain was proven: its last event, when that happened, and the last that bears our seal."""

    sequence: int = 0
    hash: Digest = GENESIS
    happened_at: datetime = LONG_AGO
    sealed: int = 0

    def next(self, event: Event, *, is_sealed: bool) -> Place:
        """Go on to the event that follows."""
        return Place(event.sequence, event.hash, event.happened_at, event.sequence if is_sealed else self.sealed)


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


def settle_time(
    session: Session, clock: Callable[[Session], datetime], check: Callable[[datetime, datetime], None]
) -> datetime:
    """Read the time once the end of the chain is ours: whatever was decided before is known, and none of it is later.

    What a decision weighs at this time therefore still holds when its event is written; row locks come before it.
    """
    session.flush()
    lock_chain(session)
    last, now = last_time(session), clock(session)
    check(now, last)
    return max(last, now)


def last_time(session: Session) -> datetime:
    """Read when the last event was written."""
    return _end_of(session)[1]


def database_time(session: Session) -> datetime:
    """Read the database's clock, at this very moment and not at the transaction's begin."""
    now: datetime = session.execute(select(func.clock_timestamp())).scalar_one()
    return now.astimezone(UTC)


def append_event(session: Session, draft: Draft, *, now: datetime) -> Event:
    """Append an event at the end of the chain; others wait until this transaction ends."""
    session.flush()  # row locks first, the chain's lock last: one order, no deadlock
    lock_chain(session)
    head, last_at = _end_of(session)  # a savepoint that was rolled back has let the end of the chain go meanwhile
    happened_at = max(last_at, now.astimezone(UTC))
    event = seal(draft, sequence=head.sequence + 1, happened_at=happened_at, previous_hash=head.hash)
    read_payload(event.verb, event.payload)
    sealed = sealed_text(event)
    _check_text(sealed)
    put = seal_event(_sealer(session), event.hash, follows=_last_sealed(session))
    session.execute(text("SELECT append_event(:sealed, :seal)"), {"sealed": sealed, "seal": put})
    return replace(event, seal=put)


def lock_chain(session: Session) -> None:
    """Wait for the right to append."""
    session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": CHAIN_LOCK})


def read_head(session: Session) -> Head:
    """Read the end of the chain."""
    return _end_of(session)[0]


def read_events(session: Session) -> Iterator[Event]:
    """Read the whole chain in order, in batches."""
    yield from believed(session, _in_order(1_000))


def latest_of(session: Session, *, verb: Verb, subject_id: str) -> Event | None:
    """Find the last event of a kind about a subject."""
    wanted = (EventRow.verb == verb.value, EventRow.subject_id == subject_id)
    return next(believed(session, select(EventRow).where(*wanted).order_by(EventRow.sequence.desc())), None)


def has_happened(session: Session, verb: Verb) -> bool:
    """Whether an event of this kind was ever written."""
    wanted = select(EventRow).where(EventRow.verb == verb.value).order_by(EventRow.sequence)
    return next(believed(session, wanted.execution_options(yield_per=10)), None) is not None


def events_of(session: Session, *, verb: Verb, subject_id: str) -> tuple[Event, ...]:
    """List the events of a kind about a subject, the oldest first."""
    wanted = (EventRow.verb == verb.value, EventRow.subject_id == subject_id)
    return tuple(believed(session, select(EventRow).where(*wanted).order_by(EventRow.sequence)))


def believed(session: Session, wanted: Select[tuple[EventRow]]) -> Iterator[Event]:
    """Read events, without those that do not bear the installation's seal."""
    with closing(session.scalars(wanted)) as rows:
        for row in rows:
            if _follows(session, row) is not None:
                yield event_of(row)
            session.expunge(row)


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
    wanted = _in_order(1_000).where(EventRow.sequence >= after.sequence)
    if until is not None:
        wanted = wanted.where(EventRow.sequence <= until)
    with closing(session.scalars(wanted)) as rows:
        if after.sequence and _differs(next(rows, None), after):
            raise _broken(after.sequence, f"event {after.sequence} is not the one that was proven before")
        for row in rows:
            follows = _follows(session, row)
            if reason := _fault_in(row, after, follows, known=known_heads.get(row.sequence)):
                raise _broken(min(row.sequence, after.sequence + 1), reason)
            event = event_of(row)
            yield Proven(event, None if follows is None else _said_in(event))
            after = after.next(event, is_sealed=follows is not None)
            session.expunge(row)


def _said_in(event: Event) -> Payload:
    try:
        return read_payload(event.verb, event.payload)
    except FlywheelError as error:
        raise _broken(event.sequence, f"event {event.sequence} cannot be read: {error.what}") from error


def _differs(row: EventRow | None, place: Place) -> bool:
    return row is None or (row.sequence, row.hash) != (place.sequence, place.hash)


def _broken(sequence: int, reason: str) -> Tampered:
    return Tampered(
        f"{BROKEN}{reason}",
        found=sequence,
        next_step="`flywheel events verify` names what was changed; restore a backup. Until then nothing opens",
    )


def event_of(row: EventRow) -> Event:
    """Read a row as the domain's event."""
    return Event(
        row.sequence,
        row.happened_at.astimezone(UTC),
        Verb(row.verb),
        row.actor,
        SubjectKind(row.subject_kind),
        row.subject_id,
        row.subject_digest,
        row.payload,
        Digest(row.previous_hash),
        Digest(row.hash),
        row.seal,
    )


def _end_of(session: Session) -> tuple[Head, datetime]:
    wanted = select(EventRow.sequence, EventRow.hash, EventRow.happened_at)
    row = session.execute(wanted.order_by(EventRow.sequence.desc()).limit(1)).first()
    if row is None:
        return Head(0, GENESIS), datetime.min.replace(tzinfo=UTC)
    return Head(row.sequence, Digest(row.hash)), row.happened_at.astimezone(UTC)


def _in_order(batch: int) -> Select[tuple[EventRow]]:
    return select(EventRow).order_by(EventRow.sequence).execution_options(yield_per=batch)


def _fault_in(row: EventRow, after: Place, follows: int | None, *, known: str | None) -> str:
    if row.sequence != after.sequence + 1:
        return f"event {after.sequence + 1} is missing"
    if row.previous_hash != after.hash:
        return f"event {row.sequence} does not continue event {row.sequence - 1}"
    try:
        sealed = hash_of(event_of(row))
    except (ValueError, TypeError) as error:
        return f"event {row.sequence} cannot be read: {error}"
    if row.hash != sealed:
        return f"event {row.sequence} is not what was written"
    if known is not None and known != row.hash:
        return f"event {row.sequence} is not the one that was exported"
    if row.happened_at < after.happened_at:
        return f"event {row.sequence} is older than event {after.sequence}"
    if follows is not None and follows != after.sealed:
        return f"event {max(follows, after.sealed)} bore another seal when event {row.sequence} was written"
    return ""


def _sealer(session: Session) -> Sealer:
    sealer: Sealer = session.info["sealer"]
    return sealer


def _follows(session: Session, row: EventRow) -> int | None:
    return followed(_sealer(session), row.hash, seal=row.seal)


def _last_sealed(session: Session) -> int:
    """Find the last event that bears our seal: the last one, unless somebody appended past us."""
    rows = session.scalars(select(EventRow).order_by(EventRow.sequence.desc()).execution_options(yield_per=10))
    with closing(rows):
        return next((row.sequence for row in rows if _follows(session, row) is not None), 0)


def _check_text(written: str) -> None:
    escaped = written.replace("\\\\", "")  # a written backslash begins no escape
    if "\\u0000" in escaped or any("\ud800" <= character <= "\udfff" for character in written):
        raise InputRefused("a text holds a character that cannot be stored", allowed="text without NUL and surrogates")
