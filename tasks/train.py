"""Train: one recipe becomes one candidate with its figures."""

from __future__ import annotations

from typing import cast

from prefect import task

from flywheel.domain.digests import Digest, Json, plain
from flywheel.project.tabular.recipe import Recipe
from flywheel.services.modelling import research
from tasks.options import BY_CONTENT
from tasks.shapes import DatasetRef, Trained
from tasks.workbench import workbench


@task(cache_policy=BY_CONTENT, persist_result=True, task_run_name="train {recipe[kind]}")
def train(project: str, project_digest: str, dataset: DatasetRef, recipe: dict[str, Json]) -> Trained:
    """Fit the recipe and score it by money on the rows that choose among candidates."""
    bench = workbench()
    _, loaded = bench.registered(project, project_digest)
    candidate = research.fit_candidate(
        loaded, artifacts=bench.artifacts, dataset=Digest(dataset["digest"]), recipe=Recipe.from_json(recipe)
    )
    return cast("Trained", plain(candidate))
