"""PERF-008: names in disguise are asked about, amounts that rarely repeat are not."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from flywheel.domain.gates import Severity, Verdict
from flywheel.project.reading.kinds import Kind
from tests.factories.traffic import RULES, traffic
from validators import identifiers
from validators.specs import ColumnRole, ColumnRule

FRAME = traffic()
ROWS = len(FRAME)
SHUFFLED = np.random.default_rng(4).permutation(ROWS)


def weight(column: np.ndarray | pd.Series, kind: Kind) -> list[Severity]:
    rules = (*RULES, ColumnRule("spy", kind))
    result = identifiers.check(FRAME.assign(spy=column), rules=rules).result
    return [finding.severity for finding in result.findings if finding.locator == "spy"]


def test_honest_features_pass() -> None:
    result = identifiers.check(FRAME, rules=RULES).result
    assert (result.verdict, result.figures["suspects"]) == (Verdict.PASSED, 0)


@pytest.mark.parametrize(
    ("column", "kind", "expected"),
    [
        (np.arange(ROWS), Kind.INTEGER, Severity.WARNING),  # counts the rows
        (np.arange(ROWS)[::-1] * 1.5 + 7, Kind.NUMBER, Severity.WARNING),  # counts them backwards
        (SHUFFLED, Kind.INTEGER, Severity.QUESTION),  # a running number in another order
        (100_000 + SHUFFLED * 37, Kind.INTEGER, Severity.QUESTION),  # account numbers
        ([f"c{i}" for i in SHUFFLED], Kind.CATEGORY, Severity.QUESTION),  # customer codes
    ],
)
def test_a_name_is_found_and_the_worst_kind_weighs_more(
    column: np.ndarray | pd.Series, kind: Kind, expected: Severity
) -> None:
    assert weight(column, kind) == [expected]


@pytest.mark.parametrize(
    ("column", "kind"),
    [
        (np.random.default_rng(5).lognormal(10, 1, ROWS), Kind.NUMBER),
        (np.random.default_rng(6).lognormal(12, 2, ROWS).astype(int), Kind.INTEGER),
        (np.arange(ROWS) // 10, Kind.INTEGER),
        (["a", "b", "c"] * (ROWS // 3), Kind.CATEGORY),
    ],
)
def test_amounts_and_shared_values_are_left_in_peace(column: np.ndarray | pd.Series, kind: Kind) -> None:
    assert weight(column, kind) == []


def test_a_column_that_is_no_feature_may_name_its_rows() -> None:
    rules = (*RULES, ColumnRule("spy", Kind.INTEGER, role=ColumnRole.ENTITY))
    assert identifiers.check(FRAME.assign(spy=np.arange(ROWS)), rules=rules).result.verdict is Verdict.PASSED


def test_few_rows_and_lost_columns_close() -> None:
    assert identifiers.check(FRAME[:50], rules=RULES).result.verdict is Verdict.FAILED
    assert identifiers.check(FRAME.drop(columns="age"), rules=RULES).result.verdict is Verdict.FAILED
    assert identifiers.check(FRAME, rules=()).result.verdict is Verdict.NOT_EVALUATED
