"""The data gates hold whom a model is for: rows outside close, and too few rows of them too."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from flywheel.domain.gates import Verdict
from flywheel.project.charter.commitments import Population
from tests.factories.examples import Ground, card_default
from validators.data_gates import Brought, judge_data

pytestmark = pytest.mark.usefixtures("foreign_examiners")


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    return card_default(tmp_path_factory.mktemp("bank"), rows=600)


def verdicts(ground: Ground, said: dict[str, Any] | None) -> dict[str, Verdict]:
    population = Population.model_validate({"who": "few", **said}) if said else None
    charter = ground.chartered(population=population).project.charter
    with ground.artifacts.table(ground.prepared().digest) as table:
        judged = judge_data(table, charter=charter, brought=Brought((), {}, ()), known=None, now=datetime.now(UTC))
    return {one.result.code: one.result.verdict for one in judged}


def test_without_a_population_and_within_one_the_data_pass(ground: Ground) -> None:
    calm = verdicts(ground, None)
    assert calm["DATA-001"] is calm["DATA-002"] is Verdict.PASSED
    assert verdicts(ground, {"min_rows": 100, "columns": {"age": {"between": [18, 100]}}}) == calm


@pytest.mark.parametrize("bound", [{"age": {"between": [18, 30]}}, {"region": {"among": ["north"]}}])
def test_rows_outside_the_population_close(ground: Ground, bound: dict[str, Any]) -> None:
    assert verdicts(ground, {"columns": bound})["DATA-001"] is Verdict.FAILED


def test_too_few_rows_of_the_population_close(ground: Ground) -> None:
    assert verdicts(ground, {"min_rows": 601})["DATA-002"] is Verdict.FAILED
