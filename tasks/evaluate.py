"""Evaluate: candidates side by side on the rows that choose; the chosen one meets the test rows, once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from prefect import task
from prefect.artifacts import create_link_artifact, create_table_artifact
from prefect.runtime import flow_run

from flywheel.domain.amounts import as_money
from flywheel.domain.digests import Digest, Json, digest_of
from flywheel.domain.forms import read
from flywheel.domain.splits import SplitFacts
from flywheel.pages.figures import estimated, figure
from flywheel.pages.markdown import literal
from flywheel.project.framing import Framing
from flywheel.project.loader import Project
from flywheel.project.problems.telling import Headline
from flywheel.project.tabular.recipe import RecipeKind, may_be_promoted, recipe_name
from flywheel.services.again.tracking import made_with, track
from flywheel.services.dossier.summary import part
from flywheel.services.modelling import experiments, research
from flywheel.services.modelling.experiments import ExperimentFacts
from tasks.options import WITHIN_RUN
from tasks.shapes import Board, DatasetRef, Trained
from tasks.workbench import workbench


@task(cache_policy=WITHIN_RUN, persist_result=True)
def evaluate(project: str, project_digest: str, dataset: DatasetRef, trained: list[Trained]) -> Board:
    """Track and record every candidate; the one that earns the most on validation rows meets the test rows, once.

    A model that was brought in becomes the version in any case: the others are what its gates hold it against.
    """
    bench = workbench()
    _, loaded = bench.registered(project, project_digest)
    facts = tuple(_track(project, dataset, one) for one in trained)
    experiments.record_experiments(
        bench.catalog, project=project, run_id=str(flow_run.get_id()), actor="flow:research", experiments=facts
    )
    ranked = experiments.ranked(facts)
    best = next((one for one in ranked if one.recipe["kind"] == RecipeKind.EXTERNAL), _first_to_promote(ranked))
    met = research.meet_test_rows(
        loaded,
        artifacts=bench.artifacts,
        chosen=research.Chosen(best.model_digest, best.dataset_digest, best.split),
    )
    look = experiments.record_look(
        bench.catalog, project=project, experiment=best.id, figures=met, actor="flow:research"
    )
    unit = research.unit_of(loaded)
    headline = Framing(loaded.charter).problem.headline
    create_table_artifact(
        key=f"{project}-leaderboard",
        table=[_row(place, one, unit, headline) for place, one in enumerate(ranked, start=1)],
        description=literal(
            f"Candidates by money per {unit} on the validation rows, by which the best is chosen. "
            f"{recipe_name(best.recipe)} becomes a version; {_met(look.figures, loaded)}"
        ),
    )
    create_link_artifact(
        key=f"{project}-experiments",
        link=bench.tracking.runs_page(project, pages=bench.settings.mlflow.pages_url),
        link_text=f"The runs of {project} in MLflow",
        description="Every candidate with its parameters, its figures and what made it",
    )
    return Board(
        best=best.id,
        met=dict(look.figures),
        ranking=[{"experiment": one.id, "kind": str(one.recipe["kind"]), "kpi": str(one.kpi)} for one in ranked],
        decision={"is_open": True, "reasons": []},
    )


def _first_to_promote(ranked: Sequence[ExperimentFacts]) -> ExperimentFacts:
    """The best whose model is kept; the baseline always is."""
    return next(one for one in ranked if may_be_promoted(one.recipe))


def _track(project: str, dataset: DatasetRef, one: Trained) -> ExperimentFacts:
    bench = workbench()
    split = read(SplitFacts, one["split"])
    key = digest_of([project, dataset["digest"], one["recipe"], one["model_digest"], split.seen, split.chosen_on])
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
        split=split,
        made_with=made_with(bench),
    )


def _met(figures: Mapping[str, Json], loaded: Project) -> str:
    """Say what the chosen one earned on the rows that had no part in choosing it."""
    framing, kpi = Framing(loaded.charter), part(figures, "kpi")
    verb, amount, span = estimated("earns", kpi, framing.currency)
    return (
        f"on {figure(figures['rows'])} test rows, which had no part in the choice, it {verb} {amount} per "
        f"{framing.unit} (90 % confidence interval: {span})."
    )


def _row(place: int, one: ExperimentFacts, unit: str, headline: Headline) -> dict[str, object]:
    return {
        "place": place,
        "candidate": literal(recipe_name(one.recipe)),
        f"money per {literal(unit)}": as_money(one.kpi),
        "90 % interval": f"{as_money(one.kpi_low)} to {as_money(one.kpi_high)}",
        headline.title: headline.written(one.metrics),
        "seconds to fit": f"{one.seconds:.1f}",
    }
