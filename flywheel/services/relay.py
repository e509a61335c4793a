"""The relay: carries messages from the outbox to the outside, again and again until they are taken or given up."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType

import psycopg

from flywheel.catalog.engine import Catalog
from flywheel.catalog.outbox import (
    CHANNEL,
    Message,
    MessageState,
    OutboxRow,
    earliest_due,
    message_of,
    messages,
    take_due,
)
from flywheel.domain.backoff import wait_before
from flywheel.domain.digests import Json
from flywheel.errors import NotFound, shorten

Sender = Callable[[Mapping[str, Json]], None]
"""Takes one message to the outside, or raises; it may be given the same message again."""

MAX_ATTEMPTS = 12


@dataclass(frozen=True)
class Delivered:
    """What became of the messages that were due."""

    sent: int = 0
    failed: int = 0
    dead: int = 0

    @property
    def total(self) -> int:
        """How many messages were tried."""
        return self.sent + self.failed + self.dead


def deliver_due(
    catalog: Catalog,
    *,
    senders: Mapping[str, Sender],
    limit: int = 50,
    max_attempts: int = MAX_ATTEMPTS,
    chance: Callable[[], float] = random.random,
) -> Delivered:
    """Deliver what is due, each message in its own transaction; several relays share the work."""
    ends: list[MessageState] = []
    while len(ends) < limit:
        end = _deliver_one(catalog, senders=senders, max_attempts=max_attempts, chance=chance)
        if end is None:
            break
        ends.append(end)
    return Delivered(*(ends.count(state) for state in (MessageState.SENT, MessageState.PENDING, MessageState.DEAD)))


def next_due(catalog: Catalog) -> datetime | None:
    """Say when the next message is due, if any waits."""
    with catalog.begin() as work:
        return earliest_due(work.session)


def dead_letters(catalog: Catalog, *, limit: int = 100) -> tuple[Message, ...]:
    """List messages that were given up."""
    with catalog.begin() as work:
        return messages(work.session, state=MessageState.DEAD, limit=limit)


def revive(catalog: Catalog, *, message: int) -> Message:
    """Try a given-up message again from the beginning."""
    with catalog.begin() as work:
        row = work.session.get(OutboxRow, message, with_for_update=True)
        if row is None or row.state != MessageState.DEAD:
            raise NotFound("there is no such dead letter", found=message)
        row.state, row.attempts, row.due_at = MessageState.PENDING.value, 0, catalog.time()
        return message_of(row)


class Doorbell:
    """A connection that hears when messages are enqueued; a resource to open around a steward's loop."""

    def __init__(self, catalog: Catalog) -> None:
        _, self._address = catalog.engine.dialect.create_connect_args(catalog.engine.url)
        self._connection: psycopg.Connection | None = None

    def __enter__(self) -> Doorbell:
        """Begin to listen."""
        self._connection = psycopg.connect(**self._address, autocommit=True, application_name="flywheel-doorbell")
        self._connection.execute(f"LISTEN {CHANNEL}")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop listening."""
        if self._connection is not None:
            self._connection.close()

    def wait(self, seconds: float) -> bool:
        """Wait until something is enqueued, at most so long; say whether it was."""
        assert self._connection is not None, "open the doorbell first"
        return any(True for _ in self._connection.notifies(timeout=seconds, stop_after=1))


def _deliver_one(
    catalog: Catalog, *, senders: Mapping[str, Sender], max_attempts: int, chance: Callable[[], float]
) -> MessageState | None:
    now = catalog.time()  # of no decision: a message that is sent holds nobody up
    with catalog.begin() as work:
        row = take_due(work.session, topics=senders.keys(), now=now)
        if row is None:
            return None
        row.attempts += 1
        try:
            senders[row.topic](row.payload)
        except Exception as error:  # noqa: BLE001  whatever a sender raises, the message must be tried again or laid out
            row.last_error = shorten(f"{type(error).__name__}: {error}", 500)
            if row.attempts >= max_attempts:
                row.state = MessageState.DEAD.value
            else:
                row.due_at = now + wait_before(row.attempts, chance=chance())
        else:
            row.state, row.sent_at, row.last_error = MessageState.SENT.value, now, ""
        return MessageState(row.state)
