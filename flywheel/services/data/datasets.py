"""Dataset versions in the record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from flywheel.catalog.dataset import DatasetRecord, dataset_id, find_dataset, read_dataset, read_datasets
from flywheel.catalog.engine import Catalog
from flywheel.catalog.project import lock_project
from flywheel.domain.digests import Json
from flywheel.domain.events import Draft, SubjectKind, Verb
from flywheel.domain.payloads.making import DatasetRecorded, Raw

__all__ = ["DatasetRecord", "get_dataset", "list_datasets", "record_dataset"]


def record_dataset(
    catalog: Catalog,
    *,
    project: str,
    name: str,
    digest: str,
    facts: Mapping[str, Json],
    source_digests: Mapping[str, str],
    origins: Mapping[str, Sequence[Mapping[str, str]]] = MappingProxyType({}),
    run_id: str,
    actor: str,
) -> DatasetRecord:
    """Take a dataset version into the record with its sources; the same content again is the same version."""
    with catalog.begin() as work:
        lock_project(work.session, project)
        name_of_it = dataset_id(project=project, name=name, digest=digest)
        known = find_dataset(work.session, name_of_it)
        if known is not None:
            return known
        raw = {source: tuple(Raw(**one) for one in listed) for source, listed in origins.items()}
        said = DatasetRecorded(project, name, facts, source_digests, raw, run_id)
        work.append(Draft(Verb.DATASET_RECORDED, actor, SubjectKind.DATASET, name_of_it, digest, said))
        return read_dataset(work.session, name_of_it)


def get_dataset(catalog: Catalog, *, dataset: str) -> DatasetRecord:
    """Read a dataset version by its id."""
    with catalog.begin() as work:
        return read_dataset(work.session, dataset)


def list_datasets(catalog: Catalog, *, project: str) -> tuple[DatasetRecord, ...]:
    """List a project's dataset versions, the newest first."""
    with catalog.begin() as work:
        return read_datasets(work.session, project)
