"""Withdrawals: one's own approval, with a reason; what serves on it goes to safety."""

from __future__ import annotations

import pytest

from flywheel.catalog.engine import Catalog
from flywheel.domain.events import Verb
from flywheel.domain.signoffs import Answer, Role
from flywheel.errors import Refused
from flywheel.services.incidents import incidents
from flywheel.services.people.identity import Identity
from flywheel.services.record import record
from flywheel.services.serving import endpoints
from flywheel.services.serving.endpoints import EndpointMode
from tests.factories.desk import Desk, make_desk
from tests.factories.people import BEN, VERA, VIKTOR
from tests.factories.projects import SLUG
from tests.fakes.clock import SettableClock


@pytest.fixture
def desk(catalog: Catalog, identity: Identity, clock: SettableClock) -> Desk:
    """A version that waits for signatures."""
    return make_desk(catalog, identity, clock)


def test_withdrawal_before_release_shuts_the_door_again(desk: Desk) -> None:
    desk.sign(BEN)
    assert desk.sign(VERA).is_granted
    assert desk.withdraw(VERA).missing == {Role.VALIDATOR: 1}
    with pytest.raises(Refused, match="waiting for 1 x validator"):
        desk.release()
    assert desk.sign(VIKTOR).is_granted


def test_withdrawal_in_business_goes_to_safety_and_asks_the_owner(desk: Desk) -> None:
    desk.sign(BEN)
    desk.sign(VERA)
    desk.release()
    desk.withdraw(VERA, reason="the bureau changed its score")
    assert endpoints.desired(desk.catalog)[0].mode is EndpointMode.RULE
    (asked,) = incidents.list_incidents(desk.catalog, project=SLUG, is_unresolved=True)
    assert "the bureau changed its score" in asked.cause
    assert "ana@bank.example is asked" in asked.actions[0]


def test_withdrawal_that_leaves_a_quorum_only_asks_the_owner(desk: Desk) -> None:
    for person in (BEN, VERA, VIKTOR):
        desk.sign(person)
    desk.release()
    desk.withdraw(VIKTOR)
    assert endpoints.desired(desk.catalog)[0].mode is EndpointMode.MODEL
    assert len(incidents.list_incidents(desk.catalog, project=SLUG, is_unresolved=True)) == 1


def test_same_key_withdraws_once(desk: Desk) -> None:
    desk.sign(BEN)
    assert desk.withdraw(BEN, key="k") == desk.withdraw(BEN, key="k")
    assert sum(event.verb is Verb.SIGNOFF_WITHDRAWN for event in record.list_events(desk.catalog)) == 1


def test_only_a_standing_approval_of_ones_own_is_withdrawn_with_a_reason_and_a_code(desk: Desk) -> None:
    desk.sign(BEN)
    desk.sign(VERA, Answer.REJECT)
    for person, reason, code, why in (
        (VIKTOR, "x", "", "no valid approval"),
        (VERA, "x", "", "found 'reject'"),
        (BEN, " ", "", "needs a reason"),
        (BEN, "x", "000000", "code is wrong"),
    ):
        with pytest.raises(Refused, match=why):
            desk.withdraw(person, reason=reason, code=code)
        assert record.list_events(desk.catalog, limit=1)[0].verb is Verb.SIGNOFF_REFUSED
    desk.withdraw(BEN)
    with pytest.raises(Refused, match="found 'withdrawn'"):
        desk.withdraw(BEN)
