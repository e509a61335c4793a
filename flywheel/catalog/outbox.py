"""Messages to the outside, written with the decision that causes them and delivered afterwards."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, Identity, Index, and_, func, select, text
from sqlalchemy.dialects.postgresql import JSON, insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from flywheel.catalog.base import Base, Document
from flywheel.domain.digests import Json, plain
from flywheel.domain.masking import without_passwords_in

CHANNEL = "flywheel_outbox"
"""Where PostgreSQL announces new messages; a steward LISTENs here."""


class MessageState(StrEnum):
    """How far a message has come; `moot` is one that nobody needs any more, such as the page of what is over."""

    PENDING = "pending"
    SENT = "sent"
    DEAD = "dead"
    MOOT = "moot"


class OutboxRow(Base):
    """One message; its key makes sure that it is written once."""

    __tablename__ = "outbox"
    __table_args__ = (
        Index("ix_outbox_due", "due_at", "id", postgresql_where=text("state = 'pending'")),
        Index("ix_outbox_dead", "id", postgresql_where=text("state = 'dead'")),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    topic: Mapped[str]
    key: Mapped[str] = mapped_column(unique=True)
    payload: Mapped[Document] = mapped_column(JSON())
    state: Mapped[str]
    attempts: Mapped[int]
    due_at: Mapped[datetime]
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    last_error: Mapped[str]


@dataclass(frozen=True)
class Message:
    """A message as people and senders see it."""

    id: int
    topic: str
    key: str
    payload: Mapping[str, Json]
    state: MessageState
    attempts: int
    due_at: datetime
    created_at: datetime
    last_error: str


def put(session: Session, *, topic: str, key: str, payload: Mapping[str, Json], now: datetime) -> bool:
    """Write a message unless its key was used before; wake whoever listens once the transaction commits."""
    body = without_passwords_in(plain(payload))
    written = session.scalar(
        insert(OutboxRow)
        .values(
            topic=topic,
            key=key,
            payload=body,
            state=MessageState.PENDING.value,
            attempts=0,
            due_at=now,
            created_at=now,
            last_error="",
        )
        .on_conflict_do_nothing(index_elements=["key"])
        .returning(OutboxRow.id)
    )
    if written is None:
        return False
    session.execute(select(func.pg_notify(CHANNEL, topic)))
    return True


def take_due(session: Session, *, topics: Collection[str], now: datetime, lane: str | None) -> OutboxRow | None:
    """Lock the message that has been due for longest, of one lane where it is named; others hold none of it."""
    wanted = (_is_due(topics, now),) if lane is None else (_is_due(topics, now), lane == _LANE)
    return session.scalar(
        select(OutboxRow)
        .where(*wanted)
        .order_by(OutboxRow.due_at, OutboxRow.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )


def due_lanes(session: Session, *, topics: Collection[str], now: datetime) -> tuple[str, ...]:
    """Name the lanes in which something is due: one for each topic, and for pages one for each channel."""
    return tuple(session.scalars(select(_LANE).where(_is_due(topics, now)).distinct().order_by(_LANE)))


def make_due(session: Session, *, topics: Collection[str], now: datetime) -> int:
    """Have messages that failed before be tried now; gives how many."""
    waiting = (OutboxRow.state == MessageState.PENDING, OutboxRow.topic.in_(topics), OutboxRow.due_at > now)
    failed = select(OutboxRow).where(*waiting, OutboxRow.last_error != "").with_for_update(skip_locked=True)
    rows = session.scalars(failed).all()
    for row in rows:
        row.due_at = now
    if rows:
        session.execute(select(func.pg_notify(CHANNEL, rows[0].topic)))
    return len(rows)


def is_pending(session: Session, *, topic: str, project: str) -> bool:
    """Whether a message about a project waits to be sent."""
    mine = OutboxRow.payload["project"].as_string() == project
    waiting = select(OutboxRow.id).where(OutboxRow.state == MessageState.PENDING, OutboxRow.topic == topic, mine)
    return session.scalar(waiting.limit(1)) is not None


def count_pages(session: Session, *, project: str, state: MessageState) -> int:
    """Count a project's pages in a state."""
    wanted = (OutboxRow.state == state, OutboxRow.topic == "page", OutboxRow.payload["project"].astext == project)
    return session.scalar(select(func.count()).select_from(OutboxRow).where(*wanted)) or 0


def pages_sent(session: Session, *, project: str, channels: Collection[str]) -> tuple[Message, ...]:
    """List a project's pages that were let go over some channels, the newest first."""
    payload = OutboxRow.payload
    wanted = (OutboxRow.state == MessageState.SENT, OutboxRow.topic == "page", payload["project"].astext == project)
    over = payload["channel"].astext.in_(tuple(channels))
    return tuple(map(message_of, session.scalars(select(OutboxRow).where(*wanted, over).order_by(OutboxRow.id.desc()))))


_LANE = func.concat_ws(":", OutboxRow.topic, OutboxRow.payload["channel"].astext)


def _is_due(topics: Collection[str], now: datetime) -> ColumnElement[bool]:
    return and_(OutboxRow.state == MessageState.PENDING, OutboxRow.topic.in_(topics), OutboxRow.due_at <= now)


def earliest_due(session: Session) -> datetime | None:
    """Say when the next message is due."""
    return session.scalar(select(func.min(OutboxRow.due_at)).where(OutboxRow.state == MessageState.PENDING))


def messages(session: Session, *, state: MessageState, limit: int) -> tuple[Message, ...]:
    """List messages in a state, the newest first."""
    rows = session.scalars(select(OutboxRow).where(OutboxRow.state == state).order_by(OutboxRow.id.desc()).limit(limit))
    return tuple(message_of(row) for row in rows)


def newest_of_key(session: Session, prefix: str) -> Message | None:
    """Find the newest message whose key begins so."""
    wanted = select(OutboxRow).where(OutboxRow.key.startswith(prefix, autoescape=True))
    row = session.scalar(wanted.order_by(OutboxRow.id.desc()).limit(1))
    return message_of(row) if row else None


def message_of(row: OutboxRow) -> Message:
    """Read a row."""
    return Message(
        row.id,
        row.topic,
        row.key,
        row.payload,
        MessageState(row.state),
        row.attempts,
        row.due_at,
        row.created_at,
        row.last_error,
    )
