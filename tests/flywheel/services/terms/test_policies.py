"""Policies are pinned, and a weaker one comes into force only by the sign-off of somebody who did not edit it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from flywheel.catalog.engine import Catalog
from flywheel.domain.events import Verb
from flywheel.domain.policy import Policy, Tier
from flywheel.domain.signoffs import Role
from flywheel.errors import CharterError, Refused
from flywheel.project.loader import Project, charter_from, digest_of_files
from flywheel.services.approval import signoffs
from flywheel.services.modelling import versions
from flywheel.services.people.identity import Identity
from flywheel.services.people.people import EVERYWHERE, Enrolment
from flywheel.services.record import record
from flywheel.services.terms import policies
from flywheel.services.terms.policies import ChangeState, PolicyChange
from flywheel.services.walk import projects
from tests.factories.people import BEN, IVAN, OWNER, VERA, code_of, enrolled
from tests.factories.projects import make_policy, make_project, registered, submitted
from tests.factories.versions import judged, registered_version, with_dossier
from tests.fakes.clock import SettableClock

WEAKER = make_policy({Role.VALIDATOR: 1}, warned_opens=True)
STRICTER = make_policy({Role.BUSINESS: 1, Role.VALIDATOR: 2})


class Chamber:
    """Where a change of policy is proposed and decided."""

    def __init__(self, catalog: Catalog, identity: Identity, clock: SettableClock) -> None:
        self.catalog, self.identity, self.clock = catalog, identity, clock
        self.people: dict[str, Enrolment] = {
            person: enrolled(catalog, identity, person, roles=roles)
            for person, roles in (
                (OWNER, {EVERYWHERE: {Role.ADMIN}}),
                (BEN, {}),
                (VERA, {EVERYWHERE: {Role.VALIDATOR}}),
                (IVAN, {EVERYWHERE: {Role.IT}}),
            )
        }
        registered(catalog)

    def propose(self, policy: Policy = WEAKER, *, person: str = OWNER, editors: tuple[str, ...] = ()) -> PolicyChange:
        return policies.propose_change(
            self.catalog,
            identity=self.identity,
            policy=policy,
            person=person,
            reason="too slow",
            editors=editors,
            **self._proof(person),
        )

    def decide(self, change: PolicyChange, person: str, *, is_accepted: bool = True, code: str = "") -> PolicyChange:
        return policies.decide_change(
            self.catalog,
            identity=self.identity,
            digest=change.digest,
            person=person,
            is_accepted=is_accepted,
            comment="",
            **self._proof(person) | ({"code": code} if code else {}),
        )

    def in_force(self) -> Policy | None:
        return policies.in_force(self.catalog, tier=Tier.HIGH)

    def _proof(self, person: str) -> dict[str, str]:
        self.clock.move(timedelta(seconds=30))
        code = code_of(self.people[person], self.clock())
        return {"code": code, "channel": "test", "key": self.clock().isoformat()}


@pytest.fixture
def chamber(catalog: Catalog, identity: Identity, clock: SettableClock) -> Chamber:
    return Chamber(catalog, identity, clock)


def submit_again(catalog: Catalog, policy: Policy, *, title: str = "The same, again") -> projects.ProjectRecord:
    return submitted(catalog, project=make_project(title=title), policy=policy, actor=OWNER)


def test_the_same_policy_published_twice_is_one(catalog: Catalog) -> None:
    digests = {policies.publish_policy(catalog, policy=WEAKER, actor="admin@bank.example") for _ in range(2)}
    assert digests == {WEAKER.digest}
    assert policies.policy_by_digest(catalog, digest=WEAKER.digest) == WEAKER


def test_spec_25_a_version_that_waits_keeps_the_policy_that_it_was_registered_under(catalog: Catalog) -> None:
    registered(catalog)
    version = registered_version(catalog)
    judged(catalog, version)
    with_dossier(catalog, version)
    before = signoffs.standing_of(catalog, version=version.id)
    submit_again(catalog, STRICTER)
    assert projects.get_project(catalog, project=version.project).policy_digest == STRICTER.digest
    assert versions.get_version(catalog, version=version.id).policy_digest == make_policy().digest
    assert signoffs.standing_of(catalog, version=version.id) == before
    assert before.missing == {Role.BUSINESS: 1, Role.VALIDATOR: 1}


def test_weaker_policy_is_not_taken_and_the_user_is_told_why(chamber: Chamber) -> None:
    assert submit_again(chamber.catalog, WEAKER).policy_digest == make_policy().digest
    assert policies.publish_policy(chamber.catalog, policy=WEAKER, actor=OWNER) == make_policy().digest
    assert policies.held_back(chamber.catalog, policy=WEAKER) == (
        "the quorum asks for 0 instead of 1 x business",
        "a warning opens a gate",
    )


def test_weaker_policy_is_in_force_once_another_person_accepts_it(chamber: Chamber) -> None:
    change = chamber.propose()
    assert (change.state, chamber.in_force()) == (ChangeState.WAITING, make_policy())
    assert chamber.decide(change, VERA).state is ChangeState.ACCEPTED
    assert chamber.in_force() == WEAKER
    assert submit_again(chamber.catalog, WEAKER).policy_digest == WEAKER.digest
    assert submit_again(chamber.catalog, make_policy(), title="Strict again").policy_digest == make_policy().digest
    assert chamber.in_force() == make_policy()


def test_rejected_change_leaves_what_is_in_force(chamber: Chamber) -> None:
    change = chamber.propose()
    assert chamber.decide(change, VERA, is_accepted=False).state is ChangeState.REJECTED
    assert chamber.in_force() == make_policy()
    with pytest.raises(Refused, match="this change is decided already"):
        chamber.decide(change, VERA)


@pytest.mark.parametrize(
    ("person", "code", "reason"),
    [
        (OWNER, "", "has edited this policy"),
        (BEN, "", "neither validator nor administrator of all projects"),
        (IVAN, "", "neither validator nor administrator of all projects"),
        (VERA, "000000", "code is wrong"),
    ],
)
def test_who_may_not_decide_is_told_why_and_it_is_an_event(
    chamber: Chamber, person: str, code: str, reason: str
) -> None:
    change = chamber.propose()
    with pytest.raises(Refused, match=reason):
        chamber.decide(change, person, code=code)
    assert record.list_events(chamber.catalog, limit=1)[0].verb is Verb.POLICY_CHANGE_REFUSED
    assert chamber.in_force() == make_policy()


def test_validator_of_one_project_does_not_decide_for_all(chamber: Chamber) -> None:
    change = chamber.propose(person=VERA)
    with pytest.raises(Refused, match="neither validator nor administrator"):
        chamber.decide(change, BEN)


def test_who_committed_the_file_is_an_editor_too(chamber: Chamber) -> None:
    change = chamber.propose(editors=(VERA.upper(),))
    with pytest.raises(Refused, match="has edited this policy"):
        chamber.decide(change, VERA)


def test_change_is_accepted_only_against_the_policy_that_it_was_held_against(chamber: Chamber) -> None:
    change = chamber.propose()
    submit_again(chamber.catalog, STRICTER)
    with pytest.raises(Refused, match="no longer the one"):
        chamber.decide(change, VERA)


def test_change_that_weakens_nothing_or_waits_already_is_not_proposed(chamber: Chamber) -> None:
    with pytest.raises(Refused, match="no weaker"):
        chamber.propose(STRICTER)
    chamber.propose()
    with pytest.raises(Refused, match="waits for its sign-off already"):
        chamber.propose()


def test_what_a_project_tightens_is_its_own_and_never_looser_than_what_is_in_force(catalog: Catalog) -> None:
    strict = registered_with(catalog, {"quorum": {"validator": 2}})
    assert policies.policy_by_digest(catalog, digest=strict.policy_digest).quorum[Role.VALIDATOR] == 2
    assert policies.in_force(catalog, tier=Tier.HIGH) == make_policy()
    with pytest.raises(CharterError, match=r"validation\.policy\.validity_days"):
        registered_with(catalog, {"validity_days": 366})


def registered_with(catalog: Catalog, asked: dict[str, object]) -> projects.ProjectRecord:
    """Register a project whose charter asks for a policy of its own."""
    plain = make_project()
    document = {**plain.document, "validation": {"policy": asked}}
    project = Project(plain.path, charter_from(document), None, digest_of_files(document), document)  # type: ignore[arg-type]  # JSON
    return submitted(catalog, project=project, policy=make_policy(), actor=OWNER)


def test_thresholds_come_back_as_they_were_published(catalog: Catalog) -> None:
    strict = replace(make_policy(), thresholds={"PERF-001": {"at_least": 0.01}})
    policies.publish_policy(catalog, policy=strict, actor="admin@bank.example")
    assert policies.policy_by_digest(catalog, digest=strict.digest).thresholds == strict.thresholds


def test_a_policy_is_known_by_all_that_it_says() -> None:
    strict = make_policy()
    changes = (replace(strict, warned_opens=True), replace(strict, validity_days=1), WEAKER)
    assert len({strict.digest, *(changed.digest for changed in changes)}) == 4
