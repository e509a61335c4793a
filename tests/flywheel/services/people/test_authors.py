"""Authors are computed from the record and from git, since the last version that went through the door."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from flywheel.adapters.git import Commits
from flywheel.catalog.engine import Catalog
from flywheel.domain.policy import Policy, Tier
from flywheel.domain.signoffs import Role
from flywheel.domain.stages import CycleKind, Stage
from flywheel.services.dossier import dossiers
from flywheel.services.modelling import versions
from flywheel.services.modelling.experiments import record_experiments
from flywheel.services.modelling.versions import VersionRecord
from flywheel.services.people import authors
from flywheel.services.people.identity import Identity
from flywheel.services.people.people import EVERYWHERE
from flywheel.services.terms import policies
from flywheel.services.walk import stages
from tests.factories.desk import make_desk
from tests.factories.people import BEN, IVAN, OWNER, VERA, VIKTOR, code_of, enrol, enrolled
from tests.factories.projects import SLUG, make_policy, make_project, registered, submitted
from tests.factories.versions import RUN, make_facts, recorded_dataset
from tests.fakes.clock import SettableClock
from tests.flywheel.adapters.test_git import commit, run

WEAKER = make_policy({Role.VALIDATOR: 1})


def register(catalog: Catalog, name: str = "m2", *, commits: Commits | None = None) -> VersionRecord:
    """Register a version that nobody is named for but its maker."""
    recorded_dataset(catalog)
    facts = make_facts(name)
    record_experiments(catalog, project=SLUG, run_id=RUN, actor="flow:research", experiments=(facts,))
    return versions.register_version(
        catalog,
        project=SLUG,
        experiment_id=facts.id,
        authors=(OWNER,),
        run_id=RUN,
        actor="flow:research",
        commits=commits,
    )


def publish(catalog: Catalog, policy: Policy, *, actor: str, commits: Commits) -> None:
    """Have a tier's policy come into force, as with a registration."""
    with catalog.begin() as work:
        policies.submit(work, policy, actor=actor, commits=commits)


def propose(catalog: Catalog, identity: Identity, clock: SettableClock) -> None:
    """Have Ivan ask for a weaker policy."""
    people = enrol(catalog, identity, IVAN)
    clock.move(timedelta(seconds=30))
    policies.propose_change(
        catalog,
        identity=identity,
        policy=WEAKER,
        person=IVAN,
        reason="too slow",
        code=code_of(people[IVAN], clock()),
        channel="test",
        key="k",
    )


def test_who_committed_submitted_or_started_is_an_author_and_the_reason_is_kept(catalog: Catalog) -> None:
    registered(catalog)
    changed = make_project(title="Changed")
    submitted(catalog, project=changed, policy=make_policy(), actor=IVAN)
    stages.start_cycle(catalog, project=SLUG, kind=CycleKind.LIFECYCLE, actor=BEN, reason="first", key="c")
    stages.begin_stage(catalog, project=SLUG, stage=Stage.IDEATION, run_id="r", actor=VIKTOR, input_digest="sha256:1")
    made = register(catalog, commits=Commits((VERA,), "c" * 40, ("the history is cut short",)))
    assert made.authors == (OWNER, BEN, IVAN, VERA, VIKTOR)
    assert made.authorship["commit"] == "c" * 40
    reasons = made.authorship["reasons"]
    assert isinstance(reasons, dict)
    assert reasons[IVAN] == ["submitted the charter"]
    assert reasons[VERA] == ["committed to the project's folder"]
    gaps = dossiers.assemble(catalog, version=made.id)["gaps"]
    assert isinstance(gaps, list)
    assert "the history is cut short" in gaps


def test_flows_and_system_users_are_no_authors(catalog: Catalog) -> None:
    registered(catalog)
    stages.start_cycle(catalog, project=SLUG, kind=CycleKind.LIFECYCLE, actor="cli:root", reason="first", key="c")
    assert register(catalog).authors == (OWNER,)


def test_who_proposed_a_weaker_policy_is_an_author_of_that_tier(
    catalog: Catalog, identity: Identity, clock: SettableClock
) -> None:
    registered(catalog)
    propose(catalog, identity, clock)
    assert register(catalog).authors == (OWNER, IVAN)


def test_who_edited_the_policy_that_came_into_force_is_an_author_of_its_tier(catalog: Catalog) -> None:
    registered(catalog)
    stricter = make_policy({Role.VALIDATOR: 2, Role.BUSINESS: 1})
    unknown = ("high.toml differs from its commit: who changed it is unknown",)
    publish(catalog, stricter, actor=VIKTOR, commits=Commits((IVAN, BEN), "c" * 40, unknown))
    publish(catalog, replace(make_policy(), tier=Tier.LOW), actor=VERA, commits=Commits((VERA,)))
    made = register(catalog)
    assert made.authors == (OWNER, BEN, IVAN, VIKTOR)
    reasons, gaps = made.authorship["reasons"], made.authorship["gaps"]
    assert isinstance(reasons, dict)
    assert reasons[IVAN] == ["edited the policy"]
    assert isinstance(gaps, list)
    assert unknown[0] in gaps


def test_whoever_brings_a_policy_that_git_knows_has_not_edited_it(catalog: Catalog) -> None:
    registered(catalog)
    stricter = make_policy({Role.VALIDATOR: 2, Role.BUSINESS: 1})
    publish(catalog, stricter, actor=VIKTOR, commits=Commits((IVAN,), "c" * 40))
    assert register(catalog).authors == (OWNER, IVAN)


def test_a_policy_that_was_there_before_the_project_was_not_edited_for_it(catalog: Catalog) -> None:
    publish(catalog, make_policy(), actor=VIKTOR, commits=Commits((IVAN,)))
    registered(catalog)
    assert register(catalog).authors == (OWNER,)


def test_whoever_accepts_a_weaker_policy_is_no_author_but_those_who_edited_it_are(
    catalog: Catalog, identity: Identity, clock: SettableClock
) -> None:
    registered(catalog)
    propose(catalog, identity, clock)
    desk = make_desk(catalog, identity, clock)
    desk.sign(BEN)
    desk.sign(VERA)
    desk.release()
    desk.people[VIKTOR] = enrolled(catalog, identity, VIKTOR, roles={EVERYWHERE: {Role.VALIDATOR}})
    desk.clock.move(timedelta(seconds=30))
    policies.decide_change(
        catalog,
        identity=identity,
        digest=WEAKER.digest,
        person=VIKTOR,
        is_accepted=True,
        comment="",
        code=code_of(desk.people[VIKTOR], desk.clock()),
        channel="test",
        key="d",
    )
    assert register(catalog).authors == (OWNER, IVAN)


def test_git_is_asked_who_committed_to_the_policy_since_it_was_published(catalog: Catalog, tmp_path: Path) -> None:
    name = "config/policies/high.toml"
    (tmp_path / "config").mkdir()
    run(tmp_path, "init", "-q", "-b", "main")
    commit(tmp_path, VERA, text="a", name=name)
    before = authors.commits_to_policy(catalog, home=tmp_path, tier=Tier.HIGH)
    assert before.authors == (VERA,)
    publish(catalog, make_policy(), actor=VERA, commits=before)
    commit(tmp_path, IVAN, text="b", name=name)
    commit(tmp_path, BEN, text="b", name="config/policies/low.toml")
    assert authors.commits_to_policy(catalog, home=tmp_path, tier=Tier.HIGH).authors == (IVAN,)


def test_only_what_happened_since_the_last_released_version_counts(
    catalog: Catalog, identity: Identity, clock: SettableClock
) -> None:
    registered(catalog)
    stages.start_cycle(catalog, project=SLUG, kind=CycleKind.LIFECYCLE, actor=VIKTOR, reason="first", key="c")
    assert VIKTOR in register(catalog, "m0").authors
    desk = make_desk(catalog, identity, clock)
    assert VIKTOR in desk.version.authors
    assert VIKTOR in register(catalog, "m1").authors
    desk.sign(BEN)
    desk.sign(VERA)
    desk.release()
    assert register(catalog, "m3").authors == (OWNER,)


def test_git_is_asked_from_the_commit_of_the_last_released_version(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    registered(catalog)
    asked: list[str] = []

    def witness(_: object, *, files: tuple[str, ...], since: str) -> Commits:
        asked.append(since)
        return Commits(files)

    monkeypatch.setattr(authors, "commits_to", witness)
    assert authors.commits_since_release(catalog, project=SLUG, files=("a",)).authors == ("a",)
    assert asked == [""]
