"""The unit of work: all or nothing, with errors that a person can act on."""

from __future__ import annotations

import pytest

from flywheel.catalog.engine import Catalog
from flywheel.domain.events import Draft, SubjectKind, Verb
from flywheel.errors import Conflict, InputRefused, Unavailable
from flywheel.services import projects, record
from tests.fakes.clock import SettableClock

NOTE = Draft(Verb.SIGNOFF_REFUSED, "a", SubjectKind.PROJECT, "p")


def append_and_fail(catalog: Catalog) -> None:
    with catalog.begin() as work:
        work.append(NOTE)
        work.enqueue("page", "k", {})
        work.remember("k", {}, {})
        raise ZeroDivisionError


def test_failed_use_case_leaves_nothing(catalog: Catalog) -> None:
    with pytest.raises(ZeroDivisionError):
        append_and_fail(catalog)
    assert record.head(catalog).sequence == 0
    with catalog.begin() as work:
        assert work.recall("k", {}) is None


def test_events_carry_the_catalogs_time(catalog: Catalog, clock: SettableClock) -> None:
    with catalog.begin() as work:
        event = work.append(NOTE)
    assert event.happened_at == clock()
    assert record.list_events(catalog) == (event,)


def test_same_key_gives_the_first_answer_and_another_request_is_refused(catalog: Catalog) -> None:
    with catalog.begin() as work:
        work.remember("k", {"a": 1}, "first")
    with catalog.begin() as work:
        first = work.recall("k", {"a": 1})
        assert first is not None
        assert first.value == "first"
        with pytest.raises(Conflict, match="different request"):
            work.recall("k", {"a": 2})


def test_key_written_by_two_at_once_is_a_conflict(catalog: Catalog) -> None:
    with catalog.begin() as work:
        work.remember("k", {}, "first")
    with pytest.raises(Conflict, match="somebody else"), catalog.begin() as work:
        work.remember("k", {}, "second")


def test_absent_server_is_said_so() -> None:
    away = Catalog.open("postgresql+psycopg://postgres@/flywheel?host=/nowhere")
    with pytest.raises(Unavailable, match="does not answer"):
        record.head(away)


@pytest.mark.parametrize("asked", ["card\x00", "card\udcff"], ids=["NUL", "no UTF-8"])
def test_what_the_database_cannot_hold_is_refused_in_words_when_it_is_looked_for(catalog: Catalog, asked: str) -> None:
    with pytest.raises(InputRefused, match="a character that cannot be stored"):
        projects.get_project(catalog, project=asked)
