"""Dataset versions in the record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from flywheel.catalog.dataset import DatasetRecord, dataset_id, read_dataset, read_datasets
from flywheel.catalog.engine import Catalog
from flywheel.catalog.event import latest_of
from flywheel.catalog.project import lock_project
from flywheel.domain.digests import Json, plain
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
    """Take a dataset version into the record with its sources.

    The same content again is the same version: what is said of it is what it was read as last, for another charter may
    count other values as missing.
    """
    with catalog.begin() as work:
        lock_project(work.session, project)
        name_of_it = dataset_id(project=project, name=name, digest=digest)
        raw = {source: tuple(Raw(**one) for one in listed) for source, listed in origins.items()}
        said = DatasetRecorded(project, name, facts, source_digests, raw, run_id)
        last = latest_of(work.session, verb=Verb.DATASET_RECORDED, subject_id=name_of_it)
        if last is None or plain(replace(last.said(DatasetRecorded), run_id=run_id)) != plain(said):
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
