"""Inside a lasting cell: a frame of what was asked, always in the same types, and a look at what came back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from flywheel.adapters.cell.wire import BYTES, LONGEST_WORD
from flywheel.project.reading.kinds import Kind

WORDS = pd.StringDtype("python", na_value=np.nan)
NO_TIME = np.iinfo(np.int64).min


class Changed(Exception):
    """What came back is no frame that can be taken."""

    def __init__(self, why: str, column: str | None = None, words: str = "") -> None:
        self.why, self.column, self.words = why, column, words
        super().__init__(why)


def frame_of(question: dict[str, Any], values: memoryview) -> pd.DataFrame:
    """Make the frame that the hook is given."""
    rows = int(question["rows"])
    columns = {}
    for place, (name, kind, levels) in enumerate(question["columns"]):
        held = values[place * rows * BYTES : (place + 1) * rows * BYTES]
        columns[name] = _series(np.frombuffer(held, dtype=np.int64 if levels is not None else np.float64), kind, levels)
    return pd.DataFrame(columns, index=pd.RangeIndex(rows), copy=False)


def added_to(pristine: pd.DataFrame, given: object) -> list[list[str]]:
    """Say which columns a hook adds, and of which kind; the others it must give back as they were, or not at all."""
    frame = _checked(pristine, given)
    for name in frame.columns.intersection(pristine.columns):
        if not frame[name].equals(pristine[name]):
            raise Changed("altered", str(name))
    added = [name for name in frame.columns if name not in pristine.columns]
    if strange := [name for name in added if not isinstance(name, str)]:
        raise Changed("name", repr(strange[0]))
    return [[name, _kind(frame[name], name).value] for name in added]


def values_of(
    asked: pd.DataFrame, given: object, adds: Sequence[Sequence[str]]
) -> tuple[list[list[str] | None], list[bytes]]:
    """Give the values of the columns that were added in training, and the words of those that are categories."""
    frame = _checked(asked, given)
    wanted = {name for name, _ in adds}
    if len(frame.columns) != len(adds) and (more := [n for n in frame.columns if n not in asked and n not in wanted]):
        raise Changed("extra", str(more[0]))
    levels: list[list[str] | None] = []
    columns = []
    for name, kind in adds:
        if name not in frame.columns:
            raise Changed("missing", name)
        words, values = _values(frame[name], Kind(kind), name)
        levels.append(words)
        columns.append(values.tobytes())
    return levels, columns


def _series(raw: Any, kind: str, levels: list[str] | None) -> Any:
    if levels is not None:
        return pd.array(np.array([*levels, None], dtype=object)[raw], dtype=WORDS)
    if kind == Kind.BOOLEAN:
        return pd.arrays.BooleanArray(raw == 1.0, np.isnan(raw))
    if kind == Kind.TIME:
        known = ~np.isnan(raw)
        micros = np.full(len(raw), NO_TIME, dtype=np.int64)
        micros[known] = raw[known].astype(np.int64)
        return pd.DatetimeIndex(micros.view("datetime64[us]"), tz="UTC")
    return raw


def _checked(asked: pd.DataFrame, given: object) -> pd.DataFrame:
    if not isinstance(given, pd.DataFrame):
        raise Changed("no table", words=type(given).__name__)
    if len(given) != len(asked):
        raise Changed("rows", words=f"{len(given)} of {len(asked)}")
    if not given.index.equals(asked.index):
        raise Changed("order")
    if not given.columns.is_unique:
        raise Changed("twice", str(given.columns[given.columns.duplicated()][0]))
    return given


def _kind(series: pd.Series[Any], name: str) -> Kind:
    """Say what a column holds; one that holds nothing could be anything."""
    dtype = series.dtype
    if pd.api.types.is_bool_dtype(dtype):
        return Kind.BOOLEAN
    if pd.api.types.is_numeric_dtype(dtype) and not pd.api.types.is_complex_dtype(dtype):
        return Kind.NUMBER
    known = series.dropna()
    if not len(known):
        raise Changed("empty", name)
    if all(isinstance(one, str) for one in known):
        return Kind.CATEGORY
    if all(isinstance(one, bool | np.bool_) for one in known):
        return Kind.BOOLEAN
    if all(_is_number(one) for one in known):
        return Kind.NUMBER
    raise Changed("kind", name, str(dtype))


def _values(series: pd.Series[Any], kind: Kind, name: str) -> tuple[list[str] | None, Any]:
    if kind is Kind.CATEGORY:
        return _words(series, name)
    is_plain = series.dtype.kind in "iuf" if kind is Kind.NUMBER else series.dtype.kind == "b"
    if not is_plain and series.notna().any() and _kind(series, name) is not kind:
        raise Changed("kind", name, str(series.dtype))
    values = np.array(series.to_numpy(dtype=np.float64, na_value=np.nan), dtype=np.float64)
    values[np.isinf(values)] = np.nan  # what has no finite answer is missing
    return None, values


def _words(series: pd.Series[Any], name: str) -> tuple[list[str], Any]:
    codes, uniques = pd.factorize(series.astype(object))
    words = list(uniques)
    if any(not isinstance(word, str) for word in words):
        raise Changed("kind", name, str(series.dtype))
    if any(len(word) > LONGEST_WORD for word in words):
        raise Changed("long", name)
    return words, codes.astype(np.int64)  # factorize codes what is missing as -1, too


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | np.number) and not isinstance(value, bool | np.bool_ | np.complexfloating)
