"""Inboxes: to each what waits for them, in the order in which the policy lets them sign."""

from __future__ import annotations

from dataclasses import replace

import pytest

from flywheel.catalog.engine import Catalog
from flywheel.domain.answer_words import FORM
from flywheel.domain.signoffs import Answer, Role
from flywheel.errors import NotFound, Refused
from flywheel.services.approval import inboxes
from flywheel.services.people.identity import Identity
from tests.factories.desk import Desk, make_desk
from tests.factories.people import BEN, IVAN, OWNER, VERA, VIKTOR
from tests.factories.projects import make_policy
from tests.fakes.clock import SettableClock


@pytest.fixture
def desk(catalog: Catalog, identity: Identity, clock: SettableClock) -> Desk:
    """A version that waits for signatures."""
    return make_desk(catalog, identity, clock)


def test_inbox_shows_what_a_person_may_still_answer(desk: Desk) -> None:
    assert [item.version for item in inboxes.inbox(desk.catalog, person=BEN)] == [desk.version.id]
    assert inboxes.inbox(desk.catalog, person=OWNER) == ()
    assert inboxes.inbox(desk.catalog, person=IVAN) == ()
    desk.sign(BEN)
    assert inboxes.inbox(desk.catalog, person=BEN) == ()
    assert [item.roles for item in inboxes.inbox(desk.catalog)] == [(Role.VALIDATOR,)]


def test_nobodys_inbox_is_refused_with_who_is_meant(desk: Desk) -> None:
    with pytest.raises(NotFound, match=f"did you mean {VERA}"):
        inboxes.inbox(desk.catalog, person=f"{VERA}m")


def test_final_approver_is_asked_when_nobody_else_is(
    catalog: Catalog, identity: Identity, clock: SettableClock
) -> None:
    desk = make_desk(catalog, identity, clock, policy=replace(make_policy(), final_approver=Role.BUSINESS))
    assert inboxes.inbox(desk.catalog, person=BEN) == ()
    desk.sign(VERA)
    assert [item.roles for item in inboxes.inbox(desk.catalog, person=BEN)] == [(Role.BUSINESS,)]


def test_approvals_in_business_are_to_be_renewed_a_month_before_they_run_out(desk: Desk) -> None:
    desk.sign(BEN)
    desk.sign(VERA)
    desk.release()
    desk.pass_days(300)
    assert inboxes.inbox(desk.catalog) == ()
    desk.pass_days(40)
    (item,) = inboxes.inbox(desk.catalog, person=VERA)
    assert (item.is_renewal, item.roles, item.standing.is_granted) == (True, (Role.VALIDATOR,), True)
    desk.sign(VERA)
    assert inboxes.inbox(desk.catalog, person=VERA) == ()
    assert inboxes.inbox(desk.catalog, person=BEN) != ()


def test_an_answer_that_was_not_taken_is_told_until_the_person_has_answered(desk: Desk) -> None:
    with pytest.raises(Refused):
        desk.sign(BEN, code="000000", channel=FORM)
    (item,) = inboxes.inbox(desk.catalog, person=BEN)
    assert f"{BEN}: the one-time" in item.refused
    desk.sign(BEN)
    assert [item.refused for item in inboxes.inbox(desk.catalog)] == [""]


def test_refused_version_asks_nobody(desk: Desk) -> None:
    desk.sign(BEN, Answer.REJECT)
    assert inboxes.inbox(desk.catalog) == ()


def test_final_approver_renews_after_the_others(catalog: Catalog, identity: Identity, clock: SettableClock) -> None:
    desk = make_desk(catalog, identity, clock, policy=replace(make_policy(), final_approver=Role.BUSINESS))
    desk.sign(VERA)
    desk.sign(BEN)
    desk.release()
    desk.withdraw(VERA)
    assert [item.roles for item in inboxes.inbox(desk.catalog)] == [(Role.VALIDATOR,)]
    desk.sign(VIKTOR)
    assert [item.roles for item in inboxes.inbox(desk.catalog, person=BEN)] == [(Role.BUSINESS,)]
