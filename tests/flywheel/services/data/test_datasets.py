"""A dataset version is its content; what is said of it is what the charter that read it last makes of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import pytest

from flywheel.catalog.engine import Catalog
from flywheel.domain.digests import Json, digest_of
from flywheel.domain.events import Verb
from flywheel.services.data import datasets
from flywheel.services.data.datasets import DatasetRecord
from flywheel.services.record import record
from tests.factories.projects import SLUG, registered

BEFORE: dict[str, Any] = {
    "facts": {"rows": 2, "columns": {"x": {"most": 999.9}}, "owner": "ann@bank.example"},
    "source_digests": {"main": digest_of("read")},
    "origins": {"main": [{"kind": "file", "name": "x.csv", "digest": digest_of("raw")}]},
}


@pytest.fixture
def known(catalog: Catalog) -> Catalog:
    registered(catalog)
    recorded(catalog, BEFORE)
    return catalog


def recorded(catalog: Catalog, said: Mapping[str, Any]) -> DatasetRecord:
    return datasets.record_dataset(
        catalog,
        project=SLUG,
        name="training",
        digest=digest_of("content"),
        run_id="r",
        actor="flow:data_preparation",
        **said,
    )


def events(catalog: Catalog) -> int:
    return sum(event.verb is Verb.DATASET_RECORDED for event in record.list_events(catalog, project=SLUG))


OTHERWISE: dict[str, dict[str, Json]] = {
    "a code was declared": {"facts": {**BEFORE["facts"], "columns": {"x": {"most": 96.8}}}},
    "another owner": {"facts": {**BEFORE["facts"], "owner": "ben@bank.example"}},
    "another file of the same rows": {
        "origins": {"main": [{"kind": "file", "name": "y", "digest": digest_of("raw 2")}]}
    },
    "another table of the same rows": {"source_digests": {"main": digest_of("read otherwise")}},
}


@pytest.mark.parametrize("other", OTHERWISE.values(), ids=OTHERWISE)
def test_the_same_content_read_otherwise_is_the_same_version_and_said_as_it_was_read_last(
    known: Catalog, other: dict[str, Json]
) -> None:
    (before,) = datasets.list_datasets(known, project=SLUG)
    after = recorded(known, {**BEFORE, **other})
    assert (after.id, after.digest) == (before.id, before.digest)
    assert dataclasses.asdict(after)["facts"] == {**BEFORE, **other}["facts"]
    assert after.sources == {**BEFORE, **other}["source_digests"]
    assert events(known) == 2
    assert datasets.list_datasets(known, project=SLUG) == (after,)
    assert recorded(known, BEFORE).facts == BEFORE["facts"], "and back again"
    assert record.rebuild(known).differing == ()


def test_what_is_read_again_alike_is_recorded_once(known: Catalog) -> None:
    recorded(known, BEFORE)
    assert events(known) == 1
