"""Authors are computed from the record and from git, since the last version that went through the door."""

from __future__ import annotations

from datetime import timedelta

import pytest

from flywheel.adapters.git import Commits
from flywheel.catalog.engine import Catalog
from flywheel.domain.policy import Policy
from flywheel.domain.signoffs import Role
from flywheel.domain.stages import CycleKind, Stage
from flywheel.services import authors, dossiers, policies, projects, stages, versions
from flywheel.services.experiments import record_experiments
from flywheel.services.identity import Identity
from flywheel.services.versions import VersionRecord
from tests.factories.desk import make_desk
from tests.factories.people import BEN, IVAN, OWNER, VERA, VIKTOR, code_of, enrol
from tests.factories.projects import SLUG, make_policy, make_project, registered
from tests.factories.versions import RUN, make_facts, recorded_dataset
from tests.fakes.clock import SettableClock


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


def test_who_committed_submitted_or_started_is_an_author_and_the_reason_is_kept(catalog: Catalog) -> None:
    registered(catalog)
    changed = make_project(title="Changed")
    projects.register_project(catalog, project=changed, policy=make_policy(), actor=IVAN)
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
    people = enrol(catalog, identity, BEN)
    clock.move(timedelta(minutes=1))
    weaker: Policy = make_policy({Role.VALIDATOR: 1})
    policies.propose_change(
        catalog,
        identity=identity,
        policy=weaker,
        person=BEN,
        reason="too slow",
        code=code_of(people[BEN], clock()),
        channel="test",
        key="k",
        editors=(IVAN,),
    )
    assert register(catalog).authors == (OWNER, BEN, IVAN)


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
