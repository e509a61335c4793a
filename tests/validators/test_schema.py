"""DATA-002 names what is wrong with the shape of a table."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from flywheel.domain.gates import Severity, Verdict
from flywheel.project.reading.kinds import Kind
from flywheel.project.reading.matches import Match
from tests.factories.traffic import RULES, TARGET, labelled, traffic
from validators import schema
from validators.schema import ShapeLimits
from validators.specs import ColumnRole, ColumnRule

ALL = (*RULES, TARGET)


@pytest.mark.parametrize(
    ("unmatched", "severity", "verdict"),
    [
        (0, None, Verdict.PASSED),
        (3, Severity.INFO, Verdict.PASSED),
        (300, Severity.QUESTION, Verdict.WARNED),
        (3_000, Severity.CRITICAL, Verdict.FAILED),
    ],
)
def test_rows_without_a_partner_are_asked_about_from_one_in_a_hundred(
    unmatched: int, severity: Severity | None, verdict: Verdict
) -> None:
    match = Match("look", "look.csv", "branch", rows=3_000, keyless=0, unmatched=unmatched, examples=("07",))
    result = schema.check(labelled(), rules=ALL, matches=[match]).result
    assert result.verdict is verdict
    about = [finding.severity for finding in result.findings if finding.locator == "branch"]
    assert about == ([severity] if severity else [])


def test_good_data_passes_with_its_size_as_figures() -> None:
    result = schema.check(labelled(), rules=ALL).result
    assert result.verdict is Verdict.PASSED
    assert result.figures["rows"] == 3_000


def test_an_empty_table_fails_for_want_of_rows() -> None:
    result = schema.check(labelled().iloc[:0], rules=ALL).result
    assert result.verdict is Verdict.FAILED
    assert "0 rows" in result.findings[0].what


def test_too_few_rows_fail() -> None:
    assert schema.check(labelled(49), rules=ALL).result.verdict is Verdict.FAILED
    few = schema.check(traffic(49), rules=RULES, limits=ShapeLimits(rows_at_least=40)).result
    assert few.verdict is Verdict.PASSED


def test_a_missing_column_is_named() -> None:
    result = schema.check(labelled().drop(columns="income"), rules=ALL).result
    assert [f.locator for f in result.findings if f.severity is Severity.CRITICAL] == ["income"]


def test_a_name_used_twice_is_refused() -> None:
    twice = pd.concat([labelled(), labelled()[["age"]]], axis=1)
    result = schema.check(twice, rules=ALL).result
    assert result.verdict is Verdict.FAILED
    assert "'age'" in result.findings[0].what


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("income", "text"),
        ("age", 1.5),
        ("channel", 1.5),
        ("owner", "yes"),
        ("age", True),
        ("income", pd.Timestamp("2026-01-01")),
    ],
)
def test_a_wrong_kind_is_named_with_what_was_seen(column: str, values: str | float | pd.Timestamp) -> None:
    result = schema.check(labelled().assign(**{column: values}), rules=ALL).result
    assert result.verdict is Verdict.FAILED
    assert column in {finding.locator for finding in result.findings}


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        (Kind.INTEGER, [1.0, np.nan] * 50),
        (Kind.INTEGER, pd.array([1, None] * 50, dtype="Int64")),
        (Kind.NUMBER, pd.array([1.5, None] * 50, dtype="Float64")),
        (Kind.CATEGORY, pd.Categorical(["a", "b"] * 50)),
        (Kind.CATEGORY, [1, 2] * 50),
        (Kind.BOOLEAN, pd.array([True, None] * 50, dtype="boolean")),
        (Kind.BOOLEAN, [0, 1] * 50),
        (Kind.TEXT, ["a", None] * 50),
        (Kind.TIME, pd.date_range("2026-01-01", periods=100, tz="UTC")),
    ],
)
def test_every_usual_form_of_a_kind_is_accepted(kind: Kind, values: object) -> None:
    frame = pd.DataFrame({"x": values})
    assert schema.check(frame, rules=(ColumnRule("x", kind),)).result.verdict is Verdict.PASSED


@pytest.mark.parametrize("same", [True, False])
def test_a_target_of_one_class_fails_with_the_reason(same: bool) -> None:
    result = schema.check(labelled().assign(default=same), rules=ALL).result
    assert result.verdict is Verdict.FAILED
    assert "nothing to predict" in result.findings[0].what


def test_a_target_with_gaps_fails() -> None:
    gaps = labelled()["default"].astype("boolean").mask(np.arange(3_000) < 3)
    assert schema.check(labelled().assign(default=gaps), rules=ALL).result.verdict is Verdict.FAILED


def test_a_class_seen_too_rarely_fails() -> None:
    result = schema.check(labelled().assign(default=np.arange(3_000) < 2), rules=ALL).result
    assert "only 2 times" in result.findings[0].what


def test_a_constant_column_warns() -> None:
    result = schema.check(labelled().assign(children=0), rules=ALL).result
    assert result.verdict is Verdict.WARNED


def test_a_category_with_a_value_for_every_row_fails() -> None:
    result = schema.check(labelled().assign(region=[f"r{i}" for i in range(3_000)]), rules=ALL).result
    assert "identifier, not a category" in result.findings[0].what


def test_a_million_categories_fail_in_bounded_time() -> None:
    frame = pd.DataFrame({"x": np.arange(1_000_000).astype(str)})
    result = schema.check(frame, rules=(ColumnRule("x", Kind.CATEGORY),)).result
    assert result.verdict is Verdict.FAILED
    assert len(result.findings) == 1


def test_live_traffic_needs_no_target() -> None:
    assert schema.check(traffic(), rules=ALL).result.verdict is Verdict.FAILED
    assert schema.check(traffic(), rules=ALL, needs_target=False).result.verdict is Verdict.PASSED


def test_an_undeclared_column_is_kept_as_information() -> None:
    result = schema.check(labelled().assign(**{"x\u202e": 1}), rules=ALL).result
    assert result.verdict is Verdict.PASSED
    assert "\u202e" not in result.findings[0].seen


def test_an_identity_may_have_a_value_for_every_row() -> None:
    rule = ColumnRule("id", Kind.CATEGORY, role=ColumnRole.ENTITY)
    frame = pd.DataFrame({"id": [f"a{i}" for i in range(200)]})
    assert schema.check(frame, rules=(rule,)).result.verdict is Verdict.PASSED


def test_categories_that_are_not_learned_one_by_one_are_named_and_the_gate_stays_open() -> None:
    frame = traffic(400)
    frame["channel"] = ["13 Mansion", *["web", "shop", "mail"] * 133]
    result = schema.check(frame, rules=(ColumnRule("channel", Kind.CATEGORY),)).result
    (finding,) = [one for one in result.findings if one.locator == "channel"]
    assert (result.verdict, finding.severity) == (Verdict.PASSED, Severity.INFO)
    assert "1 of 4 categories in 0.2% of the rows (1 with fewer than 20 rows)" in finding.what
    assert "13 Mansion" in finding.seen


@pytest.mark.parametrize(("trained_share", "is_named"), [(1.0, False), (0.4, True)])
def test_what_is_rare_in_the_rows_that_train_is_named(trained_share: float, is_named: bool) -> None:
    frame = traffic(400).assign(channel=["odd"] * 30 + ["web"] * 370)
    result = schema.check(frame, rules=(ColumnRule("channel", Kind.CATEGORY),), trained_share=trained_share).result
    said = [one.what for one in result.findings if one.locator == "channel"]
    assert bool(said) is is_named
    assert all("fewer than 20 rows in training, which sees about 40% of all" in what for what in said)


def test_headers_that_were_left_out_are_named_with_what_to_do() -> None:
    frame = traffic(400)
    frame["channel"] = ["web", "shop"] * 200
    result = schema.check(frame, rules=(ColumnRule("channel", Kind.CATEGORY),), left_out=["a.b", "#4"]).result
    (finding,) = [one for one in result.findings if "left out" in one.what]
    assert (result.verdict, finding.seen) == (Verdict.PASSED, "'a.b, #4'")
    assert "alias" in finding.allowed


@pytest.mark.parametrize(("times", "verdict"), [(1, Verdict.PASSED), (2, Verdict.WARNED), (5, Verdict.WARNED)])
def test_copied_rows_are_a_question_with_their_share(times: int, verdict: Verdict) -> None:
    rows = labelled(1_000)
    result = schema.check(pd.concat([rows] * times, ignore_index=True), rules=ALL).result
    assert result.verdict is verdict
    assert result.figures["repeated_share"] == pytest.approx(1 - 1 / times, abs=0.01)
    assert [f"({1 - 1 / times:.1%}) repeat another row" in one for one in result.questions] == [True] * (times > 1)


@pytest.mark.parametrize("noise", [0.01, None])
def test_cases_recorded_several_times_are_a_question(noise: float | None) -> None:
    random = np.random.default_rng(1)
    names = [f"m{at}" for at in range(5)]
    values = random.normal(size=(3_000, 5))
    if noise is not None:
        values = np.repeat(values[:600], 5, axis=0) + noise * random.normal(size=(3_000, 5))
    frame = pd.DataFrame(values, columns=names).assign(y=random.random(3_000) < 0.4)
    rules = (*(ColumnRule(name, Kind.NUMBER) for name in names), ColumnRule("y", Kind.BOOLEAN, role=ColumnRole.TARGET))
    result = schema.check(frame, rules=rules).result
    assert ["Is one case recorded several times" in one for one in result.questions] == [True] * (noise is not None)
    assert (float(result.figures["twins_share"]) > 0.1) is (noise is not None)
