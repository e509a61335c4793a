"""What came of a dataset is counted from the edges, and its money from the charters of those who use it."""

from __future__ import annotations

from decimal import Decimal

import pytest

from flywheel.adapters.artifacts import Artifacts
from flywheel.catalog.dataset import DatasetRecord
from flywheel.catalog.engine import Catalog
from flywheel.domain.digests import digest_of
from flywheel.services.data.data_usage import card_of, list_data, usage
from flywheel.services.data.datasets import record_dataset
from flywheel.services.record import record
from flywheel.settings import Settings
from tests.factories.datasets import OWNED, VALUE, owned_table, reader, registered_with_data, with_data
from tests.factories.versions import RUN


@pytest.fixture
def owned(catalog: Catalog, settings: Settings) -> DatasetRecord:
    """A table that another project has read, too."""
    owned = owned_table(catalog, Artifacts(settings.artifacts_root))
    slug = registered_with_data(catalog, reader(value=VALUE))
    record_dataset(
        catalog,
        project=slug,
        name="training",
        digest=digest_of("theirs"),
        facts={"rows": 3, "columns": {}},
        source_digests={"rows": owned.digest},
        origins={"rows": [{"kind": "dataset", "name": owned.id, "digest": owned.digest}]},
        run_id=RUN,
        actor="flow:data_preparation",
    )
    return owned


def test_use_by_another_project_is_counted_with_its_value(catalog: Catalog, owned: DatasetRecord) -> None:
    use = usage(catalog)[f"{OWNED}/training"]
    assert use.projects == (OWNED, "reader")
    assert use.cost_per_year == Decimal(20_000)
    assert use.value_per_year == Decimal(100_000)
    assert use.value_per_cost == Decimal("5.0")
    assert use.unvalued == (OWNED,)
    assert card_of(catalog, dataset=owned.id).use == use


def test_money_of_another_kind_is_not_added_up(catalog: Catalog, settings: Settings) -> None:
    owned = owned_table(catalog, Artifacts(settings.artifacts_root))
    for slug, currency in (("euro", "EUR"), ("yen", "JPY")):
        project = with_data(
            slug,
            {"rows": {"uri": f"dataset://{OWNED}/training", "purpose": "credit decision"}},
            value=VALUE | {"currency": currency},
        )
        record_dataset(
            catalog,
            project=registered_with_data(catalog, project),
            name="training",
            digest=digest_of(slug),
            facts={"rows": 3, "columns": {}},
            source_digests={"rows": owned.digest},
            origins={"rows": [{"kind": "dataset", "name": owned.id, "digest": owned.digest}]},
            run_id=RUN,
            actor="flow:data_preparation",
        )
    use = usage(catalog)[f"{OWNED}/training"]
    assert (use.value_per_year, use.currency, use.unvalued) == (Decimal(100_000), "EUR", (OWNED, "yen"))


def test_what_costs_more_than_it_promises_comes_first(catalog: Catalog, owned: DatasetRecord) -> None:
    assert owned
    assert list(usage(catalog)) == [f"{OWNED}/training", "reader/training"]
    assert list(usage(catalog, project="reader")) == ["reader/training"]


def test_a_card_says_what_it_is_and_whence_it_came(catalog: Catalog, owned: DatasetRecord) -> None:
    card = card_of(catalog, dataset=f"{OWNED}/training")
    assert card.record == owned
    assert card.purposes == ("credit decision",)
    assert card.withheld == ("postcode",)
    assert card.gates == {"DATA-001": "passed"}
    assert [node.kind for node in card.raw] == ["file"]


def test_a_reader_leads_back_through_the_owners_version_to_the_raw_file(catalog: Catalog, owned: DatasetRecord) -> None:
    raw = card_of(catalog, dataset="reader/training").raw
    assert {node.kind for node in raw} == {"dataset", "file"}
    assert owned.id in {node.id for node in raw}
    assert record.rebuild(catalog).differing == ()


def test_datasets_of_all_projects_are_listed(catalog: Catalog, owned: DatasetRecord) -> None:
    assert {found.project for found in list_data(catalog)} == {OWNED, "reader"}
    assert list_data(catalog, project=OWNED) == (owned,)
