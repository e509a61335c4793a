"""Two examiners share the work, and where they differ neither is believed."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from flywheel.domain.gates import Severity, Verdict
from flywheel.project.reading.kinds import Kind
from validators import data_expectations, examining, gx_examiner
from validators.examining import Examining
from validators.outcomes import Outcome, outcome_of
from validators.specs import ColumnRule, ExpectationRule

pytestmark = pytest.mark.usefixtures("foreign_examiners")

RULES = (ColumnRule("x", Kind.NUMBER), ColumnRule("t", Kind.TEXT))
RANGE = ExpectationRule("expect_column_values_to_be_between", {"column": "x", "min_value": 0, "max_value": 1_000})
WORDS = ExpectationRule("expect_column_values_to_match_regex", {"column": "t", "regex": "^[ab]$"})
MANY = Examining(whole_at_most=500, sample_rows=200)


def frame() -> pd.DataFrame:
    return pd.DataFrame({"x": np.arange(1_000.0), "t": ["a", "b"] * 500})


def test_a_single_bad_row_of_a_large_table_is_found_whatever_the_sample_holds() -> None:
    table = frame()
    table.loc[777, "x"] = -1.0
    result = data_expectations.check(table, rules=RULES, expectations=(RANGE,), examining=MANY).result
    assert result.verdict is Verdict.FAILED
    assert result.findings[0].seen == "1"


def test_what_only_great_expectations_knows_is_judged_on_every_row() -> None:
    table = frame()
    table.loc[777, "t"] = "c"
    result = data_expectations.check(table, rules=RULES, expectations=(RANGE, WORDS), examining=MANY).result
    assert [finding.locator for finding in result.findings] == ["t"]


@pytest.mark.parametrize("examined", [Examining(), MANY])
def test_two_examiners_that_differ_are_an_error(monkeypatch: pytest.MonkeyPatch, examined: Examining) -> None:
    def wrong(_: object, __: object, ___: object) -> Outcome:
        return outcome_of(RANGE, {}, is_met=False)

    monkeypatch.setattr(examining, "answer", wrong)
    result = data_expectations.check(frame(), rules=RULES, expectations=(RANGE,), examining=examined).result
    assert result.verdict is Verdict.ERROR
    assert "disagree about x" in result.findings[0].what
    assert result.findings[0].severity is Severity.CRITICAL


def test_a_large_table_is_not_handed_to_great_expectations_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []

    def counted(rows: pd.DataFrame, *more: object) -> list[Outcome]:
        seen.append(len(rows))
        return gx_examiner.examine(rows, *more)  # type: ignore[arg-type]

    monkeypatch.setattr(examining, "examine", counted)
    assert (
        data_expectations.check(frame(), rules=RULES, expectations=(RANGE,), examining=MANY).result.verdict
        is Verdict.PASSED
    )
    assert seen == [200]
