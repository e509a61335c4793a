"""Evaluate: candidates side by side, ranked by the business KPI, tracked where data scientists look."""

from __future__ import annotations

from decimal import Decimal

from prefect import task
from prefect.artifacts import create_table_artifact
from prefect.runtime import flow_run

from flywheel.domain.digests import Digest, digest_of
from flywheel.project.tabular.recipe import RecipeKind, recipe_name
from flywheel.services import experiments, research
from flywheel.services.experiments import ExperimentFacts
from flywheel.services.tracking import made_with, track
from tasks.options import WITHIN_RUN
from tasks.shapes import Board, DatasetRef, Trained
from tasks.workbench import workbench


@task(cache_policy=WITHIN_RUN, persist_result=True)
def evaluate(project: str, project_digest: str, dataset: DatasetRef, trained: list[Trained]) -> Board:
    """Track and record every candidate; the one that earns the most leads the board.

    A model that was brought in becomes the version in any case: the others are what its gates hold it against.
    """
    bench = workbench()
    _, loaded = bench.registered(project, project_digest)
    facts = tuple(_track(project, dataset, one) for one in trained)
    experiments.record_experiments(
        bench.catalog, project=project, run_id=str(flow_run.get_id()), actor="flow:research", experiments=facts
    )
    ranked = sorted(facts, key=lambda one: one.kpi, reverse=True)
    unit = research.unit_of(loaded)
    create_table_artifact(
        key=f"{project}-leaderboard",
        table=[_row(place, one, unit) for place, one in enumerate(ranked, start=1)],
        description=f"Candidates by money per {unit} on rows they have never seen; the first becomes a version",
    )
    best = next((one for one in ranked if one.recipe["kind"] == RecipeKind.EXTERNAL), ranked[0])
    return Board(
        best=best.id,
        kpi=str(best.kpi),
        ranking=[{"experiment": one.id, "kind": str(one.recipe["kind"]), "kpi": str(one.kpi)} for one in ranked],
        decision={"is_open": True, "reasons": []},
    )


def _track(project: str, dataset: DatasetRef, one: Trained) -> ExperimentFacts:
    bench = workbench()
    key = digest_of([project, dataset["digest"], one["recipe"], one["model_digest"]])
    run_id = track(
        bench,
        project=project,
        key=key,
        name=recipe_name(one["recipe"]),
        recipe=one["recipe"],
        metrics=one["metrics"],
        model_digest=Digest(one["model_digest"]),
        dataset_digest=Digest(dataset["digest"]),
        seconds=one["seconds"],
    )
    return ExperimentFacts(
        id=key,
        recipe=one["recipe"],
        mlflow_run_id=run_id,
        model_digest=Digest(one["model_digest"]),
        dataset_digest=Digest(dataset["digest"]),
        kpi=Decimal(one["kpi"]["value"]),
        kpi_low=Decimal(one["kpi"]["low"]),
        kpi_high=Decimal(one["kpi"]["high"]),
        metrics=one["metrics"],
        seconds=one["seconds"],
        made_with=made_with(bench),
    )


def _row(place: int, one: ExperimentFacts, unit: str) -> dict[str, object]:
    return {
        "place": place,
        "candidate": recipe_name(one.recipe),
        f"money per {unit}": f"{one.kpi:,.2f}",
        "90 % interval": f"{one.kpi_low:,.2f} to {one.kpi_high:,.2f}",
        "AUC": f"{one.metrics['auc']:.3f}",
        "seconds to fit": f"{one.seconds:.1f}",
    }
