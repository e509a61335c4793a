"""Plan which recipes are tried: the whole ladder, the champion's alone when retraining, or what was brought in."""

from __future__ import annotations

from prefect import task
from prefect.cache_policies import NO_CACHE

from flywheel.domain.digests import Digest, Json
from flywheel.domain.stages import CycleKind
from flywheel.services.modelling import external, research, versions
from flywheel.services.modelling.own_features import framing_of
from tasks.shapes import DatasetRef
from tasks.workbench import workbench


@task(cache_policy=NO_CACHE)
def plan_ladder(project: str, project_digest: str, dataset: DatasetRef, cycle_kind: str) -> list[dict[str, Json]]:
    """Name the rungs in order of complexity."""
    bench = workbench()
    _, loaded = bench.registered(project, project_digest)
    kind = CycleKind(cycle_kind)
    framing = framing_of(loaded, artifacts=bench.artifacts, dataset=Digest(dataset["digest"]))
    if kind is CycleKind.EXTERNAL:
        brought = external.brought_in(bench.catalog, project=project)
        return [recipe.to_json() for recipe in research.plan_ladder(framing, brought=brought)]
    champion = versions.last_in_use(bench.catalog, project=project)
    fixed = champion.recipe if champion and kind is CycleKind.RETRAINING else None
    return [recipe.to_json() for recipe in research.plan_ladder(framing, champion=fixed)]
