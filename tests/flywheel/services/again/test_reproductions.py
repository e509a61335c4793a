"""Reproductions in the record: each attempt is an event, the last one is the badge, a rebuild gives it again."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from flywheel.catalog.engine import Catalog
from flywheel.domain.events import Verb
from flywheel.domain.policy import BreakGlass
from flywheel.domain.reproduction import Compared, Outcome, Reproduction, ReproductionState, Step, judge
from flywheel.domain.signoffs import Answer, Role
from flywheel.errors import Conflict, NotFound, Refused
from flywheel.services.again.reproductions import record_reproduction, reproduction_of
from flywheel.services.approval.break_glass import break_glass
from flywheel.services.dossier import dossiers
from flywheel.services.modelling.versions import VersionRecord
from flywheel.services.people.identity import Identity
from flywheel.services.record import record
from tests.factories.desk import Desk, make_desk
from tests.factories.people import BEN, VERA, code_of, enrolled
from tests.factories.projects import SLUG, make_policy, registered
from tests.factories.versions import registered_version
from tests.fakes.clock import SettableClock

PASSED = [Compared(step, Outcome.SAME) for step in Step]
FAILED = [*PASSED[:3], Compared(Step.PREPARE, Outcome.DIFFERS, "another table")]


def attempt(steps: list[Compared], tolerance: float = 1e-6) -> Reproduction:
    return judge(steps, tolerance=tolerance, rows=40, largest_difference=0.0, environment="this")


@pytest.fixture
def desk(catalog: Catalog, identity: Identity, clock: SettableClock) -> Desk:
    """A version that waits for signatures under a policy that asks for a reproduction."""
    policy = replace(make_policy(), must_be_reproduced=True, break_glass=BreakGlass(Role.ADMIN, 24))
    return make_desk(catalog, identity, clock, policy=policy)


@pytest.fixture
def version(catalog: Catalog) -> VersionRecord:
    registered(catalog)
    return registered_version(catalog)


def recorded(catalog: Catalog, version: VersionRecord, steps: list[Compared], tolerance: float = 1e-6) -> None:
    made = attempt(steps, tolerance)
    record_reproduction(catalog, version=version.id, model_digest=version.model_digest, made=made, actor=VERA)


def badge(catalog: Catalog, version: VersionRecord) -> dict[str, object]:
    shown = dossiers.assemble(catalog, version=version.id)["reproduction"]
    assert isinstance(shown, dict)
    return dict(shown)


def test_a_version_that_nobody_made_again_has_no_badge(catalog: Catalog, version: VersionRecord) -> None:
    assert reproduction_of(catalog, version=version.id) is None
    assert badge(catalog, version) == {"state": "none"}


def test_the_last_attempt_is_the_badge_of_the_dossier(catalog: Catalog, version: VersionRecord) -> None:
    recorded(catalog, version, PASSED)
    recorded(catalog, version, FAILED)
    shown = badge(catalog, version)
    assert (shown["state"], shown["first_differing_stage"], shown["by"]) == ("failed", "prepare", VERA)
    assert isinstance(shown["steps"], dict)
    assert shown["steps"]["prepare"] == "differs: another table"
    events = [event for event in record.list_events(catalog) if event.verb is Verb.REPRODUCTION_RECORDED]
    assert [event.actor for event in events] == [VERA, VERA]


def test_a_rebuild_gives_the_badge_again(catalog: Catalog, version: VersionRecord) -> None:
    recorded(catalog, version, PASSED)
    rebuilt = record.rebuild(catalog)
    assert (rebuilt.differing, rebuilt.counts["reproduction"]) == ((), 1)
    found = reproduction_of(catalog, version=version.id)
    assert found is not None
    assert found.state is ReproductionState.PASSED


def test_an_attempt_at_another_model_is_refused(catalog: Catalog, version: VersionRecord) -> None:
    with pytest.raises(Conflict):
        record_reproduction(catalog, version=version.id, model_digest="sha256:0", made=attempt(PASSED), actor=VERA)


def test_a_version_that_is_not_there_is_said_to_be(catalog: Catalog) -> None:
    with pytest.raises(NotFound):
        reproduction_of(catalog, version="none:1")


def test_nobody_approves_what_was_not_made_again_where_the_policy_asks_for_it(desk: Desk) -> None:
    with pytest.raises(Refused, match=f"nobody has reproduced it: “flywheel reproduce {desk.version.id}”"):
        desk.sign(VERA)
    recorded(desk.catalog, desk.version, FAILED)
    with pytest.raises(
        Refused, match=r"the last attempt failed \(Not reproduced. The first step that differs is prepare"
    ):
        desk.sign(VERA)
    recorded(desk.catalog, desk.version, PASSED)
    desk.sign(BEN)
    assert desk.sign(VERA).is_granted
    assert desk.release().version == desk.version.id


def test_an_attempt_that_lets_answers_differ_widely_is_no_reproduction_to_the_policy(desk: Desk) -> None:
    recorded(desk.catalog, desk.version, PASSED, tolerance=0.5)
    with pytest.raises(Refused, match=r"allowed predictions to differ by 0.5, more than the 1e-06 that counts"):
        desk.sign(VERA)
    recorded(desk.catalog, desk.version, PASSED, tolerance=1e-9)
    assert not desk.sign(BEN).refused_by


def test_a_refusal_and_a_return_need_no_reproduction(desk: Desk) -> None:
    assert desk.sign(VERA, Answer.REWORK).asks_rework == (VERA,)
    assert desk.sign(BEN, Answer.REJECT).refused_by == (BEN,)


def test_the_door_is_shut_again_by_a_later_attempt_that_failed(desk: Desk) -> None:
    recorded(desk.catalog, desk.version, PASSED)
    desk.sign(BEN)
    desk.sign(VERA)
    recorded(desk.catalog, desk.version, FAILED)
    with pytest.raises(Refused, match="the policy asks for a reproduction, and the last attempt failed"):
        desk.release()


def test_a_broken_glass_does_not_stand_in_for_a_reproduction(desk: Desk) -> None:
    ada = "ada@bank.example"
    desk.people[ada] = enrolled(desk.catalog, desk.identity, ada, roles={SLUG: {Role.ADMIN}})
    desk.clock.move(timedelta(seconds=30))
    with pytest.raises(Refused, match="replaces only signatures"):
        break_glass(
            desk.catalog,
            identity=desk.identity,
            version=desk.version.id,
            person=ada,
            code=code_of(desk.people[ada], desk.clock()),
            witness=VERA,
            witness_code=code_of(desk.people[VERA], desk.clock()),
            reason="now",
            hours=1,
            channel="test",
            key="k",
        )


def test_the_dossier_names_the_reproduction_that_the_policy_asks_for_as_a_gap(desk: Desk) -> None:
    (gap,) = [gap for gap in gaps_of(desk) if "reproduc" in gap]
    assert gap.startswith("the policy asks for a reproduction, and nobody has reproduced it")
    recorded(desk.catalog, desk.version, PASSED)
    assert not [gap for gap in gaps_of(desk) if "reproduc" in gap]


def gaps_of(desk: Desk) -> list[str]:
    """What the dossier says is missing."""
    gaps = dossiers.assemble(desk.catalog, version=desk.version.id)["gaps"]
    assert isinstance(gaps, list)
    return [str(gap) for gap in gaps]
