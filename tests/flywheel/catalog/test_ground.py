"""A view that is older than what was proven meanwhile is no tampering; a chain that was cut still is."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from flywheel.catalog.engine import Catalog, UnitOfWork
from flywheel.errors import Tampered
from flywheel.services.record import record
from tests.factories.events import refusal
from tests.factories.people import OWNER
from tests.factories.projects import registered


@pytest.fixture
def old_view(catalog: Catalog) -> Iterator[UnitOfWork]:
    """A view from before an event that another thread of this process has written and proven since."""
    registered(catalog)
    with catalog.look() as view:
        view.session.execute(text("SELECT 1 FROM event LIMIT 1"))
        with catalog.begin() as work:
            work.append(refusal(1, actor=OWNER))
        with catalog.look() as newer:
            newer.ground()
        yield view


def test_a_view_from_before_what_was_proven_meanwhile_is_no_tampering(catalog: Catalog, old_view: UnitOfWork) -> None:
    before = catalog.footing.proven.place
    assert old_view.differences() == ()
    assert old_view.ground().place.sequence == before.sequence - 1
    old_view.look_again(at_most=250)
    assert catalog.footing.proven.place == before
    with catalog.look() as newer:
        assert newer.differences() == ()


def test_what_is_proven_between_two_questions_to_one_view_is_no_tampering(catalog: Catalog) -> None:
    registered(catalog)
    with catalog.look() as view:
        assert view.differences() == ()
        with catalog.begin() as work:
            work.append(refusal(1, actor=OWNER))
            work.stand()
        with catalog.look() as newer:
            newer.ground()
        assert view.differences() == ()
        view.look_again(at_most=250)


def test_a_second_look_that_had_gone_further_than_an_old_view_is_no_tampering(
    catalog: Catalog, old_view: UnitOfWork
) -> None:
    with catalog.begin() as work:
        work.append(refusal(2, actor=OWNER))
    with catalog.look() as newer:
        newer.ground()
        newer.look_again(at_most=newer.ground().place.sequence - 1)
    old_view.look_again(at_most=250)


def cut(owned: Catalog) -> None:
    with Session(owned.engine) as session, session.begin():
        session.execute(text("ALTER TABLE event DISABLE TRIGGER event_only_grows"))
        session.execute(text("DELETE FROM event WHERE sequence = (SELECT max(sequence) FROM event)"))


def test_a_chain_that_was_cut_is_tampering_however_old_the_view(catalog: Catalog, owned: Catalog) -> None:
    registered(catalog)
    with catalog.look() as view:
        view.ground()
    cut(owned)
    end = catalog.footing.proven.place.sequence
    said = f"event {end} is not the one that was proven before"
    with pytest.raises(Tampered, match=said), catalog.look() as view:
        view.differences()
    with pytest.raises(Tampered, match=said), catalog.look() as view:
        view.look_again(at_most=250)
    with pytest.raises(Tampered, match=said), catalog.begin() as work:
        work.stand()
    assert record.head(catalog).sequence == end - 1
