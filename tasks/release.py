"""Release: the one door into business; the record opens it or says why not."""

from __future__ import annotations

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.runtime import flow_run

from flywheel.services.serving import releases
from tasks.shapes import Built, Released
from tasks.workbench import workbench


@task(cache_policy=NO_CACHE, retries=2, retry_delay_seconds=1)
def release(version: str, built: Built) -> Released:
    """Ask the record to let this version serve."""
    endpoint = releases.make_release(
        workbench().catalog,
        version=version,
        run_id=str(flow_run.get_id()),
        actor="flow:delivery",
        package={"path": built["path"], "digest": built["digest"], "tag": built["tag"]},
    )
    return Released(endpoint=endpoint.name, generation=endpoint.generation)
