"""What one column of a frame really holds: its kind, its numbers, its labels, what is missing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from pandas.api import types

from flywheel.domain.gates import GateFinding
from flywheel.errors import counted, shorten
from flywheel.project.reading.kinds import Kind
from flywheel.project.reading.missing import Codes
from flywheel.project.reading.table import Table, table_of
from validators.specs import Code, ColumnRule

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


def frame_problems(
    frame: pd.DataFrame | Table, rules: Iterable[ColumnRule], *, at_least_rows: int = 1, may_be_empty: bool = False
) -> list[GateFinding]:
    """Find what makes statistics on the declared columns meaningless: rows, names, kinds, values."""
    table = table_of(frame)
    looks = Looks(table, rules, at_least_rows=at_least_rows, may_be_empty=may_be_empty)
    for part in table.parts(looks.names):
        looks.see(part)
    return looks.problems()


def column_problems(frame: pd.DataFrame, rule: ColumnRule) -> list[GateFinding]:
    """Find why one declared column of a window cannot be judged; that it is empty is judged apart."""
    if rule.name not in frame.columns:
        return [missing_column(rule)]
    look = Look(rule)
    look.see(frame[rule.name])
    return look.problems(may_be_empty=True)


class Looks:
    """A look at each declared column of a table, part by part."""

    def __init__(
        self, table: Table, rules: Iterable[ColumnRule], *, at_least_rows: int = 1, may_be_empty: bool = False
    ) -> None:
        self._rules, self._columns, self._rows = tuple(rules), table.columns, table.rows
        self._at_least_rows, self._may_be_empty = at_least_rows, may_be_empty
        self._twice = duplicate_names(table.columns)
        self._looks = {rule.name: Look(rule) for rule in self._rules if table.columns.count(rule.name) == 1}

    @property
    def names(self) -> list[str]:
        """The columns to read: those that are there, once."""
        return list(self._looks)

    @property
    def is_unreadable(self) -> bool:
        """Whether a column is missing, there twice, or of another kind in the rows so far."""
        is_absent = any(rule.name not in self._columns for rule in self._rules)
        return bool(self._twice) or is_absent or any(look.seen for look in self._looks.values())

    def see(self, part: pd.DataFrame) -> None:
        """Look at the next rows."""
        for name, look in self._looks.items():
            look.see(part[name])

    def problems(self) -> list[GateFinding]:
        """Say what was found; where names repeat, nothing else is told."""
        if self._twice:
            return self._twice
        found = []
        if self._rows < self._at_least_rows:
            what = f"There are {counted(self._rows, 'row')}; at least {self._at_least_rows} are needed to judge."
            allowed = f"at least {self._at_least_rows}"
            found.append(GateFinding(what, locator="rows", seen=str(self._rows), allowed=allowed))
        for rule in self._rules:
            if rule.name not in self._looks:
                found.append(missing_column(rule))
            elif self._rows:
                found.extend(self._looks[rule.name].problems(may_be_empty=self._may_be_empty))
        return found

    def is_readable(self, name: str) -> bool:
        """Whether a column held values of its kind alone so far."""
        return not self._looks[name].seen

    def is_sound(self, name: str) -> bool:
        """Whether a column can be judged."""
        return self._rows > 0 and name in self._looks and not self._looks[name].problems()


class Look:
    """What one declared column holds, as far as it was seen: values, something else than its kind, infinities."""

    def __init__(self, rule: ColumnRule) -> None:
        self.rule, self.seen = rule, ""
        self.present = self.endless = 0

    def see(self, series: pd.Series[Any]) -> None:
        """Look at the next values."""
        if self.rule.missing_codes and (held := code_mask(series, self.rule.missing_codes)).any():
            series = series[~held]
        present = int(series.count())
        self.present += present
        if not present or self.seen:
            return
        self.seen = kind_problem(series, self.rule.kind)
        if not self.seen and types.is_float_dtype(series):
            self.endless += int(np.isinf(numbers(series)).sum())

    def problems(self, *, may_be_empty: bool = False) -> list[GateFinding]:
        """Say why the column cannot be judged; in a window, a column that is seldom filled may be empty by chance."""
        name, kind = self.rule.name, self.rule.kind.value
        if not self.present and not may_be_empty:
            what = f"The column {name} holds no value at all."
            allowed = f"{kind} values; else delete its line under [data.columns]"
            return [GateFinding(what, locator=name, seen="only missing values", allowed=allowed)]
        if self.seen:
            what = f"The column {name} should hold {kind} values but holds something else."
            return [GateFinding(what, locator=name, seen=self.seen, allowed=kind)]
        if self.endless:
            what = f"The column {name} holds {counted(self.endless, 'infinite value')}."
            return [GateFinding(what, locator=name, seen=f"{self.endless} infinite", allowed="finite numbers")]
        return []


def missing_column(rule: ColumnRule) -> GateFinding:
    """Say that a declared column did not arrive."""
    return GateFinding(f"The declared column {rule.name} is missing.", locator=rule.name, allowed=rule.kind.value)


def duplicate_names(columns: Iterable[Hashable]) -> list[GateFinding]:
    """Find names that several columns share, so that nobody knows which one is meant."""
    twice = [name for name, count in Counter(map(str, columns)).items() if count > 1]
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


def seconds(series: pd.Series[Any]) -> Floats:
    """Give a column's times as seconds since 1970, which must all be present."""
    return moments(series).astype("datetime64[ms]").astype(np.float64) / 1_000


def labels(series: pd.Series[Any], kind: Kind) -> pd.Series[Any]:
    """Give a column's present values as text, the same whether 1 came as 1, 1.0 or "1", and true as true or as 1."""
    present = series.dropna()
    if isinstance(present.dtype, pd.CategoricalDtype):
        present = present.astype(present.cat.categories.dtype)
    if kind is Kind.BOOLEAN:
        present = present.astype(bool)
    if types.is_bool_dtype(present):
        return present.map({True: "true", False: "false"}).astype(str)
    if types.is_float_dtype(present):
        present = present.astype(np.int64)
    return present if isinstance(present.dtype, pd.StringDtype) else present.astype(str)


def missing_mask(series: pd.Series[Any], codes: tuple[Code, ...]) -> Mask:
    """Mark the rows whose value is missing, be it null or by a declared code."""
    missing: Mask = series.isna().to_numpy(dtype=bool)
    return missing | code_mask(series, codes) if codes else missing


def code_mask(series: pd.Series[Any], codes: tuple[Code, ...]) -> Mask:
    """Mark the rows that hold a declared code, in whatever form it came."""
    declared = Codes.of(codes)
    if types.is_numeric_dtype(series) and not types.is_bool_dtype(series):
        held: list[Any] = list(declared.numbers)
    else:
        held = [value for value in series.dropna().unique() if declared.holds(value)]
    return np.asarray(series.isin(held).to_numpy(dtype=bool, na_value=False), dtype=bool)


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
