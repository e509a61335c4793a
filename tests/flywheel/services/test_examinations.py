"""An examination gathers a version's rows, answers and rivals, and is refused under another charter."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

import numpy as np
import pytest

from flywheel.catalog.engine import Catalog
from flywheel.domain.digests import Digest
from flywheel.domain.policy import Tier
from flywheel.errors import Refused
from flywheel.project.tabular.recipe import RecipeKind
from flywheel.services import examinations, research
from flywheel.services.datasets import record_dataset
from flywheel.services.experiments import ExperimentFacts, record_experiments
from flywheel.services.policy_files import read_policy
from flywheel.services.projects import register_project
from flywheel.services.versions import VersionRecord, register_version
from tests.factories.charters import ROOT
from tests.factories.examinations import fitted_on
from tests.factories.examples import Ground, card_default

POLICY = read_policy(ROOT, Tier.HIGH)


@dataclass(frozen=True)
class Bank:
    """A prepared project and its simple candidates."""

    ground: Ground
    dataset: Digest
    candidates: dict[RecipeKind, research.Candidate]


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Bank:
    ground = card_default(tmp_path_factory.mktemp("bank"))
    dataset = ground.prepared().digest
    kinds = (RecipeKind.NAIVE, RecipeKind.LINEAR)
    return Bank(ground, dataset, {kind: fitted_on(ground, kind, dataset=dataset) for kind in kinds})


def version_of(catalog: Catalog, bank: Bank, *, kinds: tuple[RecipeKind, ...] = tuple(RecipeKind)) -> VersionRecord:
    """The linear model as a version, beside the candidates of these kinds."""
    project = bank.ground.project
    register_project(catalog, project=project, policy=POLICY, actor=project.charter.owner)
    slug = project.charter.name
    record_dataset(
        catalog,
        project=slug,
        name="training",
        digest=bank.dataset,
        facts={"rows": 900},
        source_digests={},
        run_id="r",
        actor="flow:x",
    )
    known = [(kind, one) for kind, one in bank.candidates.items() if kind in kinds]
    facts = tuple(_facts(bank, kind, one) for kind, one in known)
    record_experiments(catalog, project=slug, run_id="r", actor="flow:x", experiments=facts)
    linear = next(fact for fact in facts if fact.recipe["kind"] == "linear")
    return register_version(
        catalog, project=slug, experiment_id=linear.id, authors=("ana@bank.example",), run_id="r", actor="flow:x"
    )


def _facts(bank: Bank, kind: RecipeKind, one: research.Candidate) -> ExperimentFacts:
    return ExperimentFacts(
        id=f"experiment-{kind.value}",
        recipe=one.recipe,
        mlflow_run_id="m",
        model_digest=one.model_digest,
        dataset_digest=bank.dataset,
        kpi=Decimal(one.kpi["value"]),
        kpi_low=Decimal(one.kpi["low"]),
        kpi_high=Decimal(one.kpi["high"]),
        metrics=one.metrics,
        seconds=1.0,
    )


def test_it_holds_the_rows_the_answers_and_the_rivals_on_the_same_rows(catalog: Catalog, bank: Bank) -> None:
    seen = examinations.examination_of(
        bank.ground.project,
        version_of(catalog, bank),
        catalog=catalog,
        artifacts=bank.ground.artifacts,
        policy=POLICY,
    )
    assert len(seen.test) == seen.labels.size == seen.chances.size == seen.money.size == seen.rivals.naive.size
    assert len(seen.train) + len(seen.test) < len(seen.everything)
    assert (seen.rivals.simple, seen.rivals.why_no_simple) == (None, examinations.IS_SIMPLE)
    assert (seen.rivals.champion, seen.champions_train, seen.is_renewal) == (None, None, False)
    assert seen.limits == POLICY.thresholds
    np.testing.assert_array_equal(seen.decisions, seen.chances >= seen.scorer.threshold)


def test_a_rung_that_research_did_not_try_is_fitted_here(catalog: Catalog, bank: Bank) -> None:
    version = version_of(catalog, bank, kinds=(RecipeKind.LINEAR,))
    seen = examinations.examination_of(
        bank.ground.project, version, catalog=catalog, artifacts=bank.ground.artifacts, policy=POLICY
    )
    naive = bank.candidates[RecipeKind.NAIVE]
    expected = research.judge(
        bank.ground.project, artifacts=bank.ground.artifacts, dataset=bank.dataset, model=naive.model_digest
    )
    np.testing.assert_array_equal(seen.rivals.naive, expected.money)


def test_a_version_of_another_charter_is_not_examined(catalog: Catalog, bank: Bank) -> None:
    other = replace(bank.ground.project, digest=Digest("sha256:" + "0" * 64))
    with pytest.raises(Refused, match="the charter has changed"):
        examinations.require_same_charter(version_of(catalog, bank), other)
