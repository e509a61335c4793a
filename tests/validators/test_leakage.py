"""PERF-005: features that know the outcome."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from flywheel.domain.gates import Verdict
from flywheel.project.kinds import Kind
from tests.factories.traffic import RULES, labelled
from validators import leakage
from validators.specs import ColumnRole, ColumnRule

FRAME = labelled()
OUTCOMES = FRAME["default"].to_numpy()


def locators(column: object, kind: Kind, outcomes: np.ndarray = OUTCOMES) -> list[str]:
    rules = (*RULES, ColumnRule("spy", kind))
    result = leakage.check(FRAME.assign(spy=column), outcomes, rules=rules).result
    return [finding.locator for finding in result.findings]


def test_honest_features_pass() -> None:
    assert leakage.check(FRAME, OUTCOMES, rules=RULES).result.verdict is Verdict.PASSED


@pytest.mark.parametrize(
    ("column", "kind"),
    [
        (OUTCOMES.astype(float), Kind.NUMBER),
        (1.0 - OUTCOMES, Kind.NUMBER),
        (np.where(OUTCOMES, "paid back late", "fine"), Kind.CATEGORY),
        (np.where(OUTCOMES, 5.0, np.arange(3_000) % 2 * 10), Kind.NUMBER),
        (np.where(OUTCOMES, 1.0, np.nan), Kind.NUMBER),
        (~OUTCOMES, Kind.BOOLEAN),
        (pd.Timestamp("2026-01-01") + pd.to_timedelta(OUTCOMES.astype(int), unit="D"), Kind.TIME),
    ],
)
def test_a_feature_that_gives_the_outcome_away_is_named(column: object, kind: Kind) -> None:
    assert locators(column, kind) == ["spy"]


def test_a_name_for_every_row_does_not_look_like_a_leak() -> None:
    assert locators([f"n{i}" for i in range(3_000)], Kind.CATEGORY) == []


def test_a_regression_target_is_recognised_by_rank() -> None:
    amounts = np.random.default_rng(1).lognormal(3, 1, 3_000)
    assert locators(np.sqrt(amounts), Kind.NUMBER, amounts) == ["spy"]


def test_a_column_kept_out_of_the_model_may_know_it() -> None:
    rules = (*RULES, ColumnRule("spy", Kind.NUMBER, role=ColumnRole.KEPT))
    result = leakage.check(FRAME.assign(spy=OUTCOMES), OUTCOMES, rules=rules).result
    assert result.verdict is Verdict.PASSED
