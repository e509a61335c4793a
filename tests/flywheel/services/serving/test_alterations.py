"""Alterations: one incident and one page for each swap, and again if it is called resolved while it is not."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from flywheel.adapters.artifacts import Artifacts
from flywheel.catalog.engine import Catalog
from flywheel.domain.incidents import IncidentSeverity
from flywheel.services.incidents import incidents
from flywheel.services.incidents.incidents import IncidentRecord
from flywheel.services.modelling.experiments import record_experiments
from flywheel.services.modelling.versions import register_version
from flywheel.services.people.identity import Identity
from flywheel.services.serving import alterations, releases
from tests.factories.desk import Desk, make_desk
from tests.factories.people import BEN, OWNER, VERA, resolved
from tests.factories.projects import SLUG
from tests.factories.versions import judged, make_facts, with_dossier
from tests.fakes.clock import SettableClock
from tests.flywheel.services.outgoing import messages_of

WHAT = "54d8 is not what was sealed: src/model/model.json was altered"


@pytest.fixture
def desk(catalog: Catalog, identity: Identity, clock: SettableClock) -> Desk:
    """A version in production whose plan pages two channels."""
    made = make_desk(catalog, identity, clock, page=("desk", "mail"))
    made.sign(BEN)
    made.sign(VERA)
    made.release()
    return made


def tell(desk: Desk, what: str = WHAT, *, generation: int = 1, is_serving: bool = True) -> str:
    """Report as the steward does at each look."""
    return alterations.report_altered(
        desk.catalog, endpoint=SLUG, generation=generation, what=what, is_serving=is_serving, actor="steward"
    )


def known(desk: Desk) -> tuple[IncidentRecord, ...]:
    return incidents.list_incidents(desk.catalog, project=SLUG)


def test_an_altered_package_opens_an_incident_and_pages_every_channel(desk: Desk) -> None:
    assert WHAT in tell(desk)
    (incident,) = known(desk)
    assert incident.severity is IncidentSeverity.PAGE
    assert incident.cause == f"{WHAT}. {alterations.STILL_PROVEN}"
    assert (incident.evidence["version"], incident.evidence["generation"]) == (desk.version.id, 1)
    assert [page["channel"] for page in messages_of(desk.catalog, "page")] == ["desk", "mail"]


def test_the_same_alteration_seen_at_every_look_is_one_incident_and_one_page(desk: Desk) -> None:
    tell(desk)
    for _ in range(5):
        desk.pass_days(0.01)
        assert tell(desk, is_serving=False) == ""
    (incident,) = known(desk)
    assert incident.occurrences == 1
    assert len(messages_of(desk.catalog, "page")) == 2


def test_another_alteration_meanwhile_is_an_occurrence_and_no_page(desk: Desk) -> None:
    tell(desk)
    for _ in range(3):
        tell(desk, "54d8 is not what was sealed: src/evil.py was added")
    (incident,) = known(desk)
    assert incident.occurrences == 2
    assert len(messages_of(desk.catalog, "page")) == 2


def test_what_is_called_resolved_and_is_not_pages_again(desk: Desk) -> None:
    tell(desk)
    resolved(desk.catalog, incident=known(desk)[0].id, resolution="it was nothing", actor=OWNER)
    desk.pass_days(0.01)
    tell(desk)
    assert len(known(desk)) == 2
    assert len(messages_of(desk.catalog, "page")) == 4


def test_news_of_what_should_no_longer_answer_are_none(desk: Desk) -> None:
    releases.stop(desk.catalog, project=SLUG, reason="tried out", incident=None, actor="steward")
    assert tell(desk, generation=1) == ""
    assert (
        alterations.report_altered(
            desk.catalog, endpoint="nobody", generation=1, what=WHAT, is_serving=True, actor="steward"
        )
        == ""
    )
    assert known(desk) == ()


@pytest.fixture
def store(desk: Desk, tmp_path: Path) -> Artifacts:
    """A store that keeps the model of the version that answers."""
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "model.json").write_text("{}")
    made = Artifacts(tmp_path / "store")
    facts = replace(make_facts("kept"), model_digest=made.put_folder(tmp_path / "model"))
    record_experiments(desk.catalog, project=SLUG, run_id="run-1", actor="flow:research", experiments=(facts,))
    version = register_version(
        desk.catalog, project=SLUG, experiment_id=facts.id, authors=(OWNER,), run_id="run-1", actor="flow:research"
    )
    judged(desk.catalog, version)
    newer = replace(desk, version=version, dossier=with_dossier(desk.catalog, version))
    newer.sign(BEN)
    newer.sign(VERA)
    newer.release()
    return made


def check(desk: Desk, store: Artifacts) -> tuple[str, ...]:
    """Look as the steward does."""
    return alterations.check_models(desk.catalog, artifacts=store, actor="steward")


def test_a_kept_model_that_is_whole_opens_none(desk: Desk, store: Artifacts) -> None:
    assert check(desk, store) == ()
    assert known(desk) == ()


def test_a_kept_model_that_was_altered_opens_an_incident_of_its_own(desk: Desk, store: Artifacts) -> None:
    tell(desk, generation=2)
    file = next((store.root / "folders").rglob("model.json"))
    file.chmod(0o600)
    file.write_text("[]")
    (words,) = check(desk, store)
    assert "a stored folder was altered" in words
    assert check(desk, store) == ()
    assert {one.key for one in known(desk)} == {f"{SLUG}:package", f"{SLUG}:model"}


def test_a_kept_model_that_is_gone_opens_one_too(desk: Desk, store: Artifacts) -> None:
    shutil.rmtree(store.root / "folders")
    (words,) = check(desk, store)
    assert "does not hold this" in words
    assert len(known(desk)) == 1


def test_where_the_rule_answers_there_is_no_model_to_look_at(desk: Desk, store: Artifacts) -> None:
    shutil.rmtree(store.root / "folders")
    releases.stop(desk.catalog, project=SLUG, reason="tried out", incident=None, actor="steward")
    assert check(desk, store) == ()
