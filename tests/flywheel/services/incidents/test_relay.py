"""The relay: every message at least once, again after failures, laid out when given up."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import pytest
from sqlalchemy import select

from flywheel.catalog.engine import Catalog
from flywheel.catalog.outbox import OutboxRow
from flywheel.domain.digests import Json
from flywheel.errors import NotFound, SettingsError
from flywheel.services.incidents.relay import (
    HELD,
    Delivered,
    Doorbell,
    dead_letters,
    deliver_due,
    hasten,
    next_due,
    revive,
    waiting_lanes,
)
from tests.fakes.clock import SettableClock


class Post:
    """A sender that fails as often as it is told."""

    def __init__(self, failures: int = 0) -> None:
        self.failures = failures
        self.taken: list[Mapping[str, Json]] = []

    def __call__(self, payload: Mapping[str, Json]) -> None:
        if self.failures:
            self.failures -= 1
            raise ConnectionError("nobody answers")
        self.taken.append(payload)


def put(catalog: Catalog, *keys: str, topic: str = "page") -> None:
    with catalog.begin() as work:
        for key in keys:
            work.enqueue(topic, key, {"key": key})


def enqueue_and_fail(catalog: Catalog) -> None:
    with catalog.begin() as work:
        work.enqueue("page", "a", {})
        raise ZeroDivisionError


def test_messages_are_taken_in_order_and_once(catalog: Catalog) -> None:
    put(catalog, "a", "b", "a")
    post = Post()
    assert deliver_due(catalog, senders={"page": post}) == Delivered(sent=2)
    assert post.taken == [{"key": "a"}, {"key": "b"}]
    assert deliver_due(catalog, senders={"page": post}) == Delivered()


def test_rolled_back_decision_sends_nothing(catalog: Catalog) -> None:
    with pytest.raises(ZeroDivisionError):
        enqueue_and_fail(catalog)
    assert next_due(catalog) is None


def test_failure_is_tried_again_later_and_hides_no_other_message(catalog: Catalog, clock: SettableClock) -> None:
    put(catalog, "a", "b")
    post = Post(failures=1)
    assert deliver_due(catalog, senders={"page": post}, chance=lambda: 0.5) == Delivered(sent=1, failed=1)
    due_at = next_due(catalog)
    assert due_at is not None
    assert timedelta(milliseconds=900) < due_at - clock() < timedelta(seconds=1)
    clock.move(timedelta(seconds=1))
    assert deliver_due(catalog, senders={"page": post}) == Delivered(sent=1)


def test_what_failed_is_tried_at_once_when_what_it_needs_answers_again(catalog: Catalog, clock: SettableClock) -> None:
    put(catalog, "a", topic="start_stage")
    put(catalog, "b", topic="page")
    senders = {"start_stage": Post(failures=1), "page": Post(failures=1)}
    assert deliver_due(catalog, senders=senders, chance=lambda: 0.5) == Delivered(failed=2)
    with Doorbell(catalog) as bell:
        assert hasten(catalog, topics=["start_stage"]) == 1
        assert bell.wait(5)
    assert deliver_due(catalog, senders=senders) == Delivered(sent=1)
    assert hasten(catalog, topics=["start_stage"]) == 0, "what was sent stays sent"


def test_message_that_never_gets_through_is_laid_out_and_can_be_revived(catalog: Catalog, clock: SettableClock) -> None:
    put(catalog, "a")
    post = Post(failures=3)
    for _ in range(3):
        deliver_due(catalog, senders={"page": post}, max_attempts=3)
        clock.move(timedelta(minutes=10))
    (letter,) = dead_letters(catalog)
    assert (letter.attempts, letter.last_error) == (3, "ConnectionError: nobody answers")
    revive(catalog, message=letter.id)
    assert deliver_due(catalog, senders={"page": post}) == Delivered(sent=1)
    with pytest.raises(NotFound, match="no such dead letter"):
        revive(catalog, message=letter.id)


def test_topic_without_a_sender_waits(catalog: Catalog) -> None:
    put(catalog, "a", topic="unknown")
    assert deliver_due(catalog, senders={"page": Post()}) == Delivered()
    assert next_due(catalog) is not None


def test_two_relays_never_take_the_same_message(catalog: Catalog) -> None:
    put(catalog, "a")
    inner: list[Delivered] = []

    def send(_payload: Mapping[str, Json]) -> None:
        inner.append(deliver_due(catalog, senders={"page": Post()}))

    assert deliver_due(catalog, senders={"page": send}) == Delivered(sent=1)
    assert inner == [Delivered()]


def test_nothing_is_locked_while_a_message_is_sent(catalog: Catalog) -> None:
    put(catalog, "a")
    seen: list[int] = []

    def send(_payload: Mapping[str, Json]) -> None:
        with catalog.begin() as work:
            rows = work.session.scalars(select(OutboxRow).with_for_update(nowait=True)).all()
            seen.append(len(rows))

    assert deliver_due(catalog, senders={"page": send}) == Delivered(sent=1)
    assert seen == [1]


def test_a_message_whose_sender_died_comes_again(catalog: Catalog, clock: SettableClock) -> None:
    put(catalog, "a")

    def die(_payload: Mapping[str, Json]) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        deliver_due(catalog, senders={"page": die})
    assert deliver_due(catalog, senders={"page": Post()}) == Delivered()
    clock.move(HELD)
    assert deliver_due(catalog, senders={"page": Post()}) == Delivered(sent=1)


def test_what_nobody_needs_any_more_is_not_sent(catalog: Catalog) -> None:
    put(catalog, "a", "b")
    post = Post()
    done = deliver_due(
        catalog, senders={"page": post}, questions={"page": lambda _work, payload: payload["key"] == "b"}
    )
    assert (done, post.taken) == (Delivered(sent=1, moot=1), [{"key": "b"}])


def test_what_a_person_has_yet_to_set_up_is_waited_for_and_never_given_up(
    catalog: Catalog, clock: SettableClock
) -> None:
    put(catalog, "a")

    def lacking(_payload: Mapping[str, Json]) -> None:
        raise SettingsError("the channel is not set up")

    for _ in range(40):
        deliver_due(catalog, senders={"page": lacking}, max_attempts=3)
        clock.move(timedelta(minutes=10))
    assert dead_letters(catalog) == ()
    assert deliver_due(catalog, senders={"page": Post()}) == Delivered(sent=1)


def test_each_topic_and_each_channel_is_a_lane_of_its_own(catalog: Catalog) -> None:
    with catalog.begin() as work:
        for key, payload in (("a", {"channel": "mail"}), ("b", {"channel": "desk"}), ("c", {"channel": "mail"})):
            work.enqueue("page", key, payload)
        work.enqueue("start_stage", "d", {"project": "cards"})
    senders = {"page": Post(), "start_stage": Post()}
    assert waiting_lanes(catalog, topics=senders) == ("page:desk", "page:mail", "start_stage")
    assert deliver_due(catalog, senders=senders, lane="page:mail") == Delivered(sent=2)
    assert waiting_lanes(catalog, topics=senders) == ("page:desk", "start_stage")


def test_doorbell_is_hung_up_and_answers_again(catalog: Catalog) -> None:
    bell = Doorbell(catalog)
    assert not bell.wait(0)
    bell.hang_up()
    assert not bell.wait(0)
    put(catalog, "a")
    assert bell.wait(5)
    bell.hang_up()


def test_doorbell_rings_when_something_is_enqueued(catalog: Catalog) -> None:
    with Doorbell(catalog) as bell:
        assert not bell.wait(0)
        put(catalog, "a")
        assert bell.wait(5)
