"""`flywheel diff`: two versions of one project on the same rows, outside any flow."""

from __future__ import annotations

import pytest

from deployments.programs.diff import DiffRequest, compare
from flywheel.catalog.engine import Catalog
from flywheel.domain.gates import Verdict
from flywheel.errors import NotFound
from flywheel.services.workbench import Workbench
from tests.factories.examinations import Bank, bank_of, version_of


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Bank:
    return bank_of(tmp_path_factory.mktemp("bank"))


@pytest.fixture
def bench(catalog: Catalog, bank: Bank) -> Workbench:
    version_of(catalog, bank)
    return Workbench(bank.ground.settings, catalog, bank.ground.artifacts)


def test_a_version_against_itself_changes_nothing(bench: Workbench) -> None:
    seen = compare(bench, DiffRequest("card-default:1", "card-default:1"))
    assert seen.result.verdict is Verdict.PASSED
    assert seen.result.figures["flip_share"] == 0.0
    assert {report.name for report in seen.reports} == {"behaviour.html", "behaviour.json"}


def test_a_version_that_is_not_there_is_not_found(bench: Workbench) -> None:
    with pytest.raises(NotFound):
        compare(bench, DiffRequest("card-default:1", "card-default:9"))
