"""Resets: by one's own code, by a recovery code, by two uninvolved administrators; never by one, never past a lock."""

from __future__ import annotations

from datetime import timedelta

import pytest

from flywheel.catalog.engine import Catalog
from flywheel.domain.events import Verb
from flywheel.domain.signoffs import Role
from flywheel.errors import Refused
from flywheel.services.people import people, resets, sessions
from flywheel.services.people.enrolment import Enrolment, Invitation
from flywheel.services.people.identity import Identity
from flywheel.services.people.people import EVERYWHERE
from flywheel.services.people.proof import Proof
from flywheel.services.record import record
from tests.factories.people import BEN, OWNER, VERA, VIKTOR, code_of, enrol, enrolled
from tests.factories.projects import make_policy, make_project, registered, submitted
from tests.fakes.clock import SettableClock

ADA, ABE, ANA = "ada@bank.example", "abe@bank.example", OWNER
ALL = {EVERYWHERE: {Role.ADMIN}}


class Desk:
    """Vera, who validates, two administrators, and a third who is an author."""

    def __init__(self, catalog: Catalog, identity: Identity, clock: SettableClock) -> None:
        registered(catalog)
        self.catalog, self.identity, self.clock = catalog, identity, clock
        self.people: dict[str, Enrolment] = enrol(catalog, identity, VERA, BEN)
        for person in (ADA, ABE, ANA):
            self.people[person] = enrolled(catalog, identity, person, roles=ALL)

    def proof(self, person: str, *, code: str = "") -> Proof:
        self.clock.move(timedelta(seconds=30))
        return Proof(self.identity, person, code or code_of(self.people[person], self.clock()), "test", "")

    def consent(self, administrator: str, *, to: str = VERA) -> Invitation | None:
        return resets.consent(self.catalog, identity=self.identity, person=to, proof=self.proof(administrator))

    def redeem(self, token: str) -> Enrolment:
        return people.redeem(self.catalog, identity=self.identity, person=VERA, token=token, channel="test")

    def guess(self, times: int) -> None:
        for number in range(times):
            with pytest.raises(Refused):
                sessions.log_in(self.catalog, proof=self.proof(VERA, code=f"x{number}"))


@pytest.fixture
def desk(catalog: Catalog, identity: Identity, clock: SettableClock) -> Desk:
    return Desk(catalog, identity, clock)


def test_ones_own_code_brings_a_new_secret_and_ends_the_old_one(desk: Desk) -> None:
    made = resets.renew(desk.catalog, proof=desk.proof(VERA))
    with pytest.raises(Refused, match="code is wrong"):
        sessions.log_in(desk.catalog, proof=desk.proof(VERA))
    desk.people[VERA] = made
    assert sessions.log_in(desk.catalog, proof=desk.proof(VERA)).person == VERA


def test_a_recovery_code_helps_once(desk: Desk) -> None:
    first = desk.people[VERA].recovery_codes[0]
    nobody = Proof(desk.identity, VERA, "", "test", "")
    made = resets.renew(desk.catalog, proof=nobody, recovery_code=first.upper())
    for used in (first, desk.people[VERA].recovery_codes[1], "", "x"):
        with pytest.raises(Refused):
            resets.renew(desk.catalog, proof=nobody, recovery_code=used)
    assert resets.renew(desk.catalog, proof=nobody, recovery_code=made.recovery_codes[1]).person == VERA


def test_one_administrator_is_not_enough_and_two_make_an_invitation(desk: Desk) -> None:
    assert desk.consent(ADA) is None
    with pytest.raises(Refused, match="has consented already"):
        desk.consent(ADA)
    sessions.log_in(desk.catalog, proof=desk.proof(VERA))
    invited = desk.consent(ABE)
    assert invited is not None
    sessions.log_in(desk.catalog, proof=desk.proof(VERA))
    desk.people[VERA] = desk.redeem(invited.token)
    sessions.log_in(desk.catalog, proof=desk.proof(VERA))
    said = next(event for event in record.list_events(desk.catalog) if event.verb is Verb.PERSON_ENROLLED)
    assert said.payload["how"] == "two administrators"


def test_a_consent_does_not_wait_for_ever(desk: Desk) -> None:
    desk.consent(ADA)
    desk.clock.move(timedelta(days=8))
    assert desk.consent(ABE) is None


@pytest.mark.parametrize("who", [ANA, BEN, VERA])
def test_authors_others_and_oneself_have_no_part_in_it(desk: Desk, who: str) -> None:
    desk.consent(ADA)
    with pytest.raises(Refused):
        desk.consent(who)
    assert desk.consent(ABE) is not None


def test_a_consent_of_somebody_who_has_become_an_author_does_not_count(desk: Desk) -> None:
    desk.consent(ADA)
    submitted(desk.catalog, project=make_project(title="Changed"), policy=make_policy(), actor=ADA)
    assert desk.consent(ABE) is None


@pytest.mark.parametrize("way", ["recovery", "own", "administrators"])
def test_a_lock_after_wrong_codes_survives_every_reset(desk: Desk, way: str) -> None:
    desk.guess(desk.identity.max_wrong_codes)
    nobody = Proof(desk.identity, VERA, "", "test", "")
    if way == "recovery":
        with pytest.raises(Refused, match="is locked"):
            resets.renew(desk.catalog, proof=nobody, recovery_code=desk.people[VERA].recovery_codes[0])
    elif way == "own":
        with pytest.raises(Refused, match="is locked"):
            resets.renew(desk.catalog, proof=desk.proof(VERA))
    else:
        desk.consent(ADA)
        invited = desk.consent(ABE)
        assert invited is not None
        desk.people[VERA] = desk.redeem(invited.token)
        with pytest.raises(Refused, match="is locked"):
            sessions.log_in(desk.catalog, proof=desk.proof(VERA))
    desk.clock.move(timedelta(minutes=20))
    sessions.log_in(desk.catalog, proof=desk.proof(VERA))


def test_wrong_codes_are_not_forgotten_by_a_recovery_code(desk: Desk) -> None:
    desk.guess(desk.identity.max_wrong_codes - 1)
    nobody = Proof(desk.identity, VERA, "", "test", "")
    desk.people[VERA] = resets.renew(desk.catalog, proof=nobody, recovery_code=desk.people[VERA].recovery_codes[0])
    desk.guess(1)
    with pytest.raises(Refused, match="is locked"):
        sessions.log_in(desk.catalog, proof=desk.proof(VERA))


def test_wrong_recovery_codes_lock_too(desk: Desk) -> None:
    nobody = Proof(desk.identity, VERA, "", "test", "")
    for _ in range(desk.identity.max_wrong_codes):
        with pytest.raises(Refused, match="not an unused recovery code"):
            resets.renew(desk.catalog, proof=nobody, recovery_code="guess")
    with pytest.raises(Refused, match="is locked"):
        sessions.log_in(desk.catalog, proof=desk.proof(VERA))


def test_nobody_can_be_reset_who_is_not_enrolled(desk: Desk) -> None:
    for who in (VIKTOR, "zzz@nobody"):
        with pytest.raises(Refused, match="nobody of this name"):
            desk.consent(ADA, to=who)
