"""What one column of a frame really holds: its kind, its numbers, its labels, what is missing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from pandas.api import types

from flywheel.domain.gates import GateFinding
from flywheel.errors import shorten
from flywheel.project.kinds import Kind
from validators.specs import Code, ColumnRule

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


def frame_problems(frame: pd.DataFrame, rules: Iterable[ColumnRule], *, at_least_rows: int = 1) -> list[GateFinding]:
    """Find what makes statistics on the declared columns meaningless: rows, names, kinds, values."""
    if not isinstance(frame, pd.DataFrame):
        raise TypeError(f"a table is needed, not {type(frame).__name__}")
    found = duplicate_names(frame)
    if found:
        return found
    if len(frame) < at_least_rows:
        what = f"There are {len(frame)} rows; at least {at_least_rows} are needed to judge."
        found.append(GateFinding(what, locator="rows", seen=str(len(frame)), allowed=f"at least {at_least_rows}"))
    if len(frame):
        found.extend(problem for rule in rules for problem in column_problems(frame, rule))
    else:
        found.extend(missing_column(rule) for rule in rules if rule.name not in frame.columns)
    return found


def column_problems(frame: pd.DataFrame, rule: ColumnRule) -> list[GateFinding]:
    """Find why one declared column cannot be judged."""
    if rule.name not in frame.columns:
        return [missing_column(rule)]
    series = frame[rule.name]
    if bool(series.isna().all()):
        what = f"The column {rule.name} holds no value at all."
        return [GateFinding(what, locator=rule.name, seen="only missing values", allowed=f"{rule.kind.value} values")]
    seen = kind_problem(series, rule.kind)
    if seen:
        what = f"The column {rule.name} should hold {rule.kind.value} values but holds something else."
        return [GateFinding(what, locator=rule.name, seen=seen, allowed=rule.kind.value)]
    if rule.kind in {Kind.NUMBER, Kind.INTEGER} and (endless := int(np.isinf(numbers(series)).sum())):
        what = f"The column {rule.name} holds {endless} infinite values."
        return [GateFinding(what, locator=rule.name, seen=f"{endless} infinite", allowed="finite numbers")]
    return []


def missing_column(rule: ColumnRule) -> GateFinding:
    """Say that a declared column did not arrive."""
    return GateFinding(f"The declared column {rule.name} is missing.", locator=rule.name, allowed=rule.kind.value)


def duplicate_names(frame: pd.DataFrame) -> list[GateFinding]:
    """Find names that several columns share, so that nobody knows which one is meant."""
    twice = [name for name, count in Counter(map(str, frame.columns)).items() if count > 1]
    return [
        GateFinding(
            f"Several columns are called {shorten(name)}.", locator="columns", seen=shorten(name), allowed="once"
        )
        for name in twice[:20]
    ]


def kind_problem(series: pd.Series[Any], kind: Kind) -> str:
    """Say what a column holds instead of its declared kind; nothing when it fits."""
    fits = {
        Kind.NUMBER: _is_number,
        Kind.INTEGER: _is_integer,
        Kind.CATEGORY: _is_category,
        Kind.TEXT: _is_text,
        Kind.TIME: lambda values: bool(types.is_datetime64_any_dtype(values)),
        Kind.BOOLEAN: _is_boolean,
    }[kind]
    return "" if fits(series) else f"{series.dtype} values"


def numbers(series: pd.Series[Any]) -> Floats:
    """Give a column's numbers, with NaN where a value is missing."""
    if isinstance(series.dtype, np.dtype):
        return series.to_numpy(dtype=np.float64)
    return series.to_numpy(dtype=np.float64, na_value=np.nan)


def moments(series: pd.Series[Any]) -> npt.NDArray[np.datetime64]:
    """Give a column's times in UTC, without the slow way of zones."""
    return pd.to_datetime(series, utc=True).dt.tz_localize(None).to_numpy()


def labels(series: pd.Series[Any]) -> pd.Series[Any]:
    """Give a column's present values as text, the same whether 1 came as 1, 1.0 or "1"."""
    present = series.dropna()
    if isinstance(present.dtype, pd.CategoricalDtype):
        present = present.astype(present.cat.categories.dtype)
    if types.is_float_dtype(present):
        present = present.astype(np.int64)
    return present if isinstance(present.dtype, pd.StringDtype) else present.astype(str)


def missing_mask(series: pd.Series[Any], codes: tuple[Code, ...]) -> Mask:
    """Mark the rows whose value is missing, be it null or by a declared code."""
    missing: Mask = series.isna().to_numpy(dtype=bool)
    if codes:
        by_code: Mask = series.isin(list(codes)).to_numpy(dtype=bool, na_value=False)
        missing = missing | by_code
    return missing


def stamp_like(moment: str | datetime, series: pd.Series[Any]) -> pd.Timestamp:
    """Give a moment in the manner of a column of times: in its zone, or without one in UTC."""
    stamp, zone = pd.Timestamp(moment), getattr(series.dtype, "tz", None)
    if zone is None:
        return stamp.tz_convert("UTC").tz_localize(None) if stamp.tzinfo else stamp
    return stamp.tz_convert(zone) if stamp.tzinfo else stamp.tz_localize(zone)


def _is_number(series: pd.Series[Any]) -> bool:
    is_plain = types.is_numeric_dtype(series) and not types.is_bool_dtype(series)
    return bool(is_plain and not types.is_complex_dtype(series))


def _is_integer(series: pd.Series[Any]) -> bool:
    if not _is_number(series):
        return False
    if types.is_integer_dtype(series):
        return True
    present = numbers(series)
    present = present[~np.isnan(present)]
    return bool((np.isinf(present) | (present == np.floor(present))).all())


def _is_category(series: pd.Series[Any]) -> bool:
    if isinstance(series.dtype, pd.CategoricalDtype):
        return not len(series.cat.categories) or _is_category(pd.Series(series.cat.categories))
    if types.is_bool_dtype(series):
        return True
    if types.is_float_dtype(series):
        return _is_integer(series) and bool(np.isfinite(numbers(series.dropna())).all())
    return bool(types.is_integer_dtype(series)) or _is_text(series)


def _is_text(series: pd.Series[Any]) -> bool:
    if isinstance(series.dtype, pd.StringDtype):
        return True
    if isinstance(series.dtype, pd.CategoricalDtype):
        return _is_text(pd.Series(series.cat.categories))
    return types.is_object_dtype(series) and types.infer_dtype(series, skipna=True) == "string"


def _is_boolean(series: pd.Series[Any]) -> bool:
    if types.is_bool_dtype(series):
        return True
    if types.is_object_dtype(series):
        return types.infer_dtype(series, skipna=True) == "boolean"
    return _is_integer(series) and bool(series.dropna().isin([0, 1]).all())
