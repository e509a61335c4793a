"""Plan which recipes are tried: the whole ladder, or the champion's alone when retraining."""

from __future__ import annotations

from prefect import task
from prefect.cache_policies import NO_CACHE

from flywheel.domain.digests import Json
from flywheel.domain.stages import CycleKind
from flywheel.services import research, versions
from tasks.workbench import workbench


@task(cache_policy=NO_CACHE)
def plan_ladder(project: str, project_digest: str, cycle_kind: str) -> list[dict[str, Json]]:
    """Name the rungs in order of complexity."""
    bench = workbench()
    _, loaded = bench.registered(project, project_digest)
    champion = versions.last_in_use(bench.catalog, project=project)
    fixed = champion.recipe if champion and CycleKind(cycle_kind) is CycleKind.RETRAINING else None
    return [recipe.to_json() for recipe in research.plan_ladder(loaded, champion=fixed)]
