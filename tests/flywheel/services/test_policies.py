"""Policies are pinned: what a version waits under is what it was registered under."""

from __future__ import annotations

from dataclasses import replace

from flywheel.catalog.engine import Catalog
from flywheel.domain.policy import Policy
from flywheel.domain.signoffs import Role
from flywheel.services import policies, projects, signoffs, versions
from tests.factories.people import OWNER
from tests.factories.projects import make_policy, make_project, registered
from tests.factories.versions import judged, registered_version, with_dossier

WEAKER = make_policy({Role.VALIDATOR: 1}, warned_opens=True)


def submit_again(catalog: Catalog, policy: Policy) -> None:
    changed = make_project(title="The same, with fewer eyes on it")
    projects.register_project(catalog, project=changed, policy=policy, actor=OWNER)


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
    submit_again(catalog, WEAKER)
    assert projects.get_project(catalog, project=version.project).policy_digest == WEAKER.digest
    assert versions.get_version(catalog, version=version.id).policy_digest == make_policy().digest != WEAKER.digest
    assert signoffs.standing_of(catalog, version=version.id) == before
    assert before.missing == {Role.BUSINESS: 1, Role.VALIDATOR: 1}


def test_thresholds_come_back_as_they_were_published(catalog: Catalog) -> None:
    strict = replace(make_policy(), thresholds={"PERF-001": {"at_least": 0.01}})
    policies.publish_policy(catalog, policy=strict, actor="admin@bank.example")
    assert policies.policy_by_digest(catalog, digest=strict.digest).thresholds == strict.thresholds


def test_a_policy_is_known_by_all_that_it_says() -> None:
    strict = make_policy()
    changes = (replace(strict, warned_opens=True), replace(strict, validity_days=1), WEAKER)
    assert len({strict.digest, *(changed.digest for changed in changes)}) == 4
