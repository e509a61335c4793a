"""DRIFT-002: Evidently with everything pinned, and never a silent pass."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from flywheel.domain.gates import Severity, Verdict
from flywheel.project.reading.kinds import Kind
from tests.factories.traffic import RULES, traffic
from validators import drift_evidently
from validators.drift_evidently import Distance, DriftMethod
from validators.specs import ColumnRule

pytestmark = pytest.mark.usefixtures("foreign_examiners")

REFERENCE = traffic(5_000, seed=50)


def locators(frame: pd.DataFrame) -> list[str]:
    result = drift_evidently.check(frame, REFERENCE, rules=RULES).result
    assert result.verdict in {Verdict.PASSED, Verdict.FAILED}
    return [finding.locator for finding in result.findings]


def test_clean_weeks_stay_silent() -> None:
    assert [locators(traffic(2_000, seed=seed)) for seed in range(3)] == [[], [], []]


def test_planted_faults_ring_at_the_right_column() -> None:
    week = traffic(2_000, seed=3)
    assert locators(week.fillna({"score": 998})) == ["score (missing)", "score"]
    assert locators(week.assign(income=week["income"] * 100)) == ["income"]
    assert locators(week.assign(score=week["score"] - 40)) == ["score"]
    assert locators(week.assign(channel=week["channel"].replace({"branch": "app"}))) == ["channel"]
    assert locators(week.assign(income=week["income"].mask(np.arange(2_000) % 2 == 0))) == ["income (missing)"]


def test_callers_who_send_a_declared_code_where_the_file_holds_nothing_are_accused_of_nothing() -> None:
    week = traffic(2_000, seed=3)
    assert week["score"].isna().mean() > 0.05
    assert locators(week.fillna({"score": 999})) == []


@pytest.mark.parametrize(
    ("before", "now", "rings"),
    [
        (np.zeros(2_000), np.full(2_000, 2.0), True),
        (np.zeros(2_000), np.where(np.arange(2_000) % 2, 100.0, 0.0), True),
        (np.where(np.arange(2_000) == 7, 50.0, 0.0), np.where(np.arange(2_000) % 2, 100.0, 0.0), True),
        (np.where(np.arange(2_000) == 7, 50.0, 0.0), np.zeros(2_000), False),
        (np.full(2_000, 3.0), np.full(2_000, 3.0), False),
    ],
)
def test_a_column_of_hardly_anything_but_one_value_rings_when_others_come(
    before: np.ndarray, now: np.ndarray, rings: bool
) -> None:
    rules = (ColumnRule("x", Kind.NUMBER),)
    result = drift_evidently.check(pd.DataFrame({"x": now}), pd.DataFrame({"x": before}), rules=rules).result
    assert result.verdict is (Verdict.FAILED if rings else Verdict.PASSED)


def test_method_and_threshold_of_each_column_are_on_record() -> None:
    pinned = {"income": DriftMethod(Distance.HELLINGER, 0.3)}
    checked = drift_evidently.check(traffic(2_000), REFERENCE, rules=RULES, methods=pinned)
    entries = {entry["column"]: entry for entry in json.loads(checked.reports[0].content)}
    assert (entries["income"]["method"], entries["income"]["threshold"]) == ("hellinger", 0.3)
    assert entries["channel"]["method"] == "jensenshannon"


def test_two_runs_give_the_same_figures() -> None:
    twice = [drift_evidently.check(traffic(2_000), REFERENCE, rules=RULES, seed=4) for _ in range(2)]
    assert twice[0] == twice[1]


def test_more_rows_than_the_limit_are_sampled() -> None:
    rule = (ColumnRule("x", Kind.NUMBER),)
    frames = [pd.DataFrame({"x": np.random.default_rng(seed).normal(size=60_000)}) for seed in (1, 2)]
    assert drift_evidently.check(*frames, rules=rule).result.verdict is Verdict.PASSED


def test_the_page_of_evidently_is_made_only_when_asked() -> None:
    rule = (ColumnRule("ratio", Kind.NUMBER),)
    names = [
        {report.name for report in drift_evidently.check(traffic(500), REFERENCE, rules=rule, with_html=wish).reports}
        for wish in (False, True)
    ]
    assert names[1] - names[0] == {"evidently.html"}


def test_names_instead_of_categories_are_not_compared() -> None:
    rule = (ColumnRule("x", Kind.CATEGORY),)
    frames = [pd.DataFrame({"x": [f"{side}{i}" for i in range(500)]}) for side in "ab"]
    result = drift_evidently.check(*frames, rules=rule).result
    assert "too many different ones" in result.findings[0].what


@pytest.mark.parametrize("threshold", [0.0, -1.0, float("nan"), float("inf")])
def test_a_threshold_that_never_or_always_rings_is_refused(threshold: float) -> None:
    with pytest.raises(ValueError, match="above 0"):
        DriftMethod(Distance.WASSERSTEIN, threshold)


def test_the_page_and_the_tests_alone_give_the_same_figures() -> None:
    week = traffic(900, seed=8)
    drawn, plain = (drift_evidently.check(week, REFERENCE, rules=RULES, with_html=wish) for wish in (True, False))
    told = [next(r.content for r in one.reports if r.name == "evidently.json") for one in (drawn, plain)]
    assert told[0] == told[1]
    assert drawn.result == plain.result


def test_columns_of_too_few_numbers_are_left_out_and_named() -> None:
    sparse = traffic(900, seed=8)
    sparse.loc[sparse.index > 20, "heavy"] = np.nan
    rule = (ColumnRule("heavy", Kind.NUMBER), ColumnRule("age", Kind.INTEGER))
    reference = REFERENCE.assign(heavy=REFERENCE["heavy"].where(REFERENCE.index % 40 == 0))
    seen = drift_evidently.check(sparse, reference, rules=rule).result
    assert (seen.verdict, seen.findings[0].severity) == (Verdict.PASSED, Severity.INFO)
    emptied = drift_evidently.check(sparse, REFERENCE, rules=rule).result
    assert emptied.verdict is Verdict.FAILED  # that it is missing now is compared all the same
