"""The data gates say the same of a table that is read by row groups as of the frame that holds all of it."""

from __future__ import annotations

import io
import math
import warnings
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flywheel.adapters.parquet import read_table
from flywheel.domain.gates import GateResult, Verdict
from flywheel.project.reading.kinds import Kind
from flywheel.project.reading.table import Table
from tests.factories.traffic import RULES, traffic
from validators import data_expectations, permissions, schema, sentinels
from validators.examining import Examining
from validators.permissions import Forbidden, Lateness
from validators.profiles import make_profile
from validators.specs import ColumnRole, ColumnRule, ExpectationRule, Operator, Where

NOW = datetime(2026, 11, 21, tzinfo=UTC)
FEW = Examining(whole_at_most=40, sample_rows=25)
DECLARED = (
    ColumnRule("n", Kind.NUMBER, between=(0, 50), missing_at_most=0.2, missing_codes=(7,)),
    ColumnRule("i", Kind.INTEGER, between=(0, 2**61), missing_codes=(9,)),
    ColumnRule("big", Kind.INTEGER),
    ColumnRule("t", Kind.TEXT),
    ColumnRule("c", Kind.CATEGORY, categories=("a", "b", "c")),
    ColumnRule("b", Kind.BOOLEAN),
    ColumnRule("at", Kind.TIME, role=ColumnRole.TIME),
    ColumnRule("late", Kind.CATEGORY, role=ColumnRole.TARGET),
)
NUMBERS = [None, 0.0, -0.0, 1.0, 7.0, 49.5, 50.0]
WHOLE = [None, 0, 1, 9, 2**53, 2**53 + 1]
TIMES = [None, datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 11, 20, tzinfo=UTC), datetime(2024, 5, 5, tzinfo=UTC)]
WEB = (Where("c", Operator.IS, "a"),)


def asked(kind: str, column: str, where: tuple[Where, ...] = (), **arguments: object) -> ExpectationRule:
    return ExpectationRule(f"expect_column_{kind}", {"column": column, **arguments}, where=where)


CHECKS = (
    asked("values_to_be_unique", "big"),
    asked("values_to_be_unique", "i", mostly=0.5),
    asked("unique_value_count_to_be_between", "t", max_value=4),
    asked("distinct_values_to_be_in_set", "t", value_set=["", "x", "yy"]),
    asked("mean_to_be_between", "n", min_value=1, max_value=40),
    asked("stdev_to_be_between", "n", max_value=25),
    asked("max_to_be_between", "at", max_value="2026-11-01"),
    asked("values_to_match_regex", "t", regex="^[xy]*$", mostly=0.6),
    asked("median_to_be_between", "n", min_value=0, max_value=49),
    asked("values_to_not_be_null", "t", WEB, mostly=0.7),
    asked("value_lengths_to_be_between", "t", WEB, max_value=1),
    ExpectationRule("expect_table_columns_to_match_set", {"column_set": [rule.name for rule in DECLARED]}),
    ExpectationRule("expect_table_row_count_to_be_between", {"min_value": 45}),
)


@st.composite
def tables(draw: st.DrawFn) -> pa.Table:
    """Few values, so that gaps, codes and repeated values fall on some row groups and not on others."""
    rows = draw(st.integers(0, 90))

    def column(values: list[Any], kind: pa.DataType) -> pa.Array:
        allowed = draw(st.lists(st.sampled_from(values), min_size=1, max_size=4))
        places = draw(st.lists(st.integers(0, len(allowed) - 1), min_size=1, max_size=12))
        spread = np.random.default_rng(draw(st.integers(0, 99))).choice(places, rows)
        return pa.array([allowed[place] for place in spread], kind)

    return pa.table(
        {
            "n": column([*NUMBERS, *draw(st.sampled_from([[]] * 9 + [[math.inf]]))], pa.float64()),
            "i": column(WHOLE, pa.int64()),
            "big": pa.array(np.arange(rows) * draw(st.sampled_from([0, 1, 2**55])), pa.int64()),
            "t": column([None, "", "x", "yy", "1"], pa.string()),
            "c": column([None, "a", "b", "c", "d"], pa.string()),
            "b": column([None, True, False], pa.bool_()),
            "at": column(TIMES, pa.timestamp("us", "UTC")),
            "late": column([None, "yes", "no", "no"], pa.string()),
        }
    )


def in_groups(table: pa.Table, rows: int) -> Table:
    written = io.BytesIO()
    pq.write_table(table, written, row_group_size=rows, store_schema=False)
    return read_table(written)


def gates(rows: pd.DataFrame | Table, *, profile: Any) -> tuple[GateResult, ...]:
    forbidden = (Forbidden("i", "is not permitted"), Forbidden("c", "is not permitted"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Great Expectations' metrics warn about their own data
        return (
            schema.check(rows, rules=DECLARED).result,
            data_expectations.check(rows, rules=DECLARED, expectations=CHECKS, examining=FEW).result,
            sentinels.check(rows, profile=profile).result,
            permissions.check(rows, rules=DECLARED, forbidden=forbidden, lateness=Lateness("rows", 30), now=NOW).result,
        )


CALM = tuple(rule for rule in DECLARED if rule.name in {"n", "c", "b"})
PROFILE = make_profile(
    pd.DataFrame({"n": np.arange(400) % 50.0, "c": ["a", "b"] * 200, "b": [True, False] * 200}), rules=CALM
)


@pytest.mark.usefixtures("foreign_examiners")
@settings(max_examples=12, derandomize=True, suppress_health_check=list(HealthCheck))
@given(table=tables(), rows=st.integers(1, 60))
def test_a_table_in_row_groups_is_judged_like_the_whole_frame(table: pa.Table, rows: int) -> None:
    whole, parts = gates(table.to_pandas(), profile=PROFILE), gates(in_groups(table, rows), profile=PROFILE)
    for one, other in zip(whole, parts, strict=True):
        assert (one.verdict, one.findings) == (other.verdict, other.findings)
        assert one.figures.keys() == other.figures.keys()
        numbers = {name: value for name, value in one.figures.items() if isinstance(value, int | float)}
        assert all(math.isclose(value, float(other.figures[name])) for name, value in numbers.items())


def test_a_row_group_without_a_value_says_nothing_against_the_kind_of_a_column() -> None:
    table = pa.table({"b": pa.array([None] * 60 + [True, False] * 30), "one": pa.array([None] * 60 + ["x"] * 60)})
    rules = (ColumnRule("b", Kind.BOOLEAN), ColumnRule("one", Kind.CATEGORY))
    assert schema.check(in_groups(table, 20), rules=rules).result.findings == ()


def test_a_value_twice_is_seen_though_only_one_of_its_row_groups_holds_a_code_for_missing() -> None:
    table = pa.table({"i": pa.array([5, 9, *range(100, 140), 5], pa.int64())})
    rule, unique = ColumnRule("i", Kind.INTEGER, missing_codes=(9,)), asked("values_to_be_unique", "i")
    judged = data_expectations.check(in_groups(table, 4), rules=(rule,), expectations=(unique,), examining=FEW).result
    assert judged.verdict is Verdict.FAILED
    assert judged.findings[0].seen == "2"


def test_columns_that_do_not_fit_into_memory_whole_are_an_error_and_no_pass() -> None:
    table = pa.table({"t": pa.array(["x"] * 100)})
    narrow = Examining(whole_at_most=40, sample_rows=25, bytes_at_most=50)
    match = asked("values_to_match_regex", "t", regex="x")
    rules = (ColumnRule("t", Kind.TEXT),)
    judged = data_expectations.check(in_groups(table, 10), rules=rules, expectations=(match,), examining=narrow).result
    assert judged.verdict is Verdict.ERROR
    assert "too large to be judged in one piece" in judged.findings[0].what


@pytest.mark.parametrize("rows", [97, 1_024])
def test_a_corruption_of_a_window_is_named_alike_in_parts(rows: int) -> None:
    profile = make_profile(traffic(20_000, seed=100), rules=RULES)
    window = traffic(4_000, seed=3)
    window = window.assign(score=window["score"].fillna(998), channel=window["channel"].replace({"branch": "app"}))
    whole = sentinels.check(window, profile=profile).result
    parts = sentinels.check(in_groups(pa.Table.from_pandas(window), rows), profile=profile).result
    assert [one.what for one in whole.findings] == [one.what for one in parts.findings]
    assert len(whole.findings) == 2
