"""Agreements: nothing is made before what is agreed stands, whatever walk runs, and whose word on it counts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from flywheel.catalog.engine import Catalog
from flywheel.domain.signoffs import Answer, Role
from flywheel.domain.stages import CycleKind, Stage
from flywheel.errors import Refused
from flywheel.project.loader import Project, charter_from, digest_of_files
from flywheel.services.people.identity import Identity
from flywheel.services.standing.agreements import HELD
from flywheel.services.walk import cycles, following, projects
from tests.factories.agreeing import AGREEING, Table, make_table
from tests.factories.people import BEN, IVAN, OWNER
from tests.factories.projects import SLUG, submitted
from tests.fakes.clock import SettableClock

STRICTER = replace(AGREEING, agreement={Role.BUSINESS: 1, Role.IT: 2})


@pytest.fixture
def table(catalog: Catalog, identity: Identity, clock: SettableClock) -> Table:
    """A charter that business and IT have agreed on, past ideation."""
    agreed = make_table(catalog, identity, clock)
    project = agreed.register()
    agreed.ask(project)
    agreed.sign(BEN)
    agreed.sign(IVAN)
    agreed.conclude(project)
    return agreed


def start(table: Table, kind: CycleKind) -> Stage:
    """Begin a walk of a kind; gives the stage that it begins with."""
    begun = cycles.start_cycle(
        table.catalog, project=SLUG, kind=kind, actor=OWNER, reason="again", key=f"again:{kind}:{table.clock()}"
    )
    return begun.stage


def reseeded(table: Table, actor: str) -> None:
    """Have somebody register the charter with another seed, which changes nothing that is agreed on."""
    table.said["research"] |= {"seed": table.said["research"].get("seed", 0) + 1}
    said = table.said
    project = Project(Path("projects") / SLUG, charter_from(said), None, digest_of_files(said), said)
    submitted(table.catalog, project=project, policy=AGREEING, actor=actor)


def begun_or_refused(table: Table, kind: CycleKind) -> str:
    """Begin a walk of a kind; gives the stage that it begins with, or how far the signatures are where it may not."""
    before = projects.get_project(table.catalog, project=SLUG)
    try:
        return start(table, kind).value
    except Refused as refusal:
        assert projects.get_project(table.catalog, project=SLUG) == before, "a refused walk leaves no trace"
        return refusal.what.partition("is not signed: ")[2]


@pytest.mark.parametrize("kind", list(CycleKind))
@pytest.mark.parametrize("stage", sorted(HELD))
def test_whatever_walk_runs_nothing_is_made_of_what_is_not_agreed(table: Table, kind: CycleKind, stage: Stage) -> None:
    start(table, kind)
    following.must_follow(table.catalog, project=SLUG, stage=stage)
    table.sign(IVAN, Answer.REJECT)
    with pytest.raises(Refused, match="what is agreed is not signed: rejected by") as refusal:
        following.must_follow(table.catalog, project=SLUG, stage=stage)
    assert "--register" in str(refusal.value.next_step), "asking again would end with the same rejection"


@pytest.mark.parametrize("kind", list(CycleKind))
def test_no_walk_begins_past_ideation_on_what_somebody_rejected(table: Table, kind: CycleKind) -> None:
    table.sign(IVAN, Answer.REJECT)
    assert begun_or_refused(table, kind) in {Stage.IDEATION.value, f"rejected by {IVAN}"}


@pytest.mark.parametrize("kind", list(CycleKind))
def test_no_walk_begins_past_ideation_where_a_stricter_policy_asks_for_more(table: Table, kind: CycleKind) -> None:
    table.register(STRICTER)
    said = begun_or_refused(table, kind)
    assert said == Stage.IDEATION.value or said.startswith("waiting for 1 x it")
    if said != Stage.IDEATION.value:
        assert start(table, CycleKind.LIFECYCLE) is Stage.IDEATION, "there whoever is missing is asked"


def test_a_retraining_of_what_is_agreed_asks_nobody(table: Table) -> None:
    assert start(table, CycleKind.RETRAINING) is Stage.DATA_PREPARATION


def test_who_registers_what_was_filed_signs_nothing_of_it(
    catalog: Catalog, identity: Identity, clock: SettableClock
) -> None:
    table = make_table(catalog, identity, clock)
    table.ask(table.register())
    reseeded(table, BEN)
    with pytest.raises(Refused, match="is an author of this charter"):
        table.sign(BEN)


def test_who_registers_what_they_signed_is_no_voice_for_it_any_more(table: Table) -> None:
    reseeded(table, BEN)
    assert table.now().now.missing == {Role.BUSINESS: 1}
    with pytest.raises(Refused, match="waiting for 1 x business"):
        following.must_follow(table.catalog, project=SLUG, stage=Stage.DATA_PREPARATION)


def test_who_registered_it_before_anybody_had_to_agree_is_an_author_when_it_is_asked(
    catalog: Catalog, identity: Identity, clock: SettableClock
) -> None:
    table = make_table(catalog, identity, clock)
    reseeded(table, BEN)
    table.ask(table.register())
    with pytest.raises(Refused, match="is an author of this charter"):
        table.sign(BEN)


@pytest.mark.parametrize("answer", [Answer.REJECT, Answer.REWORK])
def test_a_no_stands_though_whoever_said_it_becomes_an_author(table: Table, answer: Answer) -> None:
    table.sign(IVAN, answer)
    reseeded(table, IVAN)
    assert not table.now().now.is_granted
    assert IVAN in {*table.now().now.refused_by, *table.now().now.asks_rework}
