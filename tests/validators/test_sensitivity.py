"""PERF-012: what people expect is agreed with, contradicted, or found not to matter; a contradiction is a question."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pytest

from flywheel.domain.gates import Severity, Verdict
from flywheel.project.reading.kinds import Kind
from tests.factories.examined import Cutting, Rule, seen
from tests.factories.traffic import RULES
from validators import sensitivity
from validators.columns import Floats
from validators.protocol import Checked
from validators.specs import ColumnRule

FRAME = seen().frame


def judged(scorer: object = Rule(), **expected: str) -> Checked:
    return sensitivity.check(FRAME, scorer, rules=RULES, expected=expected)  # type: ignore[arg-type]


def answers(checked: Checked) -> dict[str, str]:
    report = next(report for report in checked.reports if report.name == "sensitivity.json")
    return {row["feature"]: row["the model"] for row in json.loads(report.content)}


def test_agreement_passes_and_every_amount_is_drawn() -> None:
    checked = judged(ratio="increasing", score="decreasing", owner="decreasing")
    assert checked.result.verdict is Verdict.PASSED
    assert checked.result.figures["agrees"] == 3
    assert set(answers(checked)) == {"score", "income", "age", "balance", "children", "ratio", "heavy", "owner"}
    assert any(b"<polyline" in report.content for report in checked.reports)


def test_a_contradiction_is_a_question_with_figures() -> None:
    result = judged(Rule(sign=-1.0), ratio="increasing").result
    assert result.verdict is Verdict.WARNED
    assert result.findings[0].severity is Severity.QUESTION
    assert "does the opposite" in result.findings[0].what
    assert "%" in result.findings[0].seen


def test_what_hardly_matters_is_kept_and_not_asked() -> None:
    result = judged(income="decreasing").result
    assert result.verdict is Verdict.PASSED
    assert result.findings[0].severity is Severity.INFO


def test_a_model_that_turns_round_on_the_way_is_asked_why() -> None:
    @dataclass(frozen=True)
    class Hill(Cutting):
        def said(self, frame: pd.DataFrame) -> Floats:
            age = frame["age"].to_numpy(dtype=float)
            return np.asarray(0.2 + 0.6 * np.exp(-(((age - 55) / 15) ** 2)))

    result = judged(Hill(), age="increasing").result
    assert "changes direction" in result.findings[0].what
    assert result.findings[0].severity is Severity.QUESTION


def test_a_column_that_the_model_does_not_use_is_named() -> None:
    result = judged(ratio="increasing", postcode="increasing").result
    assert [finding.locator for finding in result.findings] == ["postcode"]


def test_without_expectations_it_does_not_apply() -> None:
    assert judged().result.verdict is Verdict.NOT_APPLICABLE


@pytest.mark.parametrize("frame", [FRAME.drop(columns="ratio"), FRAME[:10]])
def test_rows_that_cannot_be_moved_close(frame: pd.DataFrame) -> None:
    result = sensitivity.check(frame, Rule(), rules=RULES, expected={"ratio": "increasing"}).result
    assert result.verdict is Verdict.FAILED


def test_a_feature_that_is_nearly_always_the_same_is_moved_between_its_ends_alone() -> None:
    @dataclass(frozen=True)
    class Counting(Cutting):
        asked: list[int] = field(default_factory=list)

        def said(self, frame: pd.DataFrame) -> Floats:
            self.asked.append(len(frame))
            return np.asarray(np.clip(frame["refunds"].to_numpy(dtype=float), 0, 1))

    refunds = np.where(np.arange(20_000) < 800, np.arange(20_000), 0).astype(float)
    scorer, rules = Counting(), (ColumnRule("refunds", Kind.NUMBER),)
    expected = {"refunds": "increasing"}
    result = sensitivity.check(pd.DataFrame({"refunds": refunds}), scorer, rules=rules, expected=expected).result
    assert result.figures["agrees"] == 1
    assert max(scorer.asked) == 2 * sensitivity.SensitivityLimits().rows_at_most
