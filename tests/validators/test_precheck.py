"""The pre-check gives the verdicts and the counts of Great Expectations, on whatever frame."""

from __future__ import annotations

import math
import warnings
from collections import Counter
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flywheel.project.reading.kinds import Kind
from validators.columns import kind_problem
from validators.examining import prejudge
from validators.gx_examiner import arguments_of, examine
from validators.outcomes import Outcome
from validators.precheck import answer, is_known, tally
from validators.specs import ColumnRule, ExpectationRule
from validators.tallies import COUNTED, Tally, Unknown, add_up, values_of

pytestmark = pytest.mark.usefixtures("foreign_examiners")

NUMBERS = st.one_of(
    st.none(),
    st.just(math.nan),
    st.sampled_from([0.0, -0.0, 1.0, 2.0, 999.0, -1.0, 0.1, 0.2, 0.3]),
    st.floats(-1e6, 1e6, allow_nan=False),
)
INTEGERS = st.one_of(st.sampled_from([0, 1, 2, 999, -9]), st.integers(-(2**60), 2**60))
TEXTS = st.one_of(st.none(), st.sampled_from(["a", "b", "", "NA", "é", "a "]), st.text(max_size=3))
TIMES = st.one_of(st.none(), st.datetimes(datetime(2020, 1, 1), datetime(2027, 1, 1)))  # noqa: DTZ001  both with and without zones
COLUMNS = st.one_of(
    st.lists(NUMBERS, max_size=12).map(lambda values: pd.Series(values, dtype="float64")),
    st.lists(INTEGERS, max_size=12).map(lambda values: pd.Series(values, dtype="int64")),
    st.lists(TEXTS, max_size=12).map(lambda values: pd.Series(values, dtype="str")),
    st.lists(st.one_of(TEXTS, INTEGERS), max_size=12).map(lambda values: pd.Series(values, dtype="object")),
    st.lists(TIMES, max_size=12).map(lambda values: pd.Series(values, dtype="datetime64[us]")),
    st.lists(TIMES, max_size=12).map(lambda values: pd.Series(values, dtype="datetime64[us]").dt.tz_localize("UTC")),
    st.lists(st.booleans(), max_size=12).map(lambda values: pd.Series(values, dtype="bool")),
)
BOUND = st.one_of(st.none(), st.sampled_from([0, 1, 2.5, 0.3, 999]), st.just("2024-01-01"))
SETS = st.one_of(
    st.lists(st.sampled_from([0, 1, 2, 999, 0.1]), min_size=1, max_size=4),
    st.lists(st.sampled_from(["a", "b", "", "é"]), min_size=1, max_size=4),
    st.just([1, "a"]),
)


@st.composite
def expectations(draw: st.DrawFn) -> ExpectationRule:
    kind = draw(st.sampled_from([*sorted(COUNTED), "expect_table_row_count_to_be_between"]))
    arguments: dict[str, Any] = {} if "table" in kind else {"column": "x"}
    if kind.endswith("_between"):
        arguments |= {"min_value": draw(BOUND), "max_value": draw(BOUND)}
        if draw(st.booleans()) and "table" not in kind:
            arguments |= {"strict_min": draw(st.booleans()), "strict_max": draw(st.booleans())}
    elif kind.endswith("_set"):
        arguments["value_set"] = draw(SETS)
    elif kind.endswith("_equal"):
        arguments["value"] = draw(st.integers(0, 3))
    if kind.startswith(("expect_column_values", "expect_column_value_lengths")) and draw(st.booleans()):
        arguments["mostly"] = draw(st.sampled_from([0.0, 0.5, 0.75, 0.9, 1]))
    return ExpectationRule(kind, arguments)


COMPARED: Counter[str] = Counter()


def kind_of(series: pd.Series[Any]) -> Kind:
    return next((kind for kind in Kind if not kind_problem(series, kind)), Kind.TEXT)


def unlike(own: Outcome, other: Outcome) -> str:
    if other.is_broken:
        return "it cannot judge what the pre-check judged"
    if (own.is_judged, own.is_met) != (other.is_judged, other.is_met):
        return "the verdicts differ"
    both = own.counts.keys() & other.counts.keys()
    apart = {n for n in both if not math.isclose(own.counts[n], other.counts[n], rel_tol=1e-9, abs_tol=1e-6)}
    apart |= own.counts.keys() ^ other.counts.keys()
    return f"counts differ in {sorted(apart)}" if apart else ""


def counted(expectation: ExpectationRule, rows: pd.DataFrame, rules: dict[str, ColumnRule]) -> Tally:
    values = {name: values_of(rows[name]) for name in rows.columns}
    return tally(expectation, rows, values, arguments_of(expectation, rows, rules))


def examined(frame: pd.DataFrame, suite: list[ExpectationRule], rules: dict[str, ColumnRule]) -> list[Outcome]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its metrics warn about its own data
        return examine(frame, suite, rules)


@settings(max_examples=60, derandomize=True, suppress_health_check=list(HealthCheck))
@given(column=COLUMNS, asked=st.lists(expectations(), min_size=8, max_size=16))
def test_verdicts_and_counts_are_those_of_great_expectations(column: pd.Series, asked: list[ExpectationRule]) -> None:
    frame = pd.DataFrame({"x": column, "row": np.arange(len(column))})
    rules = {"x": ColumnRule("x", kind_of(column)), "row": ColumnRule("row", Kind.INTEGER)}
    ours = prejudge(frame, asked, rules)
    known = [(expectation, own) for expectation, own in zip(asked, ours, strict=True) if own is not None]
    theirs = examined(frame, [expectation for expectation, _ in known], rules) if known else []
    COMPARED.update(expectation.type for expectation, _ in known)
    assert [
        (difference, own, other)
        for (_, own), other in zip(known, theirs, strict=True)
        if (difference := unlike(own, other))
    ] == []


def test_tallies_of_batches_add_up_to_those_of_the_whole() -> None:
    rng = np.random.default_rng(3)
    frame = pd.DataFrame(
        {
            "n": np.where(rng.random(900) < 0.1, np.nan, rng.normal(50, 9, 900).round(1)),
            "t": pd.array(rng.choice(["a", "b", "c"], 900), dtype="str"),
            "id": [f"k{i}" for i in rng.integers(0, 700, 900)],
        }
    )
    rules = {"n": ColumnRule("n", Kind.NUMBER), "t": ColumnRule("t", Kind.TEXT), "id": ColumnRule("id", Kind.TEXT)}
    asked = [
        ExpectationRule("expect_column_values_to_be_between", {"column": "n", "min_value": 30, "mostly": 0.9}),
        ExpectationRule("expect_column_mean_to_be_between", {"column": "n", "max_value": 60}),
        ExpectationRule("expect_column_stdev_to_be_between", {"column": "n", "max_value": 20}),
        ExpectationRule("expect_column_max_to_be_between", {"column": "n", "max_value": 60}),
        ExpectationRule("expect_column_distinct_values_to_equal_set", {"column": "t", "value_set": ["a", "b", "c"]}),
        ExpectationRule("expect_column_values_to_be_unique", {"column": "id", "mostly": 0.2}),
        ExpectationRule("expect_column_unique_value_count_to_be_between", {"column": "id", "min_value": 600}),
    ]
    for expectation in asked:
        parts = [frame.iloc[start : start + 150] for start in range(0, 900, 150)]
        arguments = arguments_of(expectation, frame, rules)
        merged = answer(expectation, add_up(counted(expectation, part, rules) for part in parts), arguments)
        at_once = answer(expectation, counted(expectation, frame, rules), arguments)
        assert unlike(merged, at_once) == "", expectation.type


@pytest.mark.parametrize(
    "expectation",
    [
        ExpectationRule("expect_column_values_to_match_regex", {"column": "x", "regex": "a+"}),
        ExpectationRule("expect_column_values_to_be_unique", {"column": "x", "mostli": 0.5}),
        ExpectationRule("expect_column_values_to_be_between", {"column": "x"}),
        ExpectationRule("expect_column_values_to_be_between", {"column": "x", "min_value": 3, "mostly": 1.5}),
        ExpectationRule("expect_column_values_to_be_in_set", {"column": "x", "value_set": []}),
    ],
)
def test_what_it_does_not_know_goes_to_great_expectations(expectation: ExpectationRule) -> None:
    assert not is_known(expectation)


def test_a_sum_at_its_very_bound_goes_to_great_expectations() -> None:
    frame = pd.DataFrame({"x": [0.1] * 10})
    at_bound = ExpectationRule("expect_column_sum_to_be_between", {"column": "x", "max_value": 1.0})
    assert prejudge(frame, [at_bound], {"x": ColumnRule("x", Kind.NUMBER)}) == [None]


def test_mixed_kinds_are_not_counted() -> None:
    mixed = pd.DataFrame({"x": pd.Series([1, "a"], dtype=object)})
    with pytest.raises(Unknown):
        counted(
            ExpectationRule("expect_column_values_to_be_unique", {"column": "x"}),
            mixed,
            {"x": ColumnRule("x", Kind.TEXT)},
        )
