"""DRIFT-003 and DRIFT-004: what moved between versions' rows is a question; what cannot be compared closes."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest

from flywheel.domain.gates import Severity, Verdict
from flywheel.project.tabular.certainty import units_of
from tests.factories.traffic import RULES, traffic
from validators import drift_evidently, drift_versions

pytestmark = pytest.mark.usefixtures("foreign_examiners")

TRAIN, TEST = traffic(3_000, seed=1), traffic(1_500, seed=2)
ALWAYS = {"evidently.json", "evidently-table.html"}
MOVED = TEST.assign(income=TEST["income"] * 2)


def distances(document: bytes) -> dict[str, float]:
    """Read the figure of each comparison."""
    return {entry["column"]: entry["distance"] for entry in json.loads(document)}


def test_rows_alike_pass() -> None:
    assert drift_versions.check_test(TEST, TRAIN, rules=RULES).result.verdict is Verdict.PASSED
    assert drift_versions.check_training(TEST, TRAIN, rules=RULES).result.verdict is Verdict.PASSED


def test_what_moved_is_a_question() -> None:
    for checked in (
        drift_versions.check_test(MOVED, TRAIN, rules=RULES),
        drift_versions.check_training(MOVED, TRAIN, rules=RULES),
    ):
        assert checked.result.verdict is Verdict.WARNED
        assert [(f.locator, f.severity) for f in checked.result.findings] == [("income", Severity.QUESTION)]
        assert {report.name for report in checked.reports} == {
            "evidently.json",
            "evidently-table.html",
            "evidently.html",
        }


def test_evidentlys_own_page_is_drawn_only_where_somebody_must_look_and_says_the_same() -> None:
    alike = drift_versions.check_test(TEST, TRAIN, rules=RULES)
    assert {report.name for report in alike.reports} == ALWAYS
    moved = {report.name: report.content for report in drift_versions.check_test(MOVED, TRAIN, rules=RULES).reports}
    by_tests = drift_evidently.check(MOVED, TRAIN, rules=RULES, rows_at_most=drift_versions.ROWS_AT_MOST)
    said = {report.name: report.content for report in by_tests.reports}["evidently.json"]
    assert distances(moved["evidently.json"]) == pytest.approx(distances(said), rel=1e-6)
    assert not re.search(rb"<(script|link|img)[^>]+(src|href)=.(https?:)?//", moved["evidently.html"])


def test_without_a_champion_of_other_rows_it_does_not_apply() -> None:
    assert drift_versions.check_training(TRAIN, None, rules=RULES).result.verdict is Verdict.NOT_APPLICABLE


def test_columns_new_since_the_champion_are_named_and_the_rest_is_compared() -> None:
    result = drift_versions.check_training(TEST, TRAIN.drop(columns="age"), rules=RULES).result
    assert result.verdict is Verdict.PASSED
    assert "age" in result.findings[0].what


@pytest.mark.parametrize("frame", [TEST[:50], TEST.drop(columns="income"), TEST.assign(income=np.nan)])
def test_rows_that_cannot_be_compared_close(frame: object) -> None:
    assert drift_versions.check_test(frame, TRAIN, rules=RULES).result.verdict is Verdict.FAILED  # type: ignore[arg-type]


def test_a_sparse_column_is_left_out_by_name_and_neither_asked_about_nor_closing() -> None:
    sparse = [side.assign(heavy=side["heavy"].where(side.index % 40 == 0)) for side in (TEST, TRAIN)]
    result = drift_versions.check_test(sparse[0], sparse[1], rules=RULES).result
    assert (result.verdict, result.findings[0].severity) == (Verdict.PASSED, Severity.INFO)
    assert "heavy" in result.findings[0].what


def test_of_each_unit_one_row_is_looked_at_so_that_copies_move_nothing() -> None:
    sides = [traffic(rows, seed=seed) for rows, seed in ((400, 7), (600, 8))]
    copied = [side.loc[side.index.repeat(8)].reset_index(drop=True) for side in sides]
    units = (units_of(copied[0].index.to_numpy() // 8), units_of(copied[1].index.to_numpy() // 8))
    told = drift_versions.check_test(copied[0], copied[1], rules=RULES, units=units).result
    assert (told.verdict, told.figures["rows"], told.figures["reference_rows"]) == (Verdict.PASSED, 400, 600)
    moved = copied[0].assign(income=copied[0]["income"] * 2)
    assert drift_versions.check_test(moved, copied[1], rules=RULES, units=units).result.verdict is Verdict.WARNED


def test_few_units_are_a_question_however_many_rows_they_have() -> None:
    units = units_of(np.arange(len(TEST)) // 10)
    told = drift_versions.check_test(TEST, TRAIN, rules=RULES, units=(units, units_of(np.arange(len(TRAIN))))).result
    assert told.verdict is Verdict.WARNED
    assert "150 independent rows" in told.findings[0].what
