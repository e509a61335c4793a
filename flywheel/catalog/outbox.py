"""Messages to the outside, written with the decision that causes them and delivered afterwards.

Each bears our seal over what it says, and another over how far it has come: a row that somebody else wrote is neither
sent nor taken for one that was, and one that somebody else moved on is due again. Rather twice than never.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, Identity, Index, and_, delete, func, select, text, true
from sqlalchemy.dialects.postgresql import JSON, insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from flywheel.catalog.base import Base, Document
from flywheel.catalog.event import sealer_of
from flywheel.catalog.shelf import table_of
from flywheel.domain.digests import Json, plain
from flywheel.domain.masking import without_passwords_in
from flywheel.domain.seals import Sealer, row_content

CHANNEL = "flywheel_outbox"
"""Where PostgreSQL announces new messages; a steward LISTENs here."""


_ANEW = {"populate_existing": True}


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
    seal: Mapped[str]
    """Over what is told, under a key that the database does not hold."""
    state_seal: Mapped[str]
    """Over how far it has come."""


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
    """Write a message unless its key was used before; wake whoever listens once the transaction commits.

    Whatever else stands under the key, and was not written or moved on by us, gives way.
    """
    row = _new(session, topic, key, without_passwords_in(plain(payload)), now)
    values = {column.name: getattr(row, column.name) for column in table_of(OutboxRow).columns if column.name != "id"}
    written = insert(OutboxRow).values(**values).on_conflict_do_nothing(index_elements=["key"])
    if session.scalar(written.returning(OutboxRow.id)) is None:
        _drop_unreadable(session)
        present = session.scalar(select(OutboxRow).where(OutboxRow.key == key).execution_options(**_ANEW))
        if present is not None and is_as_left(session, present):
            return False
        instead = insert(OutboxRow).values(**values)
        session.execute(instead.on_conflict_do_update(index_elements=["key"], set_=values, where=_is_still(present)))
    session.execute(select(func.pg_notify(CHANNEL, topic)))
    return True


def hold(session: Session, row: OutboxRow, *, now: datetime) -> bool:
    """Hold a row that is locked against our seals: what is not ours goes, what others moved on is due again.

    Gives whether that was so.
    """
    if is_as_left(session, row):
        return False
    if not is_ours(session, row):
        session.delete(row)
    else:
        row.state, row.attempts, row.due_at, row.sent_at = MessageState.PENDING.value, 0, now, None
        settle(session, row)
        session.execute(select(func.pg_notify(CHANNEL, row.topic)))
    session.flush()
    return True


def settle(session: Session, row: OutboxRow) -> None:
    """Seal how far a message has come; whoever changes that otherwise changes nothing."""
    row.state_seal = sealer_of(session).sign(_state_of(row))


def is_ours(session: Session, row: OutboxRow) -> bool:
    """Whether we wrote a message as it stands; nothing else is sent."""
    return _holds(session, _content_of(row), row.seal)


def _drop_unreadable(session: Session) -> None:
    """Take away rows with times that nobody can read, which are none of ours."""
    session.execute(delete(OutboxRow).where(~_READABLE))


def hold_latest(session: Session, *, at_most: int, now: datetime) -> tuple[str, ...]:
    """Hold the messages that were written last against our seals; gives the keys of those that others changed."""
    _drop_unreadable(session)
    wanted = select(OutboxRow).order_by(OutboxRow.id.desc()).limit(at_most).execution_options(**_ANEW)
    found = []
    for read in [row for row in session.scalars(wanted) if not is_as_left(session, row)]:
        row = session.get(OutboxRow, read.id, with_for_update=True, populate_existing=True)  # as it is by now
        if row is not None and hold(session, row, now=now):
            found.append(read.key)
    return tuple(found)


def is_as_left(session: Session, row: OutboxRow) -> bool:
    """Whether a message is ours, and where we brought it."""
    return is_ours(session, row) and _holds(session, _state_of(row), row.state_seal)


def seal_row(sealer: Sealer, row: OutboxRow) -> None:
    """Put both seals under a row that has none."""
    row.seal = sealer.sign(_content_of(row))
    row.state_seal = sealer.sign(_state_of(row))


def take_due(session: Session, *, topics: Collection[str], now: datetime, lane: str | None) -> OutboxRow | None:
    """Lock the message that has been due for longest, of one lane where it is named; others hold none of it.

    What is due and not ours is taken away unsent.
    """
    wanted = (_is_due(topics, now),) if lane is None else (_is_due(topics, now), lane == _LANE)
    first = select(OutboxRow).where(*wanted).order_by(OutboxRow.due_at, OutboxRow.id).limit(1)
    while True:
        row = session.scalar(first.with_for_update(skip_locked=True).execution_options(**_ANEW))
        if row is None or not hold(session, row, now=now):
            return row


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
        settle(session, row)
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
    rows = session.scalars(select(OutboxRow).where(*wanted, over).order_by(OutboxRow.id.desc()))
    return tuple(message_of(row) for row in rows if is_as_left(session, row))


def _new(session: Session, topic: str, key: str, payload: Json, now: datetime) -> OutboxRow:
    row = OutboxRow(topic=topic, key=key, payload=payload, state=MessageState.PENDING.value, attempts=0, due_at=now)
    row.created_at, row.sent_at, row.last_error = now, None, ""
    seal_row(sealer_of(session), row)
    return row


def _is_still(row: OutboxRow | None) -> ColumnElement[bool]:
    """Whether a row is where it was read: what has been taken up or put right since stays."""
    return true() if row is None else OutboxRow.state_seal == row.state_seal


def _holds(session: Session, content: bytes, seal: str) -> bool:
    return sealer_of(session).holds(content, seal)


def _content_of(row: OutboxRow) -> bytes:
    return row_content("flywheel message", row.topic, row.key, row.payload, _moment(row.created_at))


def _state_of(row: OutboxRow) -> bytes:
    moments = [_moment(row.due_at), _moment(row.sent_at)]
    return row_content("flywheel message's state", row.seal, row.state, row.attempts, *moments)


def _moment(at: datetime | None) -> str:
    return "" if at is None else at.astimezone(UTC).isoformat()


_READABLE = and_(
    *(
        func.coalesce(moment, text("'epoch'")).between(text("'0001-01-02'"), text("'9999-12-30'"))
        for moment in (OutboxRow.due_at, OutboxRow.created_at, OutboxRow.sent_at)
    )
)
_LANE = func.concat_ws(":", OutboxRow.topic, OutboxRow.payload["channel"].astext)


def _is_due(topics: Collection[str], now: datetime) -> ColumnElement[bool]:
    return and_(
        _READABLE, OutboxRow.state == MessageState.PENDING, OutboxRow.topic.in_(topics), OutboxRow.due_at <= now
    )


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
