"""Score: a model answers the test rows once, for every gate that asks about its answers."""

from __future__ import annotations

from prefect import task

from flywheel.domain.digests import Digest
from flywheel.services.modelling import research, versions
from tasks.options import BY_CONTENT
from tasks.workbench import workbench


@task(cache_policy=BY_CONTENT, persist_result=True)
def score(project: str, project_digest: str, version: str) -> str:
    """Keep what a version says of rows that it has never seen; gives the digest of the scored table."""
    bench = workbench()
    _, loaded = bench.registered(project, project_digest)
    record = versions.get_version(bench.catalog, version=version)
    judged = research.judge(
        loaded, artifacts=bench.artifacts, dataset=Digest(record.dataset_digest), model=Digest(record.model_digest)
    )
    return research.keep_judged(judged, artifacts=bench.artifacts)
