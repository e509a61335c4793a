"""Versions before their examiners: the bank's example with a fitted simple model, with and without a record."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

from flywheel.catalog.engine import Catalog
from flywheel.domain.digests import Digest
from flywheel.domain.policy import Policy, Tier
from flywheel.project.examination import Examination, Rivals
from flywheel.project.framing import Framing
from flywheel.project.tabular.recipe import RecipeKind
from flywheel.services.data.datasets import record_dataset
from flywheel.services.modelling import research
from flywheel.services.modelling.experiments import ExperimentFacts, record_experiments
from flywheel.services.modelling.own_features import framing_of
from flywheel.services.modelling.scorers import load_model
from flywheel.services.modelling.versions import VersionRecord, register_version
from flywheel.services.terms.policy_files import read_policy
from tests.factories.charters import ROOT
from tests.factories.examples import Ground, card_default
from tests.factories.projects import submitted

POLICY = read_policy(ROOT, Tier.HIGH)


@dataclass(frozen=True)
class Bank:
    """A prepared project and its simple candidates."""

    ground: Ground
    dataset: Digest
    candidates: dict[RecipeKind, research.Candidate]


def bank_of(folder: Path) -> Bank:
    """The bank's example with a naive and a linear candidate."""
    ground = card_default(folder)
    return candidates_of(ground, ground.prepared().digest)


def candidates_of(ground: Ground, dataset: Digest) -> Bank:
    """A naive and a linear candidate on a table."""
    kinds = (RecipeKind.NAIVE, RecipeKind.LINEAR)
    return Bank(ground, dataset, {kind: fitted_on(ground, kind, dataset=dataset) for kind in kinds})


def on_older_rows(bank: Bank, *, without_last: int = 100) -> Bank:
    """The same bank some time before."""
    ground = bank.ground
    older = ground.artifacts.put_frame(ground.artifacts.get_frame(bank.dataset).iloc[:-without_last])
    return candidates_of(ground, older)


def version_of(
    catalog: Catalog, bank: Bank, *, kinds: tuple[RecipeKind, ...] = tuple(RecipeKind), policy: Policy = POLICY
) -> VersionRecord:
    """The linear model as a version, beside the candidates of these kinds."""
    project = bank.ground.project
    submitted(catalog, project=project, policy=policy, actor=project.charter.owner)
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
    facts = tuple(facts_of(kind, one, dataset=bank.dataset) for kind, one in known)
    record_experiments(catalog, project=slug, run_id="r", actor="flow:x", experiments=facts)
    linear = next(fact for fact in facts if fact.recipe["kind"] == "linear")
    return register_version(
        catalog, project=slug, experiment_id=linear.id, authors=("ana@bank.example",), run_id="r", actor="flow:x"
    )


def facts_of(kind: RecipeKind, one: research.Candidate, *, dataset: Digest) -> ExperimentFacts:
    """A candidate as research records it."""
    return ExperimentFacts(
        id=f"experiment-{kind.value}-{dataset[-8:]}-{one.split.chosen_on[-8:]}",
        recipe=one.recipe,
        mlflow_run_id="m",
        model_digest=one.model_digest,
        dataset_digest=dataset,
        kpi=Decimal(one.kpi["value"]),
        kpi_low=Decimal(one.kpi["low"]),
        kpi_high=Decimal(one.kpi["high"]),
        metrics=one.metrics,
        seconds=1.0,
        split=one.split,
    )


def fitted_on(ground: Ground, kind: RecipeKind, *, dataset: Digest) -> research.Candidate:
    """A rung of the ladder, fitted and kept."""
    framing = framing_of(ground.project, artifacts=ground.artifacts, dataset=dataset)
    recipe = next(rung for rung in framing.ladder() if rung.kind is kind)
    return research.fit_candidate(ground.project, artifacts=ground.artifacts, dataset=dataset, recipe=recipe)


def examined(folder: Path, *, ground: Ground | None = None) -> Examination:
    """The bank's linear model and all that its checks look at."""
    ground = ground or card_default(folder)
    dataset = ground.prepared().digest
    naive, linear = (fitted_on(ground, kind, dataset=dataset) for kind in (RecipeKind.NAIVE, RecipeKind.LINEAR))
    judged, rival = (
        research.judge(ground.project, artifacts=ground.artifacts, dataset=dataset, model=one.model_digest)
        for one in (linear, naive)
    )
    everything = ground.artifacts.get_frame(dataset)
    parted = Framing(ground.project.charter).part(everything)
    scorer = load_model(linear.model_digest, artifacts=ground.artifacts)
    return Examination(
        charter=ground.project.charter,
        name="card:2",
        scorer=scorer,
        features=scorer.encoding.inputs,
        everything=everything,
        before=everything.drop(index=everything.index[parted.split.test]),
        test=judged.frame,
        truth=judged.truth,
        said=judged.said,
        decided=judged.decided,
        money=judged.money,
        units=parted.units[parted.split.test],
        rivals=Rivals(rival.money, None, None, why_no_simple="This version is itself the simple model."),
        champions=None,
        figures=linear.metrics,
        limits={},
        computed=scorer.encoding.derivation,
        beyond=scorer.beyond_derivation(),
    )


def without(examination: Examination, **blocks: object) -> Examination:
    """The same under a charter with other blocks."""
    return replace(examination, charter=examination.charter.model_copy(update=blocks))
