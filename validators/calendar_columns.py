"""Which columns of a table say nothing but when a row came, and whether later rows go on so."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd
from pandas.api import types

from flywheel.project.reading.calendar_grains import DAILY, ROWS_AT_MOST, Grain, Moments
from flywheel.project.reading.table import Table
from validators.columns import missing_mask
from validators.specs import ColumnRule


def grains_in(table: Table, rules: Iterable[ColumnRule], time: str | None) -> dict[str, Grain]:
    """Find the part of time that tells what a column holds, for each column of which one does."""
    moments = _moments(table, time)
    if moments is None:
        return {}
    found = {rule.name: moments.grain_of(_values(table, rule)) for rule in rules if rule.name != time}
    return {name: grain for name, grain in found.items() if grain is not None}


def that_go_on(before: Table, since: Table, rules: Iterable[ColumnRule], time: str | None) -> dict[str, Grain]:
    """Find the columns that followed the calendar before, and go on in the rows that came since."""
    asked, now = tuple(rules), _moments(since, time)
    found, was = grains_in(before, asked, time), _moments(before, time)
    if was is None or now is None:
        return {}
    held = {
        rule.name: (_values(since, rule), was.usual_in(found[rule.name], _values(before, rule)))
        for rule in asked
        if rule.name in found and found[rule.name] not in DAILY
    }
    return {name: found[name] for name, (values, usual) in held.items() if now.go_on(found[name], values, usual)}


def _moments(table: Table, time: str | None) -> Moments | None:
    if time is None or time not in table.columns:
        return None
    times = _spread(table.whole([time])[time])
    if not types.is_datetime64_any_dtype(times):
        return None
    return Moments([None if pd.isna(at) else at.to_pydatetime(warn=False) for at in times])


def _values(table: Table, rule: ColumnRule) -> list[str | None]:
    series = _spread(table.whole([rule.name])[rule.name])
    is_missing = missing_mask(series, rule.missing_codes)
    return [None if gone else str(value) for value, gone in zip(series, is_missing, strict=True)]


def _spread(series: pd.Series[Any]) -> pd.Series[Any]:
    """Take rows evenly over all of a table."""
    return series.iloc[:: max(1, -(-len(series) // ROWS_AT_MOST))]
