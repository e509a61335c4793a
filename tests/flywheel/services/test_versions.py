"""Versions, their experiments and gate results."""

from __future__ import annotations

from decimal import Decimal

import pytest

from flywheel.catalog.engine import Catalog
from flywheel.domain.gates import Verdict
from flywheel.errors import Conflict, NotFound
from flywheel.services import experiments, gates
from tests.factories.people import OWNER
from tests.factories.projects import SLUG, registered
from tests.factories.versions import judged, make_facts, recorded_dataset, registered_version


@pytest.fixture(autouse=True)
def project(catalog: Catalog) -> None:
    registered(catalog)


def test_same_model_is_the_same_version(catalog: Catalog) -> None:
    assert registered_version(catalog) == registered_version(catalog)
    assert registered_version(catalog, name="m2").number == 2


def test_version_pins_policy_data_and_authors(catalog: Catalog) -> None:
    version = registered_version(catalog)
    assert version.authors == (OWNER,)
    assert version.recipe_features == ("income", "bureau_score")
    assert version.dataset_digest == make_facts().dataset_digest


def test_leaderboard_ranks_by_money(catalog: Catalog) -> None:
    recorded_dataset(catalog)
    facts = (make_facts("a", kpi="1.005"), make_facts("b", kpi="30"), make_facts("c", kpi="4.5"))
    experiments.record_experiments(catalog, project=SLUG, run_id="r", actor="flow:x", experiments=facts)
    board = experiments.leaderboard(catalog, project=SLUG)
    assert [row.kpi for row in board] == [Decimal("30"), Decimal("4.5"), Decimal("1.005")]


def test_experiment_on_unknown_data_is_refused(catalog: Catalog) -> None:
    with pytest.raises(NotFound, match="no such dataset"):
        experiments.record_experiments(
            catalog, project=SLUG, run_id="r", actor="flow:x", experiments=(make_facts(dataset="unknown"),)
        )


def test_latest_word_of_each_gate_counts(catalog: Catalog) -> None:
    version = registered_version(catalog)
    judged(catalog, version)
    judged(catalog, version, codes=("PERF-001",), verdict=Verdict.FAILED, key="later")
    verdicts = {r.code: r.verdict for r in gates.results_of(catalog, subject_kind="version", subject_id=version.id)}
    assert verdicts == {
        "PARITY-001": Verdict.PASSED,
        "PERF-001": Verdict.FAILED,
        "PERF-003": Verdict.PASSED,
    }


def test_repeated_judgement_keeps_its_first_word(catalog: Catalog) -> None:
    version = registered_version(catalog)
    judged(catalog, version, verdict=Verdict.FAILED)
    judged(catalog, version, verdict=Verdict.PASSED)
    results = gates.results_of(catalog, subject_kind="version", subject_id=version.id)
    assert {result.verdict for result in results} == {Verdict.FAILED}


def test_key_of_another_judgement_is_a_conflict(catalog: Catalog) -> None:
    version = registered_version(catalog)
    judged(catalog, version)
    with pytest.raises(Conflict):
        judged(catalog, version, codes=("PERF-001",))
