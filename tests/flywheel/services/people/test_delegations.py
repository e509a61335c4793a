"""Delegations in the record: lent with a code, shown in the sign-off, over at their end."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from flywheel.catalog.engine import Catalog
from flywheel.catalog.project import lock_project
from flywheel.domain.events import Verb
from flywheel.domain.signoffs import Role
from flywheel.errors import Refused
from flywheel.services import overview
from flywheel.services.approval import inboxes
from flywheel.services.people import delegations
from flywheel.services.people.identity import Identity
from flywheel.services.record import record
from tests.deployments.waiting import eventually
from tests.factories.desk import Desk, make_desk
from tests.factories.people import BEN, IVAN, OWNER, VERA, VIKTOR, code_of, enrolled
from tests.factories.projects import SLUG, make_policy
from tests.fakes.clock import SettableClock


@pytest.fixture
def desk(catalog: Catalog, identity: Identity, clock: SettableClock) -> Desk:
    """A version that waits for signatures."""
    return make_desk(catalog, identity, clock)


def lend(
    desk: Desk,
    giver: str = VERA,
    receiver: str = IVAN,
    *,
    code: str = "",
    key: str = "",
    until_at: datetime | None = None,
) -> None:
    """Lend the validator's role for two weeks."""
    desk.clock.move(timedelta(seconds=30))
    delegations.delegate(
        desk.catalog,
        identity=desk.identity,
        project=SLUG,
        role=Role.VALIDATOR,
        giver=giver,
        receiver=receiver,
        until_at=until_at or desk.clock() + timedelta(days=14),
        reason="on holiday",
        code=code or code_of(desk.people[giver], desk.clock()),
        channel="test",
        key=key or desk.clock().isoformat(),
    )


def take_back(desk: Desk, giver: str = VERA) -> None:
    """End what was lent."""
    desk.clock.move(timedelta(seconds=30))
    delegations.end_delegation(
        desk.catalog,
        identity=desk.identity,
        project=SLUG,
        role=Role.VALIDATOR,
        giver=giver,
        receiver=IVAN,
        code=code_of(desk.people[giver], desk.clock()),
        channel="test",
        key="end",
    )


def test_delegate_signs_for_the_giver_and_the_sign_off_says_so(desk: Desk) -> None:
    lend(desk)
    assert [item.roles for item in inboxes.inbox(desk.catalog, person=IVAN)] == [(Role.VALIDATOR,)]
    assert IVAN in overview.overview(desk.catalog, channels=(), project=SLUG)[0].waits_for[1].people
    desk.sign(BEN)
    assert desk.sign(IVAN).on_behalf_of == {IVAN: VERA}
    assert "ivan@bank.example (validator for vera@bank.example)" in desk.standing().sentence()


def test_giver_and_delegate_count_once(desk: Desk) -> None:
    lend(desk)
    desk.sign(IVAN)
    desk.sign(VERA)
    assert len(desk.standing().approved_by) == 1


def test_role_is_lent_for_its_time_only(desk: Desk) -> None:
    lend(desk)
    desk.pass_days(14)
    with pytest.raises(Refused, match=r"does not hold the role validator.*next: an administrator gives it"):
        desk.sign(IVAN, role=Role.VALIDATOR)


def test_role_that_ended_while_its_sign_off_waited_for_a_lock_signs_nothing(desk: Desk) -> None:
    lend(desk, until_at=desk.clock() + timedelta(seconds=80))
    with ThreadPoolExecutor(1) as threads:
        with desk.catalog.begin() as holder:
            lock_project(holder.session, SLUG)
            signing = threads.submit(desk.sign, IVAN, role=Role.VALIDATOR)
            eventually(lambda: _waits_for_a_lock(desk.catalog), "the sign-off waits for the project")
            desk.clock.move(timedelta(seconds=25))
        with pytest.raises(Refused, match="does not hold the role validator"):
            signing.result(30)
    assert IVAN not in desk.standing().approved_by


def _waits_for_a_lock(catalog: Catalog) -> bool:
    with catalog.look() as work:
        waiting = (
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return bool(work.session.scalar(text(waiting)))


def test_role_that_was_taken_back_is_lent_no_more(desk: Desk) -> None:
    lend(desk)
    take_back(desk)
    with pytest.raises(Refused, match="does not hold the role validator"):
        desk.sign(IVAN, role=Role.VALIDATOR)


@pytest.mark.parametrize(
    ("giver", "receiver", "code", "reason"),
    [
        (OWNER, IVAN, "", "can give no delegation"),
        (VERA, OWNER, "", "can receive no delegation"),
        (IVAN, VIKTOR, "", "does not hold the role validator"),
        (VERA, "eve@bank.example", "", "is not enrolled"),
        (VERA, IVAN, "000000", "code is wrong"),
    ],
)
def test_refused_delegation_is_an_event(desk: Desk, giver: str, receiver: str, code: str, reason: str) -> None:
    with pytest.raises(Refused, match=reason):
        lend(desk, giver, receiver, code=code)
    assert record.list_events(desk.catalog, limit=1)[0].verb is Verb.DELEGATION_REFUSED


def test_delegate_cannot_lend_on_what_was_lent(desk: Desk) -> None:
    lend(desk)
    with pytest.raises(Refused, match="does not hold the role validator"):
        lend(desk, IVAN, VIKTOR)


def test_same_key_lends_once(desk: Desk) -> None:
    lend(desk, key="k")
    with pytest.raises(Exception, match="different request"):
        lend(desk, key="k")  # the end moved with the clock
    assert len(delegations.list_delegations(desk.catalog, project=SLUG)) == 1


def test_what_was_lent_and_ended_is_not_lent_again_under_its_key(desk: Desk) -> None:
    until_at = desk.clock() + timedelta(days=5)
    lend(desk, key="k", until_at=until_at)
    take_back(desk)
    lend(desk, key="k", until_at=until_at)
    assert len(delegations.list_delegations(desk.catalog, project=SLUG)) == 1
    with pytest.raises(Refused, match="does not hold the role validator"):
        desk.sign(IVAN, role=Role.VALIDATOR)


def test_a_new_secret_that_lends_its_role_to_an_old_one_weighs_as_new(
    catalog: Catalog, identity: Identity, clock: SettableClock
) -> None:
    """Else whoever was just made a validator would count alone, by somebody who has been here for long."""
    desk = make_desk(catalog, identity, clock, policy=replace(make_policy(), fresh_secret_days=14))
    clock.move(timedelta(days=20))
    desk.people[VIKTOR] = enrolled(catalog, identity, VIKTOR)
    lend(desk, VIKTOR, IVAN)
    now = desk.sign(IVAN, role=Role.VALIDATOR)
    assert now.fresh_by == (IVAN,)
    assert Role.VALIDATOR in now.missing


def test_nobody_takes_beforehand_the_key_under_which_another_ends_a_delegation(desk: Desk) -> None:
    lend(desk)
    lend(desk, VIKTOR, IVAN)
    take_back(desk)
    desk.clock.move(timedelta(seconds=30))
    take_back(desk, VIKTOR)
    ended = [event for event in record.list_events(desk.catalog) if event.verb is Verb.DELEGATION_ENDED]
    assert {event.actor for event in ended} == {VERA, VIKTOR}
