"""DATA-001: Great Expectations behind guards against each way in which it passes in vain."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from flywheel.domain.gates import Severity, Verdict
from flywheel.project.reading.kinds import Kind
from tests.factories.traffic import RULES, traffic
from validators import data_expectations
from validators.charter_rules import plausible_times
from validators.protocol import Checked
from validators.specs import ColumnRole, ColumnRule, ExpectationRule, Operator, Where

pytestmark = pytest.mark.usefixtures("foreign_examiners")


def check(frame: pd.DataFrame, *expectations: ExpectationRule, rules: tuple[ColumnRule, ...] = RULES) -> Checked:
    return data_expectations.check(frame, rules=rules, expectations=expectations)


def unique(column: str, **more: object) -> ExpectationRule:
    return ExpectationRule("expect_column_values_to_be_unique", {"column": column, **more})


def test_good_data_passes_and_every_declaration_was_evaluated() -> None:
    result = check(traffic()).result
    assert result.verdict is Verdict.PASSED
    assert result.figures["evaluated"] == result.figures["expectations"] == 8


def test_a_broken_range_says_which_share_of_what() -> None:
    result = check(traffic().assign(ratio=2.0)).result
    assert result.verdict is Verdict.FAILED
    assert result.findings[0].what == "100.0% of ratio lies outside the declared range."


@pytest.mark.parametrize(("rows", "outside", "verdict"), [(4_000, 4, Verdict.WARNED), (4_000, 5, Verdict.FAILED)])
def test_few_values_outside_a_range_are_asked_about_and_more_close(rows: int, outside: int, verdict: Verdict) -> None:
    """A range is often proposed from a table: the next one, honest, outdoes it in a row or two."""
    frame = traffic(rows=rows)
    frame.loc[: outside - 1, "ratio"] = 2.0
    result = check(frame).result
    assert result.verdict is verdict
    (found,) = result.findings
    assert (found.severity is Severity.QUESTION) == ("Are these values real?" in found.what) == (outside == 4)


def test_a_code_that_means_missing_counts_as_missing_and_not_as_out_of_range() -> None:
    frame = traffic().fillna({"score": 999})
    rules = (replace(RULES[0], between=(100, 995), missing_at_most=0.15),)
    assert check(frame, rules=rules).result.verdict is Verdict.PASSED
    strict = check(frame, rules=(replace(rules[0], missing_at_most=0.01),)).result
    assert "is missing, by null or by a code" in strict.findings[0].what


def test_an_unknown_expectation_is_an_error() -> None:
    assert check(traffic(), ExpectationRule("expect_typo", {"column": "age"})).result.verdict is Verdict.ERROR


def test_a_misspelt_argument_is_an_error() -> None:
    assert check(traffic(), unique("income", mostli=0.5)).result.verdict is Verdict.ERROR


@pytest.mark.parametrize(
    "expectation",
    [
        unique("income", row_condition="age > 3", condition_parser="pandas"),
        unique("income", row_condition={"type": "comparison"}),
        unique("income", meta={"a": 1}),
        unique("income", mostly={"$PARAMETER": "x"}),
        unique("income", mostly=float("nan")),
        unique('k`==1 or @pd.io.common.os.system("touch MARKER")==0 or `k'),
        ExpectationRule("unexpected_rows_expectation", {"unexpected_rows_query": "select 1 from {batch}"}),
        ExpectationRule("expect_query_results_to_match_comparison", {"column": "age"}),
        unique("nobody_declared_me"),
    ],
)
def test_what_lies_outside_the_closed_set_is_refused(
    expectation: ExpectationRule, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert check(traffic(), expectation).result.verdict is Verdict.ERROR
    assert list(tmp_path.iterdir()) == []


def test_an_exception_inside_an_expectation_is_an_error_and_critical() -> None:
    on_text = ExpectationRule(
        "expect_column_mean_to_be_between", {"column": "region", "min_value": 0, "max_value": 1}, Severity.INFO
    )
    result = check(traffic(), on_text).result
    assert result.verdict is Verdict.ERROR
    assert result.findings[0].severity is Severity.CRITICAL


def test_a_condition_that_no_row_meets_does_not_pass() -> None:
    where = (Where("channel", Operator.IS, "nobody"),)
    result = check(traffic(), replace(unique("income"), where=where)).result
    assert result.verdict is Verdict.FAILED
    assert "No row meets the condition" in result.findings[0].what


def test_a_condition_narrows_the_rows_that_are_judged() -> None:
    frame = traffic()
    frame.loc[frame["channel"] == "web", "age"] = 19
    young = ExpectationRule("expect_column_max_to_be_between", {"column": "age", "max_value": 19})
    assert check(frame, replace(young, where=(Where("channel", Operator.IS, "web"),))).result.verdict is Verdict.PASSED
    assert check(frame, young).result.verdict is Verdict.FAILED


def test_a_column_without_values_in_the_rows_concerned_does_not_pass() -> None:
    frame = traffic()
    frame.loc[frame["channel"] == "web", "income"] = np.nan
    result = check(frame, replace(unique("income"), where=(Where("channel", Operator.IS, "web"),))).result
    assert "holds no value in the rows concerned" in result.findings[0].what


def test_a_warning_stays_a_warning() -> None:
    few = ExpectationRule("expect_table_row_count_to_be_between", {"max_value": 10}, Severity.WARNING)
    assert check(traffic(), few).result.verdict is Verdict.WARNED


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("expect_table_column_count_to_equal", {"value": len(RULES)}),
        ("expect_table_columns_to_match_set", {"column_set": [rule.name for rule in RULES]}),
        ("expect_table_columns_to_match_ordered_list", {"column_list": sorted(rule.name for rule in RULES)}),
    ],
)
def test_a_column_that_nobody_declared_counts_where_the_columns_are_judged(
    name: str, arguments: dict[str, object]
) -> None:
    frame = traffic()[sorted(rule.name for rule in RULES)]
    asked = ExpectationRule(name, arguments)
    assert check(frame, asked).result.verdict is Verdict.PASSED
    assert check(frame.assign(stray=1), asked).result.verdict is Verdict.FAILED


def test_no_declaration_is_no_pass() -> None:
    bare = (ColumnRule("heavy", Kind.NUMBER),)
    assert check(traffic(), rules=bare).result.verdict is Verdict.NOT_EVALUATED


@pytest.mark.parametrize("zone", [None, "UTC", "Europe/Berlin"])
def test_bounds_on_times_hold_in_any_zone(zone: str | None) -> None:
    frame = pd.DataFrame({"at": pd.date_range("2026-01-01", periods=10, tz=zone)})
    rule = ColumnRule("at", Kind.TIME, between=(datetime(2025, 12, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)))
    assert check(frame, rules=(rule,)).result.verdict is Verdict.PASSED
    late = ExpectationRule("expect_column_min_to_be_between", {"column": "at", "min_value": "2026-01-05"})
    assert check(frame, late, rules=(rule,)).result.verdict is Verdict.FAILED


def test_the_kept_json_holds_counts_and_no_values_of_rows() -> None:
    frame = traffic()
    frame.loc[0, "region"] = "Secret Person"
    checked = check(
        frame, ExpectationRule("expect_column_values_to_be_in_set", {"column": "region", "value_set": ["r1"]})
    )
    kept = {report.name: report.content.decode() for report in checked.reports}
    document = json.loads(kept["expectations.json"])
    assert "Secret Person" not in kept["expectations.json"] + kept["expectations.html"]
    assert document["rows"] == 3_000
    assert document["expectations"][-1]["counts"]["element_count"] == 3_000


def test_no_figures_about_use_leave_the_machine() -> None:
    check(traffic())
    assert os.environ["GX_ANALYTICS_ENABLED"] == "false"


NOW = datetime(2026, 3, 2, tzinfo=UTC)
HAPPENED = ColumnRule("happened", Kind.TIME, role=ColumnRole.TIME)


@pytest.mark.parametrize(
    ("moment", "verdict"),
    [
        ("1900-01-01T00:00", Verdict.FAILED),
        ("2099-12-31T00:00", Verdict.FAILED),
        ("2026-03-04T00:00", Verdict.FAILED),
        ("1970-01-01T00:00", Verdict.PASSED),
        ("2026-03-02T23:00", Verdict.PASSED),
    ],
)
def test_a_row_from_no_plausible_time_closes_the_gate_where_no_range_is_declared(moment: str, verdict: Verdict) -> None:
    times = pd.to_datetime(["2026-01-01T00:00Z"] * 999 + [f"{moment}Z"], utc=True)
    asked = plausible_times((HAPPENED,), now=NOW)
    result = check(pd.DataFrame({"happened": times}), *asked, rules=(HAPPENED,)).result
    assert result.verdict is verdict
    assert [f for f in result.findings if "has not happened yet, or lies before 1970" not in f.what] == []


def test_who_declares_a_range_of_times_is_held_to_it_alone() -> None:
    declared = replace(HAPPENED, between=(datetime(1900, 1, 1, tzinfo=UTC), None))
    kept = replace(HAPPENED, role=ColumnRole.KEPT)
    assert plausible_times((declared, kept), now=NOW) == ()
