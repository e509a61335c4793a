"""How raw values come into an expression, from a column or a row alike: by kind, without codes, nothing infinite."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from flywheel.errors import InputRefused
from flywheel.project.expressions.blocks import Raw, Words, truth_of
from flywheel.project.expressions.calendar_parts import micros_of
from flywheel.project.expressions.steps import SORTS, Sort
from flywheel.project.reading.kinds import Kind
from flywheel.project.reading.levels import level_of
from flywheel.project.reading.missing import Code, Codes, is_missing
from flywheel.project.reading.moments import moment_of

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

MOST_WORDS_KEPT = 1_000
"""Of a column's texts, whose names are known without looking again."""

NOT_A_TIME = np.iinfo(np.int64).min
"""How numpy holds a time that is missing."""


@dataclass(frozen=True)
class Intake:
    """One raw column that expressions read: its name, its kind and the codes that mean missing."""

    name: str
    kind: Kind
    missing_codes: tuple[Code, ...] = ()

    @cached_property
    def _holes(self) -> Codes:
        return Codes.of(self.missing_codes)

    @cached_property
    def _words_seen(self) -> dict[str, str]:
        return {}

    @cached_property
    def _sort(self) -> Sort:
        return SORTS[self.kind]

    def value(self, raw: object) -> Any:
        """Read one raw value: a float, a truth or a word; what is missing is not a number, or None."""
        if is_missing(raw, self._holes):
            return math.nan if self._sort in {Sort.NUMBER, Sort.TIME} else None
        if self._sort is Sort.WORD:
            return self._word(raw)
        if self._sort is Sort.TIME:
            return self._time(raw)
        if not isinstance(raw, bool | int | float | np.number | np.bool_):
            raise self._refused(f"is not a {self.kind.value}", raw, "numbers or empty")
        return bool(raw) if self._sort is Sort.TRUTH else self._finite(float(raw))

    @cached_property
    def reader(self) -> Callable[[object], Any]:
        """Read as `value` does, on the short way where a value is of the usual type and no code is declared."""
        slowly, seen = self.value, self._words_seen
        if self._sort is Sort.WORD:
            return lambda raw: seen[raw] if type(raw) is str and raw in seen else slowly(raw)
        if self._holes or self._sort is Sort.TRUTH:
            return slowly
        if self._sort is Sort.TIME:
            return lambda raw: micros_of(raw) if type(raw) is datetime else slowly(raw)

        def number(raw: object) -> Any:
            if type(raw) is float and raw - raw == 0:
                return raw
            return float(raw) if type(raw) is int else slowly(raw)

        return number

    def _word(self, raw: object) -> str:
        """Name a category, and remember how some texts are named."""
        word = level_of(raw)
        if type(raw) is str and len(self._words_seen) < MOST_WORDS_KEPT:
            self._words_seen[raw] = word
        return word

    def column(self, series: pd.Series[Any]) -> Any:
        """Read a raw column: floats, truths or words by their codes."""
        if self._sort is Sort.WORD:
            return self._words(series)
        if self._sort is Sort.NUMBER and series.dtype.kind in "iuf":
            values = _floats(series)
            return Raw(lambda rows: self._amounts(values[rows]))
        if self._sort is Sort.TIME and series.dtype.kind == "M":
            micros = np.asarray(series.to_numpy(dtype="datetime64[us]")).view(np.int64)
            return Raw(lambda rows: self._moments(micros[rows]))
        numbers = self._numbers(series)
        return truth_of(numbers == 1.0, numbers == 0.0) if self._sort is Sort.TRUTH else numbers

    def _numbers(self, series: pd.Series[Any]) -> NDArray[np.float64]:
        codes, uniques = _factors(series)
        read = (self.value(unique) for unique in uniques)
        table = [math.nan if one is None else float(one) for one in read]
        return np.array([*table, math.nan], dtype=np.float64)[codes]  # a missing value's code is -1: the last place

    def _amounts(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        if self._holes.numbers:
            values = np.where(np.isin(values, list(self._holes.numbers)), np.nan, values)
        if np.isinf(values).any():
            self._finite(math.inf)
        return values

    def _moments(self, micros: NDArray[np.int64]) -> NDArray[np.float64]:
        values = micros.astype(np.float64)
        missing = micros == NOT_A_TIME
        if self._holes.times:
            missing |= np.isin(values, [micros_of(moment) for moment in self._holes.times])
        if missing.any():
            values[missing] = np.nan
        return values

    def _words(self, series: pd.Series[Any]) -> Words:
        codes, uniques = _factors(series)
        levels: dict[str, int] = {}
        table = np.full(len(uniques) + 1, -1, dtype=np.intp)
        for place, unique in enumerate(uniques):
            word = self.value(unique)
            if word is not None:
                table[place] = levels.setdefault(word, len(levels))
        return Words(table[codes], tuple(levels))

    def _time(self, raw: object) -> float:
        moment = moment_of(raw) if isinstance(raw, str) else raw
        if isinstance(moment, date) and not isinstance(moment, datetime):
            moment = datetime(moment.year, moment.month, moment.day, tzinfo=UTC)
        if not isinstance(moment, datetime):
            raise self._refused("is not a time", raw, "ISO 8601, such as 2026-01-31T12:00Z")
        return micros_of(moment)

    def _finite(self, value: float) -> float:
        if math.isinf(value):
            raise InputRefused(f"column {self.name} holds an infinite value", allowed="finite numbers or empty")
        return value

    def _refused(self, what: str, raw: object, allowed: str) -> InputRefused:
        return InputRefused(f"column {self.name} {what}", found=raw, allowed=allowed)


def _floats(series: pd.Series[Any]) -> NDArray[np.float64]:
    """Take numbers as they lie, where they are floats already."""
    if series.dtype == np.float64 and isinstance(series.dtype, np.dtype):
        return np.asarray(series.to_numpy(), dtype=np.float64)
    return np.asarray(series.to_numpy(dtype=np.float64, na_value=np.nan), dtype=np.float64)


def _factors(series: pd.Series[Any]) -> tuple[NDArray[np.intp], list[Any]]:
    # pandas only where there is a frame: serving reads rows without it
    import pandas as pd

    codes, uniques = pd.factorize(series)
    return codes, list(uniques)
