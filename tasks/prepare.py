"""Prepare: one table from the sources, recorded as a dataset version."""

from __future__ import annotations

from prefect import task
from prefect.runtime import flow_run

from flywheel.domain.digests import Digest
from flywheel.services.data import datasets, preparation
from tasks.options import WITHIN_RUN
from tasks.shapes import DatasetRef, SourceRef
from tasks.workbench import workbench


@task(cache_policy=WITHIN_RUN, persist_result=True)
def prepare(project: str, project_digest: str, sources: dict[str, SourceRef]) -> DatasetRef:
    """Join and shape the sources; equal content is the same version, told as this charter reads it."""
    bench = workbench()
    record, loaded = bench.registered(project, project_digest)
    tables = {name: Digest(source["digest"]) for name, source in sources.items()}
    prepared = preparation.prepare(loaded, artifacts=bench.artifacts, tables=tables, settings=bench.settings)
    dataset = datasets.record_dataset(
        bench.catalog,
        project=project,
        name="training",
        digest=prepared.digest,
        facts={
            **prepared.facts,
            **({preparation.OWN_CODE: prepared.guards.sentence()} if prepared.guards else {}),
            preparation.JOINS: [one.to_json() for one in prepared.matches],
            "owner": record.owner,
            "project_digest": project_digest,
        },
        source_digests=tables,
        origins={name: source["origins"] for name, source in sources.items()},
        run_id=str(flow_run.get_id()),
        actor="flow:data_preparation",
    )
    return DatasetRef(id=dataset.id, digest=dataset.digest, rows=prepared.rows)
