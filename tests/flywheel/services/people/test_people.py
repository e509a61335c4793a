"""People: the first begins, others are invited and redeem; nobody sees another's secret, no author names a judge."""

from __future__ import annotations

from datetime import timedelta

import pytest
from pydantic import TypeAdapter, ValidationError
from sqlalchemy import select, text

from flywheel.catalog.base import Base
from flywheel.catalog.engine import Catalog
from flywheel.domain.events import Verb
from flywheel.domain.signoffs import Role
from flywheel.errors import InputRefused, Refused
from flywheel.project.charter.fields import Email
from flywheel.services.people import people
from flywheel.services.people.enrolment import Enrolment, Invitation
from flywheel.services.people.identity import Identity
from flywheel.services.people.people import EVERYWHERE
from flywheel.services.people.proof import Proof
from flywheel.services.record import record
from flywheel.settings import Settings
from tests.factories.people import ADMIN, OWNER, VERA, VIKTOR, code_of, enrolled
from tests.factories.projects import SLUG, registered
from tests.fakes.clock import SettableClock

JUDGE = {SLUG: {Role.VALIDATOR}}


class Office:
    """An installation that its administrator began."""

    def __init__(self, catalog: Catalog, identity: Identity, clock: SettableClock, founder: str = ADMIN) -> None:
        self.catalog, self.identity, self.clock, self.founder = catalog, identity, clock, founder
        self.people: dict[str, Enrolment] = {}
        made = people.found(catalog, identity=identity, person=founder, name="Founder", channel="test")
        self.people[founder] = made.enrolment

    def proof(self, person: str) -> Proof:
        self.clock.move(timedelta(seconds=30))
        return Proof(self.identity, person, code_of(self.people[person], self.clock()), "test", "")

    def invite(self, person: str, roles: dict[str, set[Role]], *, by: str = "") -> Invitation:
        proof = self.proof(by or self.founder)
        guest = people.Guest(person, person, roles)
        (made,) = people.invite(self.catalog, guests=[guest], proof=proof)
        return made

    def redeem(self, person: str, token: str) -> Enrolment:
        made = people.redeem(self.catalog, identity=self.identity, person=person, token=token, channel="test")
        self.people[person] = made
        return made

    def bring(self, person: str, roles: dict[str, set[Role]], *, by: str = "") -> Enrolment:
        return self.redeem(person, self.invite(person, roles, by=by).token)


@pytest.fixture
def office(catalog: Catalog, identity: Identity, clock: SettableClock) -> Office:
    return Office(catalog, identity, clock)


def test_granted_roles_hold_everywhere_or_in_one_project(office: Office, catalog: Catalog) -> None:
    office.bring(VERA, {EVERYWHERE: {Role.VALIDATOR}, SLUG: {Role.LEGAL}})
    assert people.roles(catalog, person=VERA, project=SLUG) == {Role.VALIDATOR, Role.LEGAL}
    assert people.roles(catalog, person=VERA, project="another") == {Role.VALIDATOR}


def test_what_a_person_holds_is_encrypted_or_digested_and_in_no_event(office: Office, catalog: Catalog) -> None:
    invited = office.invite(VERA, JUDGE)
    made = office.redeem(VERA, invited.token)
    with catalog.begin() as work:
        stored = b"".join(work.session.scalars(text("SELECT secret FROM person_secret")))
        tables = [repr(work.session.execute(select(table)).all()) for table in Base.metadata.sorted_tables]
    for secret in (made.secret, invited.token, *made.recovery_codes):
        assert secret.encode() not in stored
        assert all(secret not in shown for shown in tables)
        assert secret not in repr((made, invited))


def test_an_installation_begins_once(office: Office, catalog: Catalog, identity: Identity) -> None:
    for person in (ADMIN, "eve@bank.example"):
        with pytest.raises(Refused, match="is set up already"):
            people.found(catalog, identity=identity, person=person, name="", channel="test")
    assert people.find(catalog, person="eve@bank.example") is None


def test_an_invitation_holds_once_for_one_person_and_for_its_time(office: Office, clock: SettableClock) -> None:
    invited = office.invite(VERA, {})
    for person, token, why in (
        (VIKTOR, invited.token, f"{VIKTOR} has no valid invitation"),
        (VERA, invited.token[:-1] + "?", "the right one is valid until 2026-03-"),
        (VERA, "", "the right one is valid until"),
    ):
        with pytest.raises(Refused, match=why):
            office.redeem(person, token)
    office.redeem(VERA, invited.token.upper())
    with pytest.raises(Refused, match="has no valid invitation"):
        office.redeem(VERA, invited.token)
    late = office.invite(VIKTOR, {})
    clock.move(timedelta(days=7))
    with pytest.raises(Refused, match="ask an administrator for a new one"):
        office.redeem(VIKTOR, late.token)


def test_a_newer_invitation_takes_the_place_of_the_older_one(office: Office) -> None:
    first, second = office.invite(VERA, {}), office.invite(VERA, {})
    with pytest.raises(Refused, match="is not the invitation"):
        office.redeem(VERA, first.token)
    assert office.redeem(VERA, second.token).person == VERA


def test_an_enrolled_person_is_not_invited_again(office: Office) -> None:
    office.bring(VERA, {})
    with pytest.raises(Refused, match="enrolled already"):
        office.invite(VERA, JUDGE)


@pytest.mark.parametrize("role", [Role.OWNER, Role.VALIDATOR, Role.IT])
def test_administrators_alone_invite(office: Office, catalog: Catalog, role: Role) -> None:
    office.bring(VERA, {SLUG: {role}})
    with pytest.raises(Refused, match="may invite a person"):
        office.invite(VIKTOR, {}, by=VERA)
    assert record.list_events(catalog)[0].verb is Verb.ACT_REFUSED


def test_whoever_administers_one_project_gives_roles_there_alone(office: Office, catalog: Catalog) -> None:
    registered(catalog)
    office.bring(VIKTOR, {SLUG: {Role.ADMIN}})
    office.bring(VERA, {SLUG: {Role.IT}}, by=VIKTOR)
    with pytest.raises(Refused, match="in all projects"):
        office.invite("eve@bank.example", {EVERYWHERE: {Role.IT}}, by=VIKTOR)


@pytest.mark.parametrize("place", [SLUG, EVERYWHERE])
@pytest.mark.parametrize("role", [Role.VALIDATOR, Role.ADMIN])
def test_an_author_names_nobody_who_judges(office: Office, catalog: Catalog, place: str, role: Role) -> None:
    registered(catalog)
    office.bring(OWNER, {EVERYWHERE: {Role.ADMIN}})
    with pytest.raises(Refused, match="is an author"):
        office.invite("eve@bank.example", {place: {role}}, by=OWNER)
    office.bring(VERA, {place: {Role.BUSINESS}}, by=OWNER)
    proof = office.proof(OWNER)
    with pytest.raises(Refused, match="is an author"):
        people.grant(catalog, person=VERA, roles={place: {role}}, proof=proof)
    people.grant(catalog, person=VERA, roles={place: {role}}, proof=office.proof(ADMIN))
    assert role in people.roles(catalog, person=VERA, project=SLUG)


def test_a_founder_who_is_an_author_names_one_judge_and_no_second(
    catalog: Catalog, identity: Identity, clock: SettableClock
) -> None:
    office = Office(catalog, identity, clock, founder=OWNER)
    registered(catalog)
    office.bring(VERA, {EVERYWHERE: {Role.ADMIN, Role.VALIDATOR}})
    with pytest.raises(Refused, match="is an author"):
        office.invite(VIKTOR, JUDGE)
    office.bring(VIKTOR, JUDGE, by=VERA)
    granted = [e.payload["is_founding"] for e in record.list_events(catalog) if e.verb is Verb.ROLE_GRANTED]
    assert granted == [False, True, True], "the record says which roles came by the founding"


def test_the_one_judge_of_a_founder_who_is_an_author_may_be_given_more_and_then_names_the_rest(
    catalog: Catalog, identity: Identity, clock: SettableClock
) -> None:
    office = Office(catalog, identity, clock, founder=OWNER)
    registered(catalog)
    office.bring(VERA, JUDGE)
    people.grant(catalog, person=VERA, roles={"another": {Role.VALIDATOR}}, proof=office.proof(OWNER))
    people.grant(catalog, person=VERA, roles={EVERYWHERE: {Role.ADMIN}}, proof=office.proof(OWNER))
    with pytest.raises(Refused, match="is an author"):
        office.invite(VIKTOR, JUDGE)
    office.bring(VIKTOR, JUDGE, by=VERA)
    proof = office.proof(OWNER)
    with pytest.raises(Refused, match="is an author"):
        people.grant(catalog, person=VERA, roles={SLUG: {Role.VALIDATOR}}, proof=proof)


def test_a_founder_names_another_where_nobody_redeemed_the_invitation_and_the_first_is_void(
    catalog: Catalog, identity: Identity, clock: SettableClock
) -> None:
    office = Office(catalog, identity, clock, founder=OWNER)
    registered(catalog)
    mistyped = office.invite(VIKTOR, {EVERYWHERE: {Role.ADMIN, Role.VALIDATOR}})
    office.bring(VERA, {EVERYWHERE: {Role.ADMIN, Role.VALIDATOR}})
    with pytest.raises(Refused, match="has no valid invitation"):
        office.redeem(VIKTOR, mistyped.token)
    again = office.invite(VIKTOR, {})
    office.redeem(VIKTOR, again.token)
    assert people.roles(catalog, person=VIKTOR, project=SLUG) == frozenset()
    assert people.roles(catalog, person=VERA, project=SLUG) == {Role.ADMIN, Role.VALIDATOR}
    with pytest.raises(Refused, match="is an author"):
        office.invite("eve@bank.example", JUDGE)


def test_nobody_but_the_founder_has_a_founders_gift(catalog: Catalog, identity: Identity, clock: SettableClock) -> None:
    office = Office(catalog, identity, clock, founder=ADMIN)
    registered(catalog)
    office.bring(OWNER, {EVERYWHERE: {Role.ADMIN}})
    for judge in (ADMIN, OWNER):
        proof = office.proof(OWNER)
        with pytest.raises(Refused, match="is an author"):
            people.grant(catalog, person=judge, roles={SLUG: {Role.VALIDATOR}}, proof=proof)


def test_a_charter_names_who_should_judge_and_makes_nobody_one(office: Office, catalog: Catalog) -> None:
    registered(catalog)
    office.bring(VERA, {})
    assert people.roles(catalog, person=VERA, project=SLUG) == frozenset()
    people.grant(catalog, person=VERA, roles=JUDGE, proof=office.proof(ADMIN))
    assert people.roles(catalog, person=VERA, project=SLUG) == {Role.VALIDATOR}


def test_key_file_is_made_once_for_its_owner_only(settings: Settings) -> None:
    first, second = Identity.of(settings), Identity.of(settings)
    key = settings.data_root / "keys" / "identity.key"
    assert second.cipher.decrypt(first.cipher.encrypt(b"x")) == b"x"
    assert key.stat().st_mode & 0o777 == 0o600


UNSEEN = ("\u200b", "\u202e", "\x1b[31m", "\x00", "\u0430", "\u212a", "\n", "\u2028", "\ud800")
"""Signs that nobody sees, that steer what is shown, or that look like others."""


@pytest.mark.parametrize("person", ["", "vera", "a@b@c", "vera@bank.example\nx", "@bank.example", "ve ra@bank.example"])
def test_only_addresses_are_invited(office: Office, person: str) -> None:
    with pytest.raises(InputRefused, match="not an e-mail address"):
        office.invite(person, {})


@pytest.mark.parametrize("sign", UNSEEN)
def test_nobody_is_invited_under_an_address_that_looks_like_anothers(office: Office, sign: str) -> None:
    for person in (f"ve{sign}ra@bank.example", f"vera@bank{sign}.example"):
        with pytest.raises(InputRefused, match="not an e-mail address") as refused:
            office.invite(person, {})
        assert sign not in str(refused.value)
        with pytest.raises(ValidationError):
            TypeAdapter(Email).validate_python(person)


@pytest.mark.parametrize("name", ["Vera\u200b", "\x1b[31mVera", "Vera\u202e", "Ve\nra", "x" * 201])
def test_names_are_seen_whole(office: Office, catalog: Catalog, identity: Identity, name: str) -> None:
    with pytest.raises(InputRefused, match="not a name that people can read"):
        people.invite(catalog, guests=[people.Guest(VERA, name)], proof=office.proof(ADMIN))
    assert people.find(catalog, person=VERA) is None


def test_a_factory_enrols_as_an_invitation_does(catalog: Catalog, identity: Identity) -> None:
    made = enrolled(catalog, identity, VERA, roles=JUDGE)
    assert (made.person, len(made.recovery_codes)) == (VERA, 8)
    assert people.roles(catalog, person=VERA, project=SLUG) == {Role.VALIDATOR}
