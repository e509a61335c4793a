"""P11: whoever became a judge by an author's word, or by that of the author's puppet, judges nothing of that author."""

from __future__ import annotations

from datetime import timedelta

import pytest

from flywheel.catalog.engine import Catalog
from flywheel.domain.signoffs import Answer, Role
from flywheel.errors import Refused
from flywheel.services.approval import answering, findings
from flywheel.services.people import people
from flywheel.services.people.identity import Identity
from flywheel.services.people.people import EVERYWHERE
from flywheel.services.people.proof import Proof
from tests.factories.desk import Desk, make_desk
from tests.factories.people import ADMIN, BEN, OWNER, VERA, code_of, enrolled
from tests.factories.projects import SLUG
from tests.fakes.clock import SettableClock

OLGA, PUPPET = "olga@bank.example", "puppet@bank.example"
JUDGE = {SLUG: {Role.VALIDATOR}}


@pytest.fixture
def desk(catalog: Catalog, identity: Identity, clock: SettableClock) -> Desk:
    """The author of the version was an administrator, whom VERA had named, and named OLGA while no author."""
    desk = make_desk(catalog, identity, clock)
    desk.people[OLGA] = enrolled(catalog, identity, OLGA)
    desk.people[PUPPET] = enrolled(catalog, identity, PUPPET)
    given(desk, VERA, {EVERYWHERE: {Role.ADMIN}}, by=ADMIN, is_founding=True)
    given(desk, OWNER, {EVERYWHERE: {Role.ADMIN}}, by=VERA)
    given(desk, OLGA, JUDGE, by=OWNER)
    return desk


def given(desk: Desk, person: str, roles: dict[str, set[Role]], *, by: str, is_founding: bool = False) -> None:
    with desk.catalog.begin() as work:
        people.grant_in(work, person=person, roles=roles, actor=by, is_founding=is_founding)


def proof(desk: Desk, person: str) -> Proof:
    desk.clock.move(timedelta(seconds=30))
    now = desk.clock()
    return Proof(desk.identity, person, code_of(desk.people[person], now), "test", f"{person}:{now.isoformat()}")


def test_her_answer_is_refused_with_the_way_to_one_that_counts(desk: Desk) -> None:
    for role, answer in ((None, Answer.APPROVE), (Role.VALIDATOR, Answer.APPROVE), (Role.VALIDATOR, Answer.REJECT)):
        with pytest.raises(Refused, match=r"named validator by an author .* `flywheel people grant olga@bank.example"):
            desk.sign(OLGA, answer, role=role)
    given(desk, OLGA, JUDGE, by=VERA)
    desk.sign(BEN)
    assert desk.sign(OLGA).is_granted


@pytest.mark.parametrize("is_guarded", [True, False], ids=["as it is", "the door's guard removed"])
def test_the_door_counts_no_such_approval_however_it_came_in(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, is_guarded: bool
) -> None:
    monkeypatch.setattr(answering, "_must_be_heard", lambda *_: None)
    monkeypatch.setattr(answering, "check_may_sign", lambda **_: None)
    if not is_guarded:
        monkeypatch.setattr("flywheel.services.standing.weighing.named_by_authors", lambda *_, **__: frozenset())
    desk.sign(BEN)
    said = desk.sign(OLGA, role=Role.VALIDATOR)
    assert said.is_granted is not is_guarded
    assert (said.unheard_by == (OLGA,)) is is_guarded


def test_the_puppet_of_an_author_names_no_judge(desk: Desk) -> None:
    given(desk, PUPPET, {EVERYWHERE: {Role.ADMIN}}, by=OWNER)
    asked = proof(desk, PUPPET)
    with pytest.raises(Refused, match="may grant a role"):
        people.grant(desk.catalog, person=OLGA, roles=JUDGE, proof=asked)
    people.grant(desk.catalog, person=OLGA, roles=JUDGE, proof=proof(desk, VERA))


def test_she_settles_no_finding_of_theirs(desk: Desk) -> None:
    new = findings.NewFinding(desk.version.id, "income is missing for the self-employed", owner=OWNER)
    opened = findings.open_finding(desk.catalog, found=new, proof=proof(desk, VERA))
    with pytest.raises(Refused):
        findings.close_finding(desk.catalog, finding=opened.id, reason="none", proof=proof(desk, OLGA))
    findings.close_finding(desk.catalog, finding=opened.id, reason="none", proof=proof(desk, VERA))
