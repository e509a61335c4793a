"""PERF-005: features that know the outcome."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from flywheel.domain.gates import Severity, Verdict
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
    amounts = np.random.default_rng(11).lognormal(3, 1, 3_000)
    assert locators(np.sqrt(amounts), Kind.NUMBER, amounts) == ["spy"]


def test_a_column_kept_out_of_the_model_may_know_it() -> None:
    rules = (*RULES, ColumnRule("spy", Kind.NUMBER, role=ColumnRole.KEPT))
    result = leakage.check(FRAME.assign(spy=OUTCOMES), OUTCOMES, rules=rules).result
    assert result.verdict is Verdict.PASSED


X = np.random.default_rng(3).normal(size=3_000)


@pytest.mark.parametrize(
    "knows",
    [np.abs(X) < 0.5, (X > 0.2) & (X < 0.4), np.sin(4 * X) > 0, np.abs(X) > 1.5],
    ids=["the middle", "a narrow band", "waves", "both ends"],
)
def test_a_feature_of_any_shape_that_gives_the_outcome_away_does_not_pass(knows: np.ndarray) -> None:
    rules = (*RULES, ColumnRule("spy", Kind.NUMBER))
    result = leakage.check(FRAME.assign(spy=X), knows, rules=rules).result
    assert [finding.locator for finding in result.findings] == ["spy"]


def test_a_feature_as_good_as_a_model_is_a_question_to_those_who_sign() -> None:
    happened = OUTCOMES.astype(float)
    strong = happened * 2.3 + np.random.default_rng(4).normal(size=3_000)
    rules = (*RULES, ColumnRule("duration", Kind.NUMBER))
    result = leakage.check(FRAME.assign(duration=strong), OUTCOMES, rules=rules).result
    assert 0.93 < float(result.figures["strongest_power"]) < 0.97
    assert result.verdict is Verdict.WARNED
    assert [(f.severity, f.locator) for f in result.findings] == [(Severity.QUESTION, "duration")]
    eased = leakage.LeakLimits(unasked_auc_at_most=0.98)
    asked = leakage.check(FRAME.assign(duration=strong), OUTCOMES, rules=rules, limits=eased).result
    assert asked.verdict is Verdict.PASSED


@pytest.mark.parametrize("rows", [50, 100, 300])
def test_features_that_know_nothing_are_not_asked_about_however_few_the_rows(rows: int) -> None:
    draw = np.random.default_rng(rows)
    rules = tuple(ColumnRule(f"x{i}", Kind.NUMBER) for i in range(20))
    worded = 0
    for _ in range(40):
        frame = pd.DataFrame({rule.name: draw.normal(size=rows) for rule in rules})
        happened = np.arange(rows) % 12 == 0
        worded += bool(leakage.check(frame, happened, rules=rules).result.findings)
    assert worded <= 1
