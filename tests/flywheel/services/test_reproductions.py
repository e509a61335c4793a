"""Reproductions in the record: each attempt is an event, the last one is the badge, a rebuild gives it again."""

from __future__ import annotations

import pytest

from flywheel.catalog.engine import Catalog
from flywheel.domain.events import Verb
from flywheel.domain.reproduction import Compared, Outcome, Reproduction, ReproductionState, Step, judge
from flywheel.errors import Conflict, NotFound
from flywheel.services import dossiers, record
from flywheel.services.reproductions import record_reproduction, reproduction_of
from flywheel.services.versions import VersionRecord
from tests.factories.projects import registered
from tests.factories.versions import registered_version

VERA = "vera@bank.example"
PASSED = [Compared(step, Outcome.SAME) for step in Step]
FAILED = [*PASSED[:3], Compared(Step.PREPARE, Outcome.DIFFERS, "another table")]


def attempt(steps: list[Compared]) -> Reproduction:
    return judge(steps, tolerance=1e-6, rows=40, largest_difference=0.0, environment="this")


@pytest.fixture
def version(catalog: Catalog) -> VersionRecord:
    registered(catalog)
    return registered_version(catalog)


def recorded(catalog: Catalog, version: VersionRecord, steps: list[Compared]) -> None:
    record_reproduction(catalog, version=version.id, model_digest=version.model_digest, made=attempt(steps), actor=VERA)


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
