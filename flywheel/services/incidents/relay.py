"""The relay: carries messages from the outbox to the outside, again and again until they are taken or given up.

A message is taken in one transaction, sent while nothing is locked, and settled in another. Who takes it puts it off
for `HELD`, so that it comes again where the sender died; it may then be sent twice, and never not at all.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType, TracebackType

import psycopg

from flywheel.catalog.engine import Catalog, UnitOfWork
from flywheel.catalog.outbox import (
    CHANNEL,
    Message,
    MessageState,
    OutboxRow,
    due_lanes,
    earliest_due,
    make_due,
    message_of,
    messages,
    settle,
    take_due,
)
from flywheel.domain.backoff import wait_before
from flywheel.domain.digests import Json
from flywheel.errors import NotFound, SettingsError, ending_of

Sender = Callable[[Mapping[str, Json]], None]
"""Takes one message to the outside, or raises; it may be given the same message again."""

Question = Callable[[UnitOfWork, Mapping[str, Json]], bool]
"""Asked in the transaction that lets a message go: does anybody still need it?"""

MAX_ATTEMPTS = 12
HELD = timedelta(minutes=5)
"""Longer than any sender may take."""
NO_QUESTIONS: Mapping[str, Question] = MappingProxyType({})


@dataclass(frozen=True)
class Delivered:
    """What became of the messages that were due."""

    sent: int = 0
    failed: int = 0
    dead: int = 0
    moot: int = 0

    @property
    def total(self) -> int:
        """How many messages were tried."""
        return self.sent + self.failed + self.dead + self.moot


def deliver_due(
    catalog: Catalog,
    *,
    senders: Mapping[str, Sender],
    questions: Mapping[str, Question] = NO_QUESTIONS,
    lane: str | None = None,
    limit: int = 50,
    max_attempts: int = MAX_ATTEMPTS,
    chance: Callable[[], float] = random.random,
) -> Delivered:
    """Deliver what is due, of one lane where it is named; several relays share the work."""
    ends: list[MessageState] = []
    while len(ends) < limit:
        taken = _take(catalog, topics=senders.keys(), questions=questions, lane=lane)
        if taken is None:
            break
        fault = _send(senders[taken.topic], taken) if taken.state is MessageState.PENDING else None
        ends.append(_settle(catalog, taken, fault, max_attempts=max_attempts, chance=chance))
    states = (MessageState.SENT, MessageState.PENDING, MessageState.DEAD, MessageState.MOOT)
    return Delivered(*(ends.count(state) for state in states))


def waiting_lanes(catalog: Catalog, *, topics: Collection[str]) -> tuple[str, ...]:
    """Name the lanes in which something is due; what is slow in one holds up no other."""
    with catalog.look() as work:
        return due_lanes(work.session, topics=topics, now=catalog.time())


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
        settle(work.session, row)
        return message_of(row)


def hasten(catalog: Catalog, *, topics: Collection[str]) -> int:
    """Try what failed and waits again at once: what it needs answers by now; gives how many messages."""
    with catalog.begin() as work:
        return make_due(work.session, topics=topics, now=catalog.time())


class Doorbell:
    """A connection that hears when messages are enqueued; it is opened when first waited at, and again after a loss."""

    def __init__(self, catalog: Catalog) -> None:
        _, self._address = catalog.engine.dialect.create_connect_args(catalog.engine.url)
        self._connection: psycopg.Connection | None = None

    def __enter__(self) -> Doorbell:
        """Begin to listen."""
        self._listening()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop listening."""
        self.hang_up()

    def wait(self, seconds: float) -> bool:
        """Wait until something is enqueued, at most so long; say whether it was."""
        return any(True for _ in self._listening().notifies(timeout=seconds, stop_after=1))

    def hang_up(self) -> None:
        """Close the connection; the next wait opens another."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _listening(self) -> psycopg.Connection:
        if self._connection is None:
            connection = psycopg.connect(**self._address, autocommit=True, application_name="flywheel-doorbell")
            connection.execute(f"LISTEN {CHANNEL}")
            self._connection = connection
        return self._connection


def _take(
    catalog: Catalog, *, topics: Collection[str], questions: Mapping[str, Question], lane: str | None
) -> Message | None:
    now = catalog.time()  # of no decision: a message that is sent holds nobody up
    with catalog.begin() as work:
        row = take_due(work.session, topics=topics, now=now, lane=lane)
        if row is None:
            return None
        if row.topic in questions and not questions[row.topic](work, row.payload):
            row.state = MessageState.MOOT.value
        else:
            row.attempts += 1
            row.due_at = now + HELD
        settle(work.session, row)
        return message_of(row)


def _send(sender: Sender, message: Message) -> Exception | None:
    try:
        sender(message.payload)
    except Exception as error:  # noqa: BLE001  whatever a sender raises, the message must be tried again or laid out
        return error
    return None


def _settle(
    catalog: Catalog, taken: Message, fault: Exception | None, *, max_attempts: int, chance: Callable[[], float]
) -> MessageState:
    """Write down what became of a message; a failure is not written over what a later attempt has come to."""
    now = catalog.time()
    with catalog.begin() as work:
        row = work.session.get_one(OutboxRow, taken.id, with_for_update=True)
        if taken.state is MessageState.MOOT:
            return taken.state
        if fault is None:
            row.state, row.sent_at, row.last_error = MessageState.SENT.value, now, ""
        elif row.state == MessageState.PENDING and row.attempts == taken.attempts:
            row.last_error = ending_of(f"{type(fault).__name__}: {fault}")
            row.due_at = now + wait_before(row.attempts, chance=chance())
            is_ours_to_mend = isinstance(fault, SettingsError)  # it waits until a person has set up what is lacking
            if row.attempts >= max_attempts and not is_ours_to_mend:
                row.state = MessageState.DEAD.value
        settle(work.session, row)
        return MessageState(row.state)
