"""The charter's list of expectations against the library that judges them: nothing on it is unknown to either."""

from __future__ import annotations

import inspect
from typing import Any

import pandas as pd
import pytest

from flywheel.project.charter.expectations import EXPECTATIONS, misfits
from flywheel.project.reading.kinds import Kind
from validators import gx_examiner
from validators.specs import ColumnRule, ExpectationRule
from validators.suites import REFUSED_TYPES

UNREADY = frozenset(
    {
        "expect_column_kl_divergence_to_be_less_than",
        "expect_column_quantile_values_to_be_between",
        "expect_column_values_to_match_json_schema",
        "expect_column_values_to_match_like_pattern",
        "expect_column_values_to_match_like_pattern_list",
        "expect_column_values_to_not_match_like_pattern",
        "expect_column_values_to_not_match_like_pattern_list",
    }
)
"""What needs a table of arguments, or an engine that is no data frame."""
OURS = frozenset({"row_condition", "condition_parser", "library_metadata"})
SAMPLE = {
    "column": "n", "column_A": "n", "column_B": "m", "column_list": ["n", "m"], "column_set": ["n", "m", "t", "d"],
    "value_set": [1.0, 2.0], "value_pairs_set": [(1.0, 2.0)], "value": 3, "sum_total": 3.0, "threshold": 3.0,
    "double_sided": True, "type_": "float64", "type_list": ["float64"], "regex": "a", "regex_list": ["a"],
    "strftime_format": "%Y-%m-%d", "min_value": 0, "max_value": 9,
}  # fmt: skip
OF_TEXT = ("regex", "lengths", "json")
ROWS = pd.DataFrame(
    {
        "n": [1.0, 2.0, 3.0],
        "m": [3.0, 2.0, 1.0],
        "t": pd.Series(["1", "22", "333"], dtype="str"),
        "d": pd.Series(["2026-01-01"] * 3, dtype="str"),
    }
)
RULES = {name: ColumnRule(name, Kind.NUMBER if name in "nm" else Kind.TEXT) for name in map(str, ROWS)}


@pytest.mark.usefixtures("foreign_examiners")
def test_the_list_is_the_librarys() -> None:
    from great_expectations.expectations import core
    from great_expectations.expectations.expectation import BatchExpectation, Expectation

    left_out = {*BatchExpectation.__fields__, *OURS}
    theirs = {
        kind.expectation_type: {name: field.required for name, field in kind.__fields__.items() if name not in left_out}
        for kind in vars(core).values()
        if _is_named(kind, Expectation)
    }
    usable = {name for name in theirs if name.startswith("expect_") and not name.startswith(REFUSED_TYPES)}
    assert usable - UNREADY == EXPECTATIONS.keys()
    for name, shape in EXPECTATIONS.items():
        assert set(shape.known) == theirs[name].keys(), name
        assert set(shape.needed) == {argument for argument, is_needed in theirs[name].items() if is_needed}, name


def _is_named(kind: Any, base: type) -> bool:
    return inspect.isclass(kind) and issubclass(kind, base) and bool(getattr(kind, "expectation_type", ""))


@pytest.mark.usefixtures("foreign_examiners")
def test_each_is_answered() -> None:
    suite = [ExpectationRule(name, arguments_for(name)) for name in EXPECTATIONS]
    assert [misfit for one in suite for misfit in misfits(one.type, one.arguments)] == []
    outcomes = gx_examiner.examine(ROWS, suite, RULES)
    assert [(one.expectation.type, one.finding) for one in outcomes if one.is_broken] == []


def arguments_for(name: str) -> dict[str, object]:
    """Arguments that make sense on the rows."""
    shape = EXPECTATIONS[name]
    wanted = [
        *shape.needed,
        *(one for one in ("min_value", "max_value", "regex", "column_set") if one in shape.optional),
    ]
    wanted += [one for one in ("type_list", "column_list") if one in shape.optional]
    given = {argument: SAMPLE[argument] for argument in wanted}
    if any(word in name for word in OF_TEXT):
        given["column"] = "t"
    if "strftime" in name or "dateutil" in name:
        given["column"] = "d"
    return given
