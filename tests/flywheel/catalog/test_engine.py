"""The unit of work: all or nothing, with errors that a person can act on."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import InternalError

from flywheel.catalog.engine import Catalog
from flywheel.catalog.idempotency import Once
from flywheel.errors import Conflict, InputRefused, Unavailable
from flywheel.services.record import record
from flywheel.services.walk import projects
from tests.factories.events import refusal
from tests.factories.seals import OURS
from tests.fakes.clock import START, SettableClock

NOTE = refusal()

K = Once("act", "ana@bank.example", "k")


def append_and_fail(catalog: Catalog) -> None:
    with catalog.begin() as work:
        work.append(NOTE)
        work.enqueue("page", "k", {})
        work.remember(K, {}, {})
        raise ZeroDivisionError


def test_failed_use_case_leaves_nothing(catalog: Catalog) -> None:
    with pytest.raises(ZeroDivisionError):
        append_and_fail(catalog)
    assert record.head(catalog).sequence == 0
    with catalog.begin() as work:
        assert work.recall(K, {}) is None


def test_events_carry_the_catalogs_time(catalog: Catalog, clock: SettableClock) -> None:
    with catalog.begin() as work:
        event = work.append(NOTE)
    assert START < event.happened_at <= clock.now
    assert record.list_events(catalog) == (event,)


def test_use_case_that_began_first_and_ended_last_is_not_older_than_what_ended_meanwhile(
    catalog: Catalog, clock: SettableClock
) -> None:
    with catalog.begin() as slow:
        slow.session.execute(text("SELECT 1"))
        clock.move(timedelta(minutes=1))
        with catalog.begin() as quick:
            between = quick.append(NOTE)
        assert slow.append(NOTE).happened_at >= between.happened_at
    assert record.verify_events(catalog).is_sound


def test_time_stands_still_where_the_clock_was_set_back(catalog: Catalog, clock: SettableClock) -> None:
    with catalog.begin() as work:
        before = work.append(NOTE)
    clock.move(timedelta(seconds=-30))  # less than what is called a step
    with catalog.begin() as work:
        assert work.now == before.happened_at
        assert work.append(NOTE).happened_at == before.happened_at


def test_refusal_is_not_older_than_what_ended_while_its_savepoint_was_rolled_back(
    catalog: Catalog, clock: SettableClock
) -> None:
    with catalog.begin() as slow:
        savepoint = slow.session.begin_nested()
        assert slow.now
        savepoint.rollback()  # the end of the chain is anybody's again
        clock.move(timedelta(minutes=1))
        with catalog.begin() as quick:
            between = quick.append(NOTE)
        assert slow.append(NOTE).happened_at >= between.happened_at


def test_one_transaction_has_one_time(catalog: Catalog, clock: SettableClock) -> None:
    with catalog.begin() as work:
        first = work.now
        clock.move(timedelta(minutes=1))
        assert (work.now, work.append(NOTE).happened_at) == (first, first)


def test_a_look_writes_nothing_and_waits_for_nobody(catalog: Catalog) -> None:
    with catalog.begin() as work:
        work.append(NOTE)  # holds the end of the chain
        with catalog.look() as looking:
            assert looking.now
    with pytest.raises(InternalError, match="read-only"), catalog.look() as looking:
        looking.enqueue("page", "k", {})


def test_same_key_gives_the_first_answer_and_another_request_is_refused(catalog: Catalog) -> None:
    with catalog.begin() as work:
        work.remember(K, {"a": 1}, "first")
    with catalog.begin() as work:
        first = work.recall(K, {"a": 1})
        assert first is not None
        assert first.value == "first"
        with pytest.raises(Conflict, match="different request"):
            work.recall(K, {"a": 2})


def test_key_written_by_two_at_once_is_a_conflict(catalog: Catalog) -> None:
    with catalog.begin() as work:
        work.remember(K, {}, "first")
    with pytest.raises(Conflict, match="somebody else"), catalog.begin() as work:
        work.remember(K, {}, "second")


def test_absent_server_is_said_so() -> None:
    away = Catalog.open("postgresql+psycopg://postgres@/flywheel?host=/nowhere", sealer=OURS)
    with pytest.raises(Unavailable, match="does not answer"):
        record.head(away)


@pytest.mark.parametrize("asked", ["card\x00", "card\udcff"], ids=["NUL", "no UTF-8"])
def test_what_the_database_cannot_hold_is_refused_in_words_when_it_is_looked_for(catalog: Catalog, asked: str) -> None:
    with pytest.raises(InputRefused, match="a character that cannot be stored"):
        projects.get_project(catalog, project=asked)
