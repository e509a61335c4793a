"""Ingest: read the sources as declared and keep them by content."""

from __future__ import annotations

from prefect import task

from flywheel.errors import Conflict
from flywheel.services.data import preparation
from tasks.options import BY_CONTENT, RETRY_DELAYS_SECONDS, is_worth_retrying
from tasks.shapes import SourceRef
from tasks.workbench import workbench


@task(
    cache_policy=BY_CONTENT,
    persist_result=True,
    retries=2,
    retry_delay_seconds=RETRY_DELAYS_SECONDS,
    retry_condition_fn=is_worth_retrying,
)
def ingest(project: str, project_digest: str, fingerprint: str) -> dict[str, SourceRef]:
    """Read every source; the fingerprint of their content is what makes a result reusable."""
    bench = workbench()
    _, loaded = bench.registered(project, project_digest)
    read = preparation.ingest(loaded, settings=bench.settings, artifacts=bench.artifacts, catalog=bench.catalog)
    if preparation.fingerprint_of({name: source.origins for name, source in read.items()}) != fingerprint:
        raise Conflict("a source changed while it was read", next_step="run again when it is complete")
    return {
        name: SourceRef(
            digest=source.digest,
            origins=preparation.listed(source.origins, bench.artifacts),
            left_out=list(source.left_out),
        )
        for name, source in read.items()
    }
