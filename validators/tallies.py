"""What one expectation needs to know of its rows, counted in one vectorised pass; tallies of batches add up."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pandas.api import types

from validators.keys import NONE, Keys, keys_of, keys_of_texts, numeric_keys

LEVELS_AT_MOST = 10_000
"""More distinct values than this are names; what is asked of them is left to Great Expectations."""

Arguments = Mapping[str, Any]


class Unknown(Exception):
    """This column or these arguments are not for the pre-check; Great Expectations must judge."""


@dataclass(frozen=True)
class Tally:
    """What was counted on some rows; only what the expectation needs is filled in."""

    rows: int = 0
    nulls: int = 0
    unexpected: int = 0
    total: float = 0.0
    size: float = 0.0
    spread: float = 0.0
    low: Any = None
    high: Any = None
    levels: frozenset[Any] = frozenset()
    keys: Keys = NONE

    @property
    def present(self) -> int:
        """Count the rows that held a value."""
        return self.rows - self.nulls


@dataclass(frozen=True)
class Values:
    """One column of some rows: how many rows there are, and the values that are there."""

    rows: int
    present: pd.Series[Any]


def values_of(series: pd.Series[Any]) -> Values:
    """Leave the gaps out."""
    has_gaps = series.hasnans if isinstance(series.dtype, np.dtype) else bool(series.isna().any())
    return Values(len(series), series.dropna() if has_gaps else series)


def count(kind: str, values: Values, arguments: Arguments) -> Tally:
    """Count what a kind of expectation needs of one column; raises `Unknown` where only the other examiner can."""
    present = values.present
    base = Tally(rows=values.rows, nulls=values.rows - len(present))
    return _COUNTS[kind](base, present, arguments) if len(present) else base


def add_up(tallies: Iterable[Tally]) -> Tally:
    """Add tallies of different rows up, in any order."""
    return reduce(add, tallies, Tally())


def add(one: Tally, two: Tally) -> Tally:
    """Add the tallies of some rows and of others."""
    levels = one.levels | two.levels if two.levels - one.levels else one.levels
    if len(levels) > LEVELS_AT_MOST:
        raise Unknown
    gap = (one.total / one.present - two.total / two.present) if one.present and two.present else 0.0
    between = gap**2 * one.present * two.present / max(one.present + two.present, 1)
    return Tally(
        rows=one.rows + two.rows,
        nulls=one.nulls + two.nulls,
        unexpected=one.unexpected + two.unexpected,
        total=one.total + two.total,
        size=one.size + two.size,
        spread=one.spread + two.spread + between,
        low=min((side for side in (one.low, two.low) if side is not None), default=None),
        high=max((side for side in (one.high, two.high) if side is not None), default=None),
        levels=levels,
        keys=one.keys.plus(two.keys),
    )


def _presence(base: Tally, _: pd.Series[Any], __: Arguments) -> Tally:
    return base


def _outside(base: Tally, present: pd.Series[Any], arguments: Arguments) -> Tally:
    values: Any = present if types.is_datetime64_any_dtype(present.dtype) else _numbers(present)
    return replace(base, unexpected=base.present - int(np.count_nonzero(_within(values, arguments))))


def _lengths(base: Tally, present: pd.Series[Any], arguments: Arguments) -> Tally:
    lengths = pc.utf8_length(_texts(present)).to_numpy(zero_copy_only=False)
    if "value" in arguments:
        return replace(base, unexpected=int(np.count_nonzero(lengths != arguments["value"])))
    return replace(base, unexpected=base.present - int(np.count_nonzero(_within(lengths, arguments))))


def _within(values: Any, arguments: Arguments) -> npt.NDArray[np.bool_]:
    low, high = arguments.get("min_value"), arguments.get("max_value")
    met: Any = np.ones(len(values), dtype=bool)
    if low is not None:
        met &= np.asarray(values > low if arguments.get("strict_min") else values >= low, dtype=bool)
    if high is not None:
        met &= np.asarray(values < high if arguments.get("strict_max") else values <= high, dtype=bool)
    within: npt.NDArray[np.bool_] = met
    return within


def _not_in_set(base: Tally, present: pd.Series[Any], arguments: Arguments) -> Tally:
    return replace(base, unexpected=base.present - _members(present, arguments["value_set"]))


def _in_set(base: Tally, present: pd.Series[Any], arguments: Arguments) -> Tally:
    return replace(base, unexpected=_members(present, arguments["value_set"]))


def _members(present: pd.Series[Any], wanted: list[Any]) -> int:
    if all(isinstance(value, str) for value in wanted):
        found = pc.is_in(_texts(present), value_set=pa.array(wanted, type=pa.large_string()))
        return int(pc.sum(found).as_py())
    if any(isinstance(value, bool) or not isinstance(value, int | float) for value in wanted):
        raise Unknown
    return int(np.count_nonzero(np.isin(_numbers(present), wanted)))


def _range(base: Tally, present: pd.Series[Any], _: Arguments) -> Tally:
    if types.is_datetime64_any_dtype(present.dtype):
        return replace(base, low=present.min(), high=present.max())
    values = _numbers(present)
    return replace(base, low=values.min().item(), high=values.max().item())


def _sums(base: Tally, present: pd.Series[Any], _: Arguments) -> Tally:
    values = _numbers(present).astype(np.float64)
    spread = float(np.square(values - values.mean()).sum())
    return replace(base, total=float(values.sum()), size=float(np.abs(values).sum()), spread=spread)


def _levels(base: Tally, present: pd.Series[Any], _: Arguments) -> Tally:
    try:
        levels = pc.unique(_texts(present)).to_pylist()
    except Unknown:
        levels = np.unique(_numbers(present)).tolist()
    if len(levels) > LEVELS_AT_MOST:
        raise Unknown
    return replace(base, levels=frozenset(levels))


def _keys(base: Tally, present: pd.Series[Any], _: Arguments) -> Tally:
    return replace(base, keys=_keys_of(present))


def _keys_of(present: pd.Series[Any]) -> Keys:
    if types.is_datetime64_any_dtype(present.dtype):
        return keys_of(numeric_keys(present))
    try:
        _numbers(present)
    except Unknown:
        counted = pc.value_counts(_texts(present))
        words = counted.field("values").to_numpy(zero_copy_only=False)
        return keys_of_texts(words, counted.field("counts").to_numpy())
    return keys_of(numeric_keys(present))


def _numbers(present: pd.Series[Any]) -> npt.NDArray[Any]:
    if not isinstance(present.dtype, np.dtype) or present.dtype.kind not in "iuf":
        raise Unknown
    values: npt.NDArray[Any] = present.to_numpy()
    if present.dtype.kind == "f" and not np.isfinite(values).all():
        raise Unknown
    return values


def _texts(present: pd.Series[Any]) -> Any:
    if not isinstance(present.dtype, pd.StringDtype) and not types.is_object_dtype(present.dtype):
        raise Unknown
    try:
        return pa.array(present, type=pa.large_string(), from_pandas=True)
    except (pa.ArrowInvalid, pa.ArrowTypeError) as problem:
        raise Unknown from problem


_COUNTS: Mapping[str, Callable[[Tally, pd.Series[Any], Arguments], Tally]] = {
    "expect_column_values_to_not_be_null": _presence,
    "expect_column_values_to_be_null": _presence,
    "expect_column_values_to_be_between": _outside,
    "expect_column_value_lengths_to_be_between": _lengths,
    "expect_column_value_lengths_to_equal": _lengths,
    "expect_column_values_to_be_in_set": _not_in_set,
    "expect_column_values_to_not_be_in_set": _in_set,
    "expect_column_values_to_be_unique": _keys,
    "expect_column_unique_value_count_to_be_between": _keys,
    "expect_column_proportion_of_unique_values_to_be_between": _keys,
    "expect_column_distinct_values_to_be_in_set": _levels,
    "expect_column_distinct_values_to_contain_set": _levels,
    "expect_column_distinct_values_to_equal_set": _levels,
    "expect_column_min_to_be_between": _range,
    "expect_column_max_to_be_between": _range,
    "expect_column_mean_to_be_between": _sums,
    "expect_column_sum_to_be_between": _sums,
    "expect_column_stdev_to_be_between": _sums,
}

COUNTED = frozenset(_COUNTS)
