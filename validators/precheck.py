"""The pre-check: the common expectations judged on every row in one pass, with the verdicts of Great Expectations."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

from validators.outcomes import Outcome, outcome_of
from validators.specs import ExpectationRule
from validators.suites import WITHOUT_VALUES, columns_of
from validators.tallies import COUNTED, Tally, Unknown, Values, count

NEAR = 1e-9
"""A sum of floats this close to its bound, as a share of what was summed, is left to Great Expectations' own order."""
EXACTLY_KNOWN = frozenset({"expect_table_row_count_to_be_between", "expect_table_row_count_to_equal"})
_BOUNDS = frozenset({"min_value", "max_value", "strict_min", "strict_max"})
_ABOUT_NULLS = frozenset({"expect_column_values_to_be_null", "expect_column_values_to_not_be_null"})
_WHOLE = frozenset(
    {
        "expect_column_unique_value_count_to_be_between",
        "expect_column_value_lengths_to_be_between",
        "expect_table_row_count_to_be_between",
    }
)
_SHARE = "expect_column_proportion_of_unique_values_to_be_between"


def is_known(expectation: ExpectationRule) -> bool:
    """Whether the pre-check can judge it, going by its name and arguments alone."""
    return expectation.type in COUNTED | EXACTLY_KNOWN and _are_plain(expectation)


def tally(
    expectation: ExpectationRule, rows: pd.DataFrame, values: Mapping[str, Values], arguments: Mapping[str, Any]
) -> Tally:
    """Count one expectation on some rows; raises `Unknown` where only Great Expectations can judge."""
    if not is_known(expectation):
        raise Unknown
    if expectation.type in EXACTLY_KNOWN:
        _must_compare(arguments, pd.Series([0]))
        return Tally(rows=len(rows))
    (name,) = columns_of(expectation)
    _must_compare(arguments, rows[name])
    return count(expectation.type, values[name], arguments)


def answer(expectation: ExpectationRule, whole: Tally, arguments: Mapping[str, Any]) -> Outcome:
    """Judge the sum of all batches; raises `Unknown` where the answer hangs on how floats are added."""
    kind = expectation.type
    if kind in EXACTLY_KNOWN:
        observed: Any = whole.rows
        is_met = whole.rows == arguments["value"] if "value" in arguments else _is_between(observed, arguments, 0.0)
        return outcome_of(expectation, {"observed_value": observed}, is_met=is_met)
    if not whole.present and kind not in WITHOUT_VALUES | _ABOUT_NULLS:
        raise Unknown  # nothing was looked at: no answer of ours
    if kind in _OBSERVED:
        observed, slack = _OBSERVED[kind](whole)
        is_number = isinstance(observed, int | float)
        counts = {"observed_value": observed} if is_number and math.isfinite(observed) else {}
        is_met = not pd.isna(observed) and _is_between(observed, arguments, slack)
        return outcome_of(expectation, counts, is_met=is_met)
    if kind in _OF_LEVELS:
        wanted = frozenset(arguments["value_set"])
        apart = {"unexpected_count": len(whole.levels - wanted), "missing_count": len(wanted - whole.levels)}
        objections = {name: apart[name] for name in _OF_LEVELS[kind]}
        return outcome_of(expectation, objections, is_met=not any(objections.values()))
    return _by_share(expectation, whole, arguments.get("mostly", 1))


def _by_share(expectation: ExpectationRule, whole: Tally, mostly: float) -> Outcome:
    """Count as Great Expectations does: of all rows where nulls are asked about, else of those with a value."""
    of, unexpected = whole.present, whole.unexpected
    counts: dict[str, float | int] = {"element_count": whole.rows}
    match expectation.type:
        case "expect_column_values_to_not_be_null":
            of, unexpected = whole.rows, whole.nulls
        case "expect_column_values_to_be_null":
            of, unexpected = whole.rows, whole.present
        case "expect_column_values_to_be_unique":
            unexpected = whole.keys.repeated
    if of == whole.present and not expectation.type.endswith("be_null"):
        counts |= {"missing_count": whole.nulls, "missing_percent": whole.nulls / max(whole.rows, 1) * 100}
    counts |= {"unexpected_count": unexpected}
    if of:
        counts["unexpected_percent"] = unexpected / of * 100
    is_met = not of or (float(of) - float(unexpected)) / float(of) >= mostly
    return outcome_of(expectation, counts, is_met=is_met)


def _is_between(observed: Any, arguments: Mapping[str, Any], slack: float) -> bool:
    low, high = arguments.get("min_value"), arguments.get("max_value")
    is_number = isinstance(observed, int | float)
    if any(bound is not None and isinstance(bound, int | float) != is_number for bound in (low, high)):
        raise Unknown
    if slack and any(bound is not None and abs(observed - bound) <= slack for bound in (low, high)):
        raise Unknown
    above = low is None or (observed > low if arguments.get("strict_min") else observed >= low)
    below = high is None or (observed < high if arguments.get("strict_max") else observed <= high)
    return bool(above and below)


def _mean(whole: Tally) -> tuple[float, float]:
    return whole.total / whole.present, NEAR * whole.size / whole.present + math.ulp(1.0)


def _sum(whole: Tally) -> tuple[float, float]:
    return whole.total, NEAR * whole.size + math.ulp(1.0)


def _deviation(whole: Tally) -> tuple[float, float]:
    if whole.present < 2:
        return math.nan, 0.0
    value = math.sqrt(whole.spread / (whole.present - 1))
    return value, NEAR * (value + whole.size / whole.present) + math.sqrt(NEAR) * math.sqrt(math.ulp(1.0))


_OBSERVED: Mapping[str, Callable[[Tally], tuple[Any, float]]] = {
    "expect_column_min_to_be_between": lambda whole: (whole.low, 0.0),
    "expect_column_max_to_be_between": lambda whole: (whole.high, 0.0),
    "expect_column_mean_to_be_between": _mean,
    "expect_column_sum_to_be_between": _sum,
    "expect_column_stdev_to_be_between": _deviation,
    "expect_column_unique_value_count_to_be_between": lambda whole: (whole.keys.distinct, 0.0),
    _SHARE: lambda whole: (whole.keys.distinct / whole.present, 0.0),
}


_OF_LEVELS = {
    "expect_column_distinct_values_to_be_in_set": ("unexpected_count",),
    "expect_column_distinct_values_to_contain_set": ("missing_count",),
    "expect_column_distinct_values_to_equal_set": ("missing_count", "unexpected_count"),
}
"""What is wrong with the distinct values, under the names by which Great Expectations counts it."""


def _are_plain(expectation: ExpectationRule) -> bool:
    """Whether every argument is one that is understood, of the plainest form; all else is for the other examiner."""
    arguments = dict(expectation.arguments)
    names = {"column"} if expectation.type in COUNTED else set()
    if not names <= arguments.keys():
        return False
    kind = expectation.type
    if kind.endswith("_between"):
        allowed, needed = _BOUNDS, False
    elif kind.endswith("_set"):
        allowed, needed = frozenset({"value_set"}), True
    elif kind.endswith("_equal"):
        allowed, needed = frozenset({"value"}), True
    else:
        allowed, needed = frozenset(), False
    if kind.startswith(("expect_column_values_", "expect_column_value_lengths_")):
        names |= {"mostly"}
    given = arguments.keys() - names
    if not given <= allowed or (needed and given != allowed):
        return False
    return _are_sound({name: value for name, value in arguments.items() if name != "column"}, kind)


def _are_sound(arguments: Mapping[str, Any], kind: str) -> bool:
    bounds = [arguments[name] for name in ("min_value", "max_value") if arguments.get(name) is not None]
    if kind.endswith("_between") and (not bounds or len({isinstance(bound, int | float) for bound in bounds}) > 1):
        return False
    if any(isinstance(bound, bool) or not isinstance(bound, int | float | str | datetime) for bound in bounds):
        return False
    if any(isinstance(bound, float) for bound in bounds) and kind in _WHOLE:
        return False  # Great Expectations cuts such bounds down to whole numbers
    if any(not isinstance(arguments.get(name, False), bool) for name in ("strict_min", "strict_max")):
        return False
    mostly, value = arguments.get("mostly", 1), arguments.get("value", 0)
    if isinstance(mostly, bool) or not isinstance(mostly, int | float) or not 0 <= mostly <= 1:
        return False
    if isinstance(value, bool) or not isinstance(value, int):
        return False
    wanted = arguments.get("value_set", (0,))
    return isinstance(wanted, list | tuple) and bool(wanted) and all(isinstance(v, int | float | str) for v in wanted)


def _must_compare(arguments: Mapping[str, Any], series: pd.Series[Any]) -> None:
    """Leave to Great Expectations what Python would compare in ways of its own: other kinds, bounds out of order."""
    low, high = arguments.get("min_value"), arguments.get("max_value")
    bounds = [bound for bound in (low, high) if bound is not None]
    are_times = pd.api.types.is_datetime64_any_dtype(series.dtype)
    if any(isinstance(bound, str) or (isinstance(bound, datetime) != are_times) for bound in bounds if are_times):
        raise Unknown
    if not are_times and any(not isinstance(bound, int | float | np.number) for bound in bounds):
        raise Unknown
    if low is not None and high is not None and low > high:
        raise Unknown
