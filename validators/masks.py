"""Row conditions in a closed grammar over declared columns, built as masks and never evaluated as text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from flywheel.errors import InputRefused
from flywheel.project.reading.kinds import Kind
from flywheel.project.reading.levels import level_of
from validators.columns import Mask, labels, numbers, stamp_like
from validators.specs import ColumnRule, Operator, Where


def mask_of(frame: pd.DataFrame, where: tuple[Where, ...], rules: Mapping[str, ColumnRule]) -> Mask:
    """Mark the rows that meet every condition."""
    mask: Mask = np.ones(len(frame), dtype=bool)
    for condition in where:
        if condition.column not in rules:
            raise InputRefused(
                "a condition names a column that is not declared", found=condition.column, allowed=", ".join(rules)
            )
        mask &= _met(frame[condition.column], condition, rules[condition.column].kind)
    return mask


def _met(series: pd.Series[Any], condition: Where, kind: Kind) -> Mask:
    present: Mask = series.notna().to_numpy(dtype=bool)
    match condition.operator:
        case Operator.IS_MISSING:
            return ~present
        case Operator.IS_PRESENT:
            return present
        case Operator.IS | Operator.IN:
            return present & _among(series, condition, kind)
        case Operator.IS_NOT:
            return present & ~_among(series, condition, kind)
    return present & _ordered(series, condition, kind)


def _among(series: pd.Series[Any], condition: Where, kind: Kind) -> Mask:
    wanted = condition.value if isinstance(condition.value, tuple) else (condition.value,)
    if kind in {Kind.NUMBER, Kind.INTEGER}:
        return np.isin(numbers(series), [_number(value) for value in wanted])
    if kind is Kind.BOOLEAN:  # which may have come as 0 and 1
        return np.isin(numbers(series), [_truth(value) for value in wanted])
    found = labels(series, kind).reindex(series.index, fill_value="")
    return np.asarray(found.isin([level_of(value) for value in wanted]), dtype=bool)


def _ordered(series: pd.Series[Any], condition: Where, kind: Kind) -> Mask:
    if kind is Kind.TIME:
        bound: Any = _moment(condition.value, series)
    elif kind in {Kind.NUMBER, Kind.INTEGER}:
        bound = _number(condition.value)
    else:
        raise InputRefused("only numbers and times have an order", found=f"{condition.operator} on {kind}")
    values: Any = series if kind is Kind.TIME else pd.Series(numbers(series))
    met = values >= bound if condition.operator is Operator.AT_LEAST else values <= bound
    return np.asarray(met, dtype=bool)


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InputRefused("a number is needed in this condition", found=value)
    return float(value)


def _truth(value: object) -> float:
    if value not in (True, False):  # 1 and 0 are the same
        raise InputRefused("true or false is needed in this condition", found=value)
    return float(bool(value))


def _moment(value: object, series: pd.Series[Any]) -> pd.Timestamp:
    try:
        return stamp_like(str(value), series)
    except ValueError as error:
        raise InputRefused("a time is needed in this condition", found=value, allowed="such as 2026-01-31") from error
