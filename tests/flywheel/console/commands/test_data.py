"""Data on the command line: listed, shown as a card, judged by their use."""

from __future__ import annotations

import pytest

from flywheel.adapters.artifacts import Artifacts
from flywheel.catalog.engine import Catalog
from flywheel.settings import Settings
from tests.factories.datasets import OWNED, owned_table
from tests.flywheel.console.conftest import Cli


@pytest.fixture
def dataset(catalog: Catalog, settings: Settings) -> str:
    """A dataset version that passed its gate."""
    return owned_table(catalog, Artifacts(settings.artifacts_root)).id


def test_no_dataset_is_said_so(cli: Cli) -> None:
    assert "no dataset is recorded" in cli("data", "list").out


def test_a_dataset_is_listed_with_its_size(cli: Cli, dataset: str) -> None:
    assert dataset in cli("data", "list").out
    assert [found["facts"]["rows"] for found in cli("data", "list", "--json").json] == [3]


def test_a_card_is_markdown_with_columns_sources_and_use(cli: Cli, dataset: str) -> None:
    card = cli("data", "show", f"{OWNED}/training").out
    assert card.startswith(f"# {dataset}\n")
    assert "| x | double | 0.0% | 3 | 0 | 1 | 1 | 2 |" in card
    assert "| main | x.csv | credit decision | 20000 | 0 days |" in card
    assert "- withheld from others: postcode" in card
    assert "- file x.csv@" in card
    assert cli("data", "show", dataset, "--json").json["use"]["projects"] == [OWNED]


def test_usage_names_cost_and_those_without_an_estimate(cli: Cli, dataset: str) -> None:
    assert dataset
    assert "20,000" in cli("data", "usage").out
    assert cli("data", "usage", "--json").json[f"{OWNED}/training"]["unvalued"] == [OWNED]


def test_a_dataset_that_is_not_there_is_named(cli: Cli, dataset: str) -> None:
    assert dataset
    ran = cli("data", "show", f"{OWNED}/other")
    assert (ran.code, ran.out) == (4, "")
    assert "flywheel data list" in ran.err
