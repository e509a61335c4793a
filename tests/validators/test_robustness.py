"""PERF-011: noise that turns decisions and inputs that the model cannot be without are found and priced."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from flywheel.domain.gates import Severity, Verdict
from flywheel.errors import InputRefused
from flywheel.project.scorer import Scorer
from tests.factories.examined import GAINS, Cutting, Rule, paid, seen
from tests.factories.traffic import RULES
from validators import robustness
from validators.columns import Floats
from validators.protocol import Checked
from validators.robustness import Answers, RobustnessLimits

SEEN = seen()
ANSWERS = Answers(SEEN.labels, paid(GAINS), SEEN.naive_money)


@dataclass(frozen=True)
class Scripted(Cutting):
    """A scorer of one line that stands in for a model."""

    answer: Callable[[pd.DataFrame], object] = pd.DataFrame.copy

    def said(self, frame: pd.DataFrame) -> Floats:
        return np.asarray(self.answer(frame), dtype=np.float64)


def judged(scorer: Scorer, frame: pd.DataFrame = SEEN.frame) -> Checked:
    return robustness.check(frame, scorer, ANSWERS, rules=RULES)


def test_a_smooth_model_bears_it_and_each_change_is_priced() -> None:
    result = judged(Rule()).result
    assert result.verdict is Verdict.PASSED
    assert result.figures["trials"] == 2 * len(RULES) + 1
    assert result.figures["worst"] == "score missing"


def test_a_model_on_a_knifes_edge_is_called_nervous() -> None:
    edges = Scripted(answer=lambda frame: np.floor(frame["income"].astype(float).fillna(0) / 200) % 2)
    findings = judged(edges).result.findings
    assert {"income with noise", "all features with noise"} <= {finding.locator for finding in findings}
    assert all(finding.severity is Severity.WARNING for finding in findings if "noise" in finding.locator)


def test_a_model_worth_nothing_without_one_input_asks_whether_it_is_watched() -> None:
    def answer(frame: pd.DataFrame) -> Floats:
        chances = Rule().said(frame)
        return np.where(frame["ratio"].isna(), 2 * Rule().threshold - chances, chances)

    dear = Answers(SEEN.labels, paid(np.array([[0.0, -2_000.0], [0.0, 1_900.0]])), np.zeros(len(SEEN.labels)))
    scorer = Scripted(answer=answer, threshold=Rule().threshold)
    result = robustness.check(SEEN.frame, scorer, dear, rules=RULES).result
    assert ("ratio missing", Severity.QUESTION) in [(f.locator, f.severity) for f in result.findings]
    assert "is that input monitored" in result.findings[0].what


def test_a_model_that_refuses_a_missing_input_is_said_to() -> None:
    def answer(frame: pd.DataFrame) -> Floats:
        if frame["age"].isna().all():
            raise InputRefused("age is needed")
        return Rule().said(frame)

    result = judged(Scripted(answer=answer, threshold=Rule().threshold)).result
    assert result.verdict is Verdict.PASSED
    assert result.figures["refused"] == 1
    assert "age missing" in result.findings[0].what


@pytest.mark.parametrize("answer", [lambda frame: np.full(len(frame), np.nan), lambda frame: np.zeros(3)])
def test_answers_that_are_no_chances_are_an_error(answer: Callable[[pd.DataFrame], object]) -> None:
    assert judged(Scripted(answer=answer)).result.verdict is Verdict.ERROR


def test_the_same_seed_shakes_the_same_way() -> None:
    assert judged(Rule()).result == judged(Rule()).result


def test_large_tables_are_sampled() -> None:
    limits = RobustnessLimits(rows_at_most=500)
    result = robustness.check(SEEN.frame, Rule(), ANSWERS, rules=RULES, limits=limits).result
    assert result.figures["rows"] == 500
