"""The one append-only table: every decision as an event, sealed to the event before it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Computed, Index, Row, Select, func, select, text
from sqlalchemy.dialects.postgresql import JSON
from sqlalchemy.orm import Mapped, Session, mapped_column

from flywheel.catalog.base import Base, Document
from flywheel.catalog.turn import take_turn
from flywheel.domain.digests import DEEPEST, Digest, read_json
from flywheel.domain.events import GENESIS, Draft, Event, SubjectKind, Verb, hash_of, seal, sealed_text
from flywheel.domain.payloads.table import read_payload
from flywheel.domain.seals import NOTHING, Link, Sealer, followed, link_to, seal_event
from flywheel.errors import InputRefused, Tampered

LONG_AGO = datetime.min.replace(tzinfo=UTC)
"""When nothing had happened yet."""

BROKEN = "the record does not hold: "


PROJECT = "CASE WHEN subject_kind = 'project' THEN subject_id ELSE payload ->> 'project' END"


class EventRow(Base):
    """One event; the database refuses to change or delete it."""

    __tablename__ = "event"
    __table_args__ = (
        Index("ix_event_subject", "subject_kind", "subject_id", "sequence"),
        Index("ix_event_project", "project", "sequence"),
    )

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
    project: Mapped[str | None] = mapped_column(Computed(PROJECT, persisted=True))
    """Which project it is about, as PostgreSQL reads it out of what is sealed: nobody can write another."""


@dataclass(frozen=True)
class Head:
    """The end of the chain: export it elsewhere, and later nobody can shorten or rewrite what came before."""

    sequence: int
    hash: Digest


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
    """Read when the last event that bears our seal was written: what others append moves no time."""
    return _last_sealed(session)[1]


def database_time(session: Session) -> datetime:
    """Read the database's clock, at this very moment and not at the transaction's begin."""
    now: datetime = session.execute(select(func.clock_timestamp())).scalar_one()
    return now.astimezone(UTC)


def append_event(session: Session, draft: Draft, *, now: datetime) -> Event:
    """Append an event at the end of the chain; others wait until this transaction ends."""
    session.flush()  # row locks first, the chain's lock last: one order, no deadlock
    lock_chain(session)
    head = read_head(session)  # a savepoint that was rolled back has let the end of the chain go meanwhile
    last, last_at = _last_sealed(session)
    happened_at = max(last_at, now.astimezone(UTC))
    event = seal(draft, sequence=head.sequence + 1, happened_at=happened_at, previous_hash=head.hash)
    read_payload(event.verb, event.payload)
    sealed = sealed_text(event)
    _check_text(sealed)
    put = seal_event(sealer_of(session), event.hash, verb=event.verb, follows=last)
    session.execute(text("SELECT append_event(:sealed, :seal)"), {"sealed": sealed, "seal": put})
    return replace(event, seal=put)


def lock_chain(session: Session) -> None:
    """Wait for the turn to append, so that the chain's order is one order."""
    take_turn(session)


def read_head(session: Session) -> Head:
    """Read the end of the chain."""
    wanted = select(EventRow.sequence, EventRow.hash).order_by(EventRow.sequence.desc()).limit(1)
    row = session.execute(wanted).first()
    return Head(0, GENESIS) if row is None else Head(row.sequence, Digest(row.hash))


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
    """Read events, without those that do not bear the installation's seal; refuse one that is not what was sealed."""
    with closing(session.scalars(wanted)) as rows:
        for row in rows:
            if followed(sealer_of(session), row.hash, verb=row.verb, seal=row.seal) is not None:
                yield sealed_event(row)
            session.expunge(row)


def sealed_event(row: EventRow | Row[Any]) -> Event:
    """Read an event that bears our seal, which is over its hash; refuse what is not what was sealed."""
    try:
        event = event_of(row)
        is_as_written = event.hash == hash_of(event)
    except (ValueError, TypeError, RecursionError) as error:
        raise broken(row.sequence, f"event {row.sequence} cannot be read: {error}") from error
    if not is_as_written:
        raise broken(row.sequence, f"event {row.sequence} was altered")
    return event


def broken(sequence: int, reason: str) -> Tampered:
    """Say that the chain does not hold, from which event on."""
    return Tampered(
        f"{BROKEN}{reason}",
        found=sequence,
        next_step="`flywheel events verify` names what was changed; restore a backup. Until then nothing opens",
    )


def event_of(row: EventRow | Row[Any]) -> Event:
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


def sealer_of(session: Session) -> Sealer:
    """Whose seal the events of this record bear."""
    sealer: Sealer = session.info["sealer"]
    return sealer


def _last_sealed(session: Session) -> tuple[Link, datetime]:
    """Find the last event that bears our seal, and when it was written: the last one, unless somebody went past us."""
    columns = (EventRow.sequence, EventRow.verb, EventRow.hash, EventRow.seal, EventRow.happened_at)
    wanted = select(*columns).order_by(EventRow.sequence.desc()).execution_options(yield_per=10)
    with closing(session.execute(wanted)) as rows:
        for row in rows:
            if followed(sealer_of(session), row.hash, verb=row.verb, seal=row.seal) is not None:
                return link_to(row.sequence, row.hash, row.seal), row.happened_at.astimezone(UTC)
    return NOTHING, LONG_AGO


def _check_text(written: str) -> None:
    escaped = written.replace("\\\\", "")  # a written backslash begins no escape
    if "\\u0000" in escaped or any("\ud800" <= character <= "\udfff" for character in written):
        raise InputRefused("a text holds a character that cannot be stored", allowed="text without NUL and surrogates")
    if isinstance(read_json(written), dict):  # an event is written as a list
        raise InputRefused(
            "an event has content that cannot be read", allowed=f"values within each other {DEEPEST} deep"
        )
