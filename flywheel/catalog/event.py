"""The one append-only table: every decision as an event, sealed to the event before it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from sqlalchemy import Index, Select, func, select, text
from sqlalchemy.dialects.postgresql import JSON
from sqlalchemy.orm import Mapped, Session, mapped_column

from flywheel.catalog.base import Base, Document
from flywheel.domain.digests import Digest, canonical_json
from flywheel.domain.events import GENESIS, Draft, Event, SubjectKind, Verb, seal, sealed_text
from flywheel.domain.masking import shown
from flywheel.errors import InputRefused, Tampered, counted

CHAIN_LOCK = 7_201_001
"""Number of the advisory lock under which the chain grows, so that its order is one order."""


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


@dataclass(frozen=True)
class Head:
    """The end of the chain: export it elsewhere, and later nobody can shorten or rewrite what came before."""

    sequence: int
    hash: Digest


@dataclass(frozen=True)
class Verification:
    """Whether the chain holds; where it does not, the first bad sequence and why."""

    count: int
    head: Digest
    first_bad: int | None = None
    reason: str = ""
    differing: tuple[str, ...] = ()
    """The rows of the tables that are not as the events say."""

    @property
    def is_sound(self) -> bool:
        """Nothing was found."""
        return self.first_bad is None and not self.differing


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
    _check_text(draft)
    draft = replace(draft, payload=shown(draft.payload))
    session.flush()  # row locks first, the chain's lock last: one order, no deadlock
    lock_chain(session)
    head, last_at = _end_of(session)  # a savepoint that was rolled back has let the end of the chain go meanwhile
    happened_at = max(last_at, now.astimezone(UTC))
    sequence = head.sequence + 1
    sealed = sealed_text(draft, sequence=sequence, happened_at=happened_at, previous_hash=head.hash)
    session.execute(text("SELECT append_event(:sealed)"), {"sealed": sealed})
    return seal(draft, sequence=sequence, happened_at=happened_at, previous_hash=head.hash)


def lock_chain(session: Session) -> None:
    """Wait for the right to append."""
    session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": CHAIN_LOCK})


def read_head(session: Session) -> Head:
    """Read the end of the chain."""
    return _end_of(session)[0]


def read_events(session: Session, *, batch: int = 1_000) -> Iterator[Event]:
    """Read the whole chain in order, in batches."""
    with closing(session.scalars(_in_order(batch))) as rows:
        for row in rows:
            yield event_of(row)
            session.expunge(row)


def latest_of(session: Session, *, verb: Verb, subject_id: str) -> Event | None:
    """Find the last event of a kind about a subject."""
    wanted = (EventRow.verb == verb.value, EventRow.subject_id == subject_id)
    row = session.scalar(select(EventRow).where(*wanted).order_by(EventRow.sequence.desc()).limit(1))
    return event_of(row) if row else None


def has_happened(session: Session, verb: Verb) -> bool:
    """Whether an event of this kind was ever written."""
    return session.scalar(select(EventRow.sequence).where(EventRow.verb == verb.value).limit(1)) is not None


def events_of(session: Session, *, verb: Verb, subject_id: str) -> tuple[Event, ...]:
    """List the events of a kind about a subject, the oldest first."""
    wanted = (EventRow.verb == verb.value, EventRow.subject_id == subject_id)
    return tuple(event_of(row) for row in session.scalars(select(EventRow).where(*wanted).order_by(EventRow.sequence)))


def check_chain(session: Session, *, known_heads: Mapping[int, str]) -> Verification:
    """Recompute every seal, see that time never runs back, hold the chain against heads that were exported earlier."""
    previous, count, last_at = GENESIS, 0, datetime.min.replace(tzinfo=UTC)
    with closing(session.scalars(_in_order(1_000))) as rows:
        for row in rows:
            reason = _fault_in(row, expected=count + 1, previous=previous, known=known_heads.get(row.sequence))
            if not reason and row.happened_at < last_at:
                reason = f"event {row.sequence} is older than event {count}"
            if reason:
                return Verification(count, previous, min(row.sequence, count + 1), reason)
            previous, count, last_at = Digest(row.hash), count + 1, row.happened_at
            session.expunge(row)
    cut = min((sequence for sequence in known_heads if sequence > count), default=None)
    if cut is not None:
        return Verification(
            count, previous, count + 1, f"the chain ends at {count}, but {counted(cut, 'event', 'were')} exported"
        )
    return Verification(count, previous)


def proven_events(session: Session, *, after: Head, last_at: datetime, until: int | None = None) -> Iterator[Event]:
    """Give the events that follow a proven head, each once its place in the chain is proven; refuse at the first fault.

    The head itself is looked at again: a chain that was cut or rewritten behind it continues from elsewhere.
    """
    wanted = _in_order(1_000).where(EventRow.sequence >= after.sequence)
    if until is not None:
        wanted = wanted.where(EventRow.sequence <= until)
    previous, expected = after.hash, after.sequence + 1
    with closing(session.scalars(wanted)) as rows:
        if after.sequence and _differs(next(rows, None), after):
            raise _broken(after.sequence, f"event {after.sequence} is not the one that was proven before")
        for row in rows:
            reason = _fault_in(row, expected=expected, previous=previous, known=None)
            if not reason and row.happened_at < last_at:
                reason = f"event {row.sequence} is older than event {expected - 1}"
            if reason:
                raise _broken(min(row.sequence, expected), reason)
            yield event_of(row)
            previous, expected, last_at = Digest(row.hash), row.sequence + 1, row.happened_at
            session.expunge(row)


def _differs(row: EventRow | None, head: Head) -> bool:
    return row is None or (row.sequence, row.hash) != (head.sequence, head.hash)


def _broken(sequence: int, reason: str) -> Tampered:
    return Tampered(
        f"the record does not hold: {reason}",
        found=f"event {sequence}",
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
    )


def _end_of(session: Session) -> tuple[Head, datetime]:
    wanted = select(EventRow.sequence, EventRow.hash, EventRow.happened_at)
    row = session.execute(wanted.order_by(EventRow.sequence.desc()).limit(1)).first()
    if row is None:
        return Head(0, GENESIS), datetime.min.replace(tzinfo=UTC)
    return Head(row.sequence, Digest(row.hash)), row.happened_at.astimezone(UTC)


def _in_order(batch: int) -> Select[tuple[EventRow]]:
    return select(EventRow).order_by(EventRow.sequence).execution_options(yield_per=batch)


def _fault_in(row: EventRow, *, expected: int, previous: Digest, known: str | None) -> str:
    if row.sequence != expected:
        return f"event {expected} is missing"
    if row.previous_hash != previous:
        return f"event {row.sequence} does not continue event {row.sequence - 1}"
    try:
        event = event_of(row)
        draft = Draft(
            event.verb, event.actor, event.subject_kind, event.subject_id, event.subject_digest, event.payload
        )
        sealed = seal(draft, sequence=event.sequence, happened_at=event.happened_at, previous_hash=previous).hash
    except (ValueError, TypeError) as error:
        return f"event {row.sequence} cannot be read: {error}"
    if row.hash != sealed:
        return f"event {row.sequence} is not what was written"
    if known is not None and known != row.hash:
        return f"event {row.sequence} is not the one that was exported"
    return ""


def _check_text(draft: Draft) -> None:
    written = canonical_json([draft.actor, draft.subject_id, draft.subject_digest, draft.payload])
    escaped = written.replace("\\\\", "")  # a written backslash begins no escape
    if "\\u0000" in escaped or any("\ud800" <= character <= "\udfff" for character in written):
        raise InputRefused("a text holds a character that cannot be stored", allowed="text without NUL and surrogates")
