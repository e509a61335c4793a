"""PERF-005: features that know the outcome."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from flywheel.domain.gates import GateFinding, Severity, Verdict
from flywheel.project.reading.kinds import Kind
from flywheel.project.tabular.certainty import ALONE, Units, units_of
from tests.factories.traffic import RULES, labelled
from validators import leakage
from validators.specs import ColumnRole, ColumnRule

Column = list[str] | np.ndarray | pd.Series | pd.DatetimeIndex
FRAME = labelled()
OUTCOMES = FRAME["default"].to_numpy()


def locators(column: Column, kind: Kind, outcomes: np.ndarray = OUTCOMES) -> list[str]:
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
def test_a_feature_that_gives_the_outcome_away_is_named(column: Column, kind: Kind) -> None:
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


YES = np.random.default_rng(8).random(3_000) < 0.3
PART = YES & (np.random.default_rng(9).random(3_000) < 0.6)
BLUR = np.random.default_rng(10).gamma(2, 50, 3_000).round(2)
POCKETS: dict[str, tuple[Column, Kind, str]] = {
    "filled": (np.where(PART, BLUR, np.nan), Kind.NUMBER, "Where spy is filled, the outcome is yes in"),
    "missing": (np.where(PART, np.nan, BLUR), Kind.NUMBER, "Where spy is missing, the outcome is yes in"),
    "one value": (np.where(PART, 7.0, BLUR), Kind.NUMBER, "Where spy is 7, the outcome is yes in"),
    "all but nought": (np.where(PART, BLUR, 0.0), Kind.NUMBER, "Where spy is anything but 0, the outcome is yes in"),
    "one level": (
        np.where(PART, "refunded", np.where(BLUR > 80, "a", "b")),
        Kind.CATEGORY,
        "Where spy is 'refunded', the outcome is yes in",
    ),
    "a flag": (PART, Kind.BOOLEAN, "Where spy is 'true', the outcome is yes in"),
    "a moment": (
        pd.Series(pd.Timestamp("2026-01-01") + pd.to_timedelta(BLUR, unit="D")).where(PART),
        Kind.TIME,
        "Where spy is filled, the outcome is yes in",
    ),
}


def of_pockets(column: Column, kind: Kind, happened: np.ndarray = YES, units: Units = ALONE) -> list[GateFinding]:
    rules = (*RULES, ColumnRule("spy", kind))
    return list(leakage.check(FRAME.assign(spy=column), happened, rules=rules, units=units).result.findings)


@pytest.mark.parametrize("pocket", POCKETS)
def test_a_pocket_in_which_the_outcome_is_certain_is_asked_about(pocket: str) -> None:
    column, kind, words = POCKETS[pocket]
    (asked,) = of_pockets(column, kind)
    assert (asked.severity, asked.column) == (Severity.QUESTION, "spy")
    assert asked.what.startswith(words)
    assert "known_at_decision = false in data.columns.spy" in asked.what


@pytest.mark.parametrize("base", [0.3, 0.5, 0.75])
def test_a_pocket_without_one_of_the_outcomes_is_asked_about_at_any_common_rate(base: float) -> None:
    draw = np.random.default_rng(12)
    happened = (np.arange(3_000) < 700) | (draw.random(3_000) < (base * 3_000 - 700) / 2_300)
    for outcome in (happened, ~happened):
        (asked,) = of_pockets(np.where(np.arange(3_000) < 700, "x", "y"), Kind.CATEGORY, outcome)
        assert "in 700 of 700 rows" in asked.what


def test_copies_of_a_few_rows_are_no_pocket() -> None:
    copied = units_of(np.where(PART, np.arange(3_000) % 20, np.arange(3_000) + 20))
    assert of_pockets(np.where(PART, 7.0, BLUR), Kind.NUMBER, units=copied) == []
    assert len(of_pockets(np.where(PART, 7.0, BLUR), Kind.NUMBER)) == 1


PUBLIC = Path(__file__).parents[3] / "shared" / "data"
TABLES = {
    "german_credit.csv": ("default", 2),
    "heloc.csv": ("RiskPerformance", "Bad"),
    "telco_churn.csv": ("Churn", "Yes"),
    "adult.parquet": ("income", ">50K"),
}


@pytest.mark.parametrize("name", TABLES)
def test_honest_columns_of_public_tables_are_not_asked_about(name: str) -> None:
    target, yes = TABLES[name]
    path = PUBLIC / name
    if not path.is_file():
        pytest.skip("the public tables are not beside this repository")
    frame = pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path)
    frame = frame.sample(min(len(frame) // 2, 20_000), random_state=1).reset_index(drop=True)
    features = frame.drop(columns=[target, "customerID", "split"], errors="ignore")
    names = [str(column) for column in features]
    kinds = {c: Kind.NUMBER if pd.api.types.is_numeric_dtype(features[c]) else Kind.CATEGORY for c in names}
    rules = tuple(ColumnRule(column, kind) for column, kind in kinds.items())
    result = leakage.check(features, frame[target] == yes, rules=rules).result
    assert [finding.what for finding in result.findings] == []
