"""Package: the signed version and its contract become one package that can be served."""

from __future__ import annotations

from prefect import task

from flywheel.services.incidents import paging
from flywheel.services.modelling import versions
from flywheel.services.serving import packaging
from tasks.options import WITHIN_RUN
from tasks.shapes import Built
from tasks.workbench import workbench


@task(cache_policy=WITHIN_RUN, persist_result=True)
def package(project: str, project_digest: str, version: str) -> Built:
    """Build the package offline; the same version gives the same package, byte for byte."""
    bench = workbench()
    _, loaded = bench.registered(project, project_digest)
    record = versions.get_version(bench.catalog, version=version)
    paging.await_channels(
        bench.catalog,
        project=project,
        project_digest=record.project_digest,
        channels=bench.settings.paging.channels,
    )
    built = packaging.package(loaded, record, settings=bench.settings, artifacts=bench.artifacts)
    return Built(tag=built.tag, path=str(built.path), digest=built.digest)
