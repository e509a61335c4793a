"""Sign-offs: who may, what counts, what is refused and remembered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import pytest

from flywheel.catalog.engine import Catalog
from flywheel.domain.digests import Digest
from flywheel.domain.events import Verb
from flywheel.domain.signoffs import Answer, Role, Standing
from flywheel.errors import Conflict, Refused
from flywheel.services import record, signoffs
from flywheel.services.identity import Identity
from flywheel.services.people import Enrolment
from flywheel.services.versions import VersionRecord
from tests.factories.people import BEN, IVAN, OWNER, VERA, VIKTOR, code_of, enrol
from tests.factories.projects import registered
from tests.factories.versions import judged, registered_version, with_dossier
from tests.fakes.clock import SettableClock
from tests.flywheel.services.outgoing import messages_of


@dataclass(frozen=True)
class Desk:
    """A version that waits for signatures, and the people around it."""

    catalog: Catalog
    identity: Identity
    clock: SettableClock
    people: dict[str, Enrolment]
    version: VersionRecord
    dossier: Digest

    def sign(
        self,
        person: str,
        answer: Answer = Answer.APPROVE,
        *,
        role: Role | None = None,
        code: str = "",
        key: str = "",
        dossier: str = "",
        comment: str = "looked at it",
    ) -> Standing:
        """Sign with a right and fresh code unless told otherwise."""
        self.clock.move(timedelta(seconds=30))
        return signoffs.sign(
            self.catalog,
            identity=self.identity,
            version=self.version.id,
            dossier_digest=dossier or self.dossier,
            person=person,
            role=role,
            answer=answer,
            comment=comment,
            code=code or code_of(self.people[person], self.clock()),
            channel="test",
            key=key or f"{person}:{self.clock().isoformat()}",
        )


@pytest.fixture
def desk(catalog: Catalog, identity: Identity, clock: SettableClock) -> Desk:
    """A judged version with a dossier and enrolled people."""
    registered(catalog)
    version = registered_version(catalog)
    judged(catalog, version)
    people = enrol(catalog, identity, OWNER, BEN, VERA, VIKTOR, IVAN)
    return Desk(catalog, identity, clock, people, version, with_dossier(catalog, version))


def test_quorum_is_granted_by_one_person_of_each_role(desk: Desk) -> None:
    assert not desk.sign(BEN).is_granted
    assert desk.sign(VERA).is_granted


def test_settled_question_resumes_the_waiting_run_once(desk: Desk) -> None:
    desk.sign(BEN)
    assert messages_of(desk.catalog, "resume_run") == []
    desk.sign(VERA)
    desk.sign(VIKTOR)
    assert [message["run_id"] for message in messages_of(desk.catalog, "resume_run")] == ["run-1"]


def test_same_key_gives_the_first_standing_and_counts_once(desk: Desk) -> None:
    code = code_of(desk.people[BEN], desk.clock() + timedelta(seconds=30))
    first = desk.sign(BEN, code=code, key="k")
    desk.sign(VERA)
    assert desk.sign(BEN, code=code, key="k") == first
    assert signoffs.standing_of(desk.catalog, version=desk.version.id).is_granted


def test_same_key_with_another_answer_is_a_conflict(desk: Desk) -> None:
    desk.sign(BEN, key="k")
    with pytest.raises(Conflict, match="different request"):
        desk.sign(BEN, Answer.REJECT, key="k")


@pytest.mark.parametrize(
    ("person", "role", "reason"),
    [
        (OWNER, Role.OWNER, "is an author"),
        (IVAN, Role.VALIDATOR, "does not hold the role validator"),
        (BEN, Role.VALIDATOR, "does not hold the role validator"),
    ],
)
def test_wrong_people_are_refused_and_the_attempt_is_an_event(desk: Desk, person: str, role: Role, reason: str) -> None:
    with pytest.raises(Refused, match=reason):
        desk.sign(person, role=role)
    latest = record.list_events(desk.catalog, limit=1)[0]
    assert (latest.verb, latest.actor) == (Verb.SIGNOFF_REFUSED, person)
    assert reason in str(latest.payload["reason"])


def test_stale_dossier_is_refused(desk: Desk) -> None:
    with_dossier(desk.catalog, desk.version, content="a newer dossier")
    with pytest.raises(Refused, match="dossier has changed"):
        desk.sign(BEN)


def test_new_dossier_starts_the_count_again(desk: Desk) -> None:
    desk.sign(BEN)
    desk.sign(VERA)
    with_dossier(desk.catalog, desk.version, content="a newer dossier")
    assert signoffs.standing_of(desk.catalog, version=desk.version.id).missing == {
        Role.BUSINESS: 1,
        Role.VALIDATOR: 1,
    }


def test_wrong_code_is_refused(desk: Desk) -> None:
    with pytest.raises(Refused, match="code is wrong"):
        desk.sign(BEN, code="000000")


def test_code_counts_once(desk: Desk) -> None:
    code = code_of(desk.people[VERA], desk.clock() + timedelta(seconds=30))
    desk.sign(VERA, code=code)
    desk.clock.move(timedelta(seconds=-30))
    with pytest.raises(Refused, match="used already"):
        desk.sign(VERA, Answer.REJECT, code=code, key="again")


def test_too_many_wrong_codes_lock_even_the_right_one_for_a_while(desk: Desk) -> None:
    for _ in range(5):
        with pytest.raises(Refused, match="code is wrong"):
            desk.sign(BEN, code="000000")
    with pytest.raises(Refused, match="locked"):
        desk.sign(BEN)
    desk.clock.move(timedelta(minutes=15))
    assert BEN in desk.sign(BEN).approved_by


def test_same_answer_twice_is_refused(desk: Desk) -> None:
    desk.sign(BEN)
    with pytest.raises(Refused, match="already answered approve"):
        desk.sign(BEN)


def test_approval_may_become_a_rejection_but_not_the_reverse(desk: Desk) -> None:
    desk.sign(BEN)
    assert desk.sign(BEN, Answer.REJECT).refused_by == (BEN,)
    with pytest.raises(Refused, match="a rejection stands"):
        desk.sign(BEN)


def test_one_rejection_outweighs_a_full_quorum(desk: Desk) -> None:
    desk.sign(VIKTOR, Answer.REJECT)
    desk.sign(BEN)
    assert not desk.sign(VERA).is_granted


def test_comment_with_control_characters_is_refused(desk: Desk) -> None:
    with pytest.raises(Refused, match="control characters"):
        desk.sign(BEN, comment="fine\x1b[2J")


def test_approvals_expire_and_rejections_do_not(desk: Desk) -> None:
    desk.sign(BEN)
    desk.sign(VIKTOR, Answer.REJECT)
    desk.clock.move(timedelta(days=366))
    now = signoffs.standing_of(desk.catalog, version=desk.version.id)
    assert (now.approved_by, now.refused_by) == ({}, (VIKTOR,))


def test_person_without_an_authenticator_is_refused(desk: Desk) -> None:
    lea = Enrolment("lea@bank.example", next(iter(desk.people.values())).secret, "")
    desk.people[lea.person] = lea
    with pytest.raises(Refused, match="does not hold the role"):
        desk.sign(lea.person)


def test_inbox_shows_what_a_person_may_still_answer(desk: Desk) -> None:
    assert [item.version for item in signoffs.inbox(desk.catalog, person=BEN)] == [desk.version.id]
    assert signoffs.inbox(desk.catalog, person=OWNER) == ()
    assert signoffs.inbox(desk.catalog, person=IVAN) == ()
    desk.sign(BEN)
    assert signoffs.inbox(desk.catalog, person=BEN) == ()
    assert [item.roles for item in signoffs.inbox(desk.catalog)] == [(Role.VALIDATOR,)]


def test_request_for_another_dossier_than_the_present_is_refused(desk: Desk) -> None:
    with pytest.raises(Refused, match="present dossier"):
        signoffs.request_signoff(
            desk.catalog, version=desk.version.id, dossier_digest="sha256:other", run_id="run-2", actor="flow:x"
        )
