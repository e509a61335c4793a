"""What a batch of live rows looks like, counted over a profile's bins; states of batches add up."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import TypeAdapter, ValidationError

from flywheel.errors import InputRefused
from flywheel.project.reading.kinds import Kind
from flywheel.project.reading.table import Table
from validators.calendars import by_day
from validators.columns import Floats, Looks, labels, missing_mask, numbers, seconds
from validators.profiles import ColumnProfile, Profile, count_bins
from validators.specs import ColumnRule
from validators.unit_changes import UNITS, Unit

TOP_AT_MOST = 64
TOP_SHARE = 0.002
SKETCH = 256
"""The smallest hashes kept to estimate distinct values over merged batches: about 6 % off."""


@dataclass(frozen=True)
class ColumnState:
    """One column of one or more batches.

    `top` are frequent values that the profile does not count already; a value frequent in the sum is frequent in one
    of the batches, so little is lost by keeping only those. `level_counts` are of the profile's levels, where they are
    numbers; `size` sums the numbers without their signs. `scaled` holds, for each of UNITS, the counts that the
    masses and the bins would have if that change of unit was undone, and then the bins of those that are no mass.
    """

    name: str
    rows: int
    missing: int
    mass_counts: tuple[int, ...] = ()
    bins: tuple[int, ...] = ()
    top: tuple[tuple[float | str, int], ...] = ()
    total: float = 0.0
    size: float = 0.0
    level_counts: tuple[int, ...] = ()
    scaled: tuple[tuple[int, ...], ...] = ()
    sketch: tuple[int, ...] = ()

    @property
    def present(self) -> int:
        """Count the rows that held a value."""
        return self.rows - self.missing

    @property
    def distinct(self) -> float:
        """Count distinct values, by estimate where there are many."""
        if len(self.sketch) < SKETCH:
            return float(len(self.sketch))
        return (SKETCH - 1) / (self.sketch[-1] / 2**64)


@dataclass(frozen=True)
class BatchState:
    """All watched columns of one or more batches."""

    columns: tuple[ColumnState, ...]
    rows: int
    rows_per_case: float = 1.0

    def to_json(self) -> str:
        """Write it for keeping."""
        return json.dumps(asdict(self), sort_keys=True, separators=(",", ":"), allow_nan=False)

    @staticmethod
    def from_json(text: str) -> BatchState:
        """Read what `to_json` wrote; anything else is refused."""
        try:
            return TypeAdapter(BatchState).validate_json(text, strict=True)
        except ValidationError as problem:
            raise InputRefused("this is not the state of a batch", found=str(problem.errors()[0]["loc"])) from problem


def looked_at(table: Table, profile: Profile) -> Looks:
    """Look at the watched columns of a table, part by part, for what cannot be read."""
    rules = tuple(ColumnRule(one.name, Kind(one.kind), missing_codes=one.codes) for one in profile.columns)
    return Looks(table, rules, may_be_empty=True)


def observe(batch: pd.DataFrame, profile: Profile) -> BatchState:
    """Count one batch; its columns must have been found readable before."""
    return BatchState(tuple(observe_column(batch[column.name], column) for column in profile.columns), len(batch))


def merge(states: Iterable[BatchState]) -> BatchState:
    """Add batches up, in any order."""
    every = tuple(states)
    if not every or len({tuple(column.name for column in state.columns) for state in every}) != 1:
        raise ValueError("only batches counted over one profile can be added up")
    columns = zip(*(state.columns for state in every), strict=True)
    return BatchState(tuple(_merge(column) for column in columns), sum(state.rows for state in every))


def observe_column(series: pd.Series[Any], column: ColumnProfile) -> ColumnState:
    """Count one column of a batch."""
    rows, is_missing = len(series), missing_mask(series, column.codes)
    if column.is_numeric:
        return _observe_numbers(numbers(series)[~is_missing], column, rows)
    if column.kind == Kind.TIME:
        return _observe_numbers(by_day(seconds(series[~is_missing])), column, rows)
    if not column.levels:
        return ColumnState(column.name, rows, int(is_missing.sum()))
    counts = labels(series[~is_missing], Kind(column.kind)).value_counts(sort=False)
    values, times = counts.index.to_numpy(dtype=object), counts.to_numpy(dtype=np.int64)
    known = dict(zip(values.tolist(), times.tolist(), strict=True))
    masses = tuple(int(known.get(str(level), 0)) for level in column.masses)
    others = Counter({value: count for value, count in known.items() if value not in set(column.masses)})
    present = int(times.sum())
    return ColumnState(
        column.name,
        rows,
        rows - present,
        mass_counts=masses,
        bins=(present - sum(masses),),
        top=tuple(others.most_common(TOP_AT_MOST)),
        sketch=_sketch(pd.util.hash_array(values, categorize=False)),
    )


def _observe_numbers(values: Floats, column: ColumnProfile, rows: int) -> ColumnState:
    ordered = np.sort(values)
    starts = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]])) if ordered.size else np.empty(0, int)
    distinct, counts = ordered[starts], np.diff(np.append(starts, ordered.size))
    masses = np.array(column.masses, dtype=np.float64)
    mass_counts, bins = _over(ordered, masses, column.edges)
    free = unrounded(ordered[~np.isin(ordered, masses)])
    frequent = np.flatnonzero(counts >= max(3, TOP_SHARE * ordered.size))
    frequent = frequent[~np.isin(distinct[frequent], masses)]
    frequent = frequent[np.argsort(-counts[frequent], kind="stable")][:TOP_AT_MOST]
    return ColumnState(
        column.name,
        rows,
        rows - int(ordered.size),
        mass_counts=tuple(mass_counts.tolist()),
        bins=tuple(bins.tolist()),
        top=tuple(zip(distinct[frequent].tolist(), counts[frequent].tolist(), strict=True)),
        total=float(ordered.sum()),
        size=float(np.abs(ordered).sum()),
        level_counts=tuple(_at(ordered, np.array([value for value, _ in column.levels], dtype=np.float64)).tolist()),
        scaled=tuple(_as_if_undone(ordered, free, column, unit) for unit in UNITS),
        sketch=_sketch(pd.util.hash_array(distinct)),
    )


def _over(ordered: Floats, masses: Floats, edges: tuple[float, ...], *, near: Floats | float = 0.0) -> _Counted:
    """Count sorted numbers at the masses (or so near to them) and, of the others, in the bins."""
    mass_counts = _at(ordered, masses, near=near)
    bins = np.array(count_bins(ordered, edges))
    if masses.size and edges:
        np.subtract.at(bins, _bin_of(masses, edges), mass_counts)
    elif masses.size:
        bins[0] -= mass_counts.sum()
    return mass_counts, bins


def _as_if_undone(ordered: Floats, free: Floats, column: ColumnProfile, unit: Unit) -> tuple[int, ...]:
    """Change what is counted as the unit does, and leave the numbers as they are, which is as good and quicker."""
    masses = np.array(column.masses, dtype=np.float64) * unit.times + unit.plus
    edges = np.array(column.edges) * unit.times + unit.plus
    reach = _ROUNDING * np.abs(edges) * np.where(np.arange(edges.size) == edges.size - 1, 1, -1)
    cuts = tuple((edges + reach).tolist())
    near = _ROUNDING * np.abs(masses)
    is_mass = np.zeros(ordered.size, dtype=bool)
    for first, last in zip(
        np.searchsorted(ordered, masses - near, "left"), np.searchsorted(ordered, masses + near, "right"), strict=True
    ):
        is_mass[first:last] = True
    is_free = free.size == ordered.size and not is_mass.any()
    rest, others = (count_bins(one, cuts) for one in (free if is_free else unrounded(ordered[~is_mass]), free))
    return tuple(int(count) for count in (*_at(ordered, masses, near=near), *rest, *others))


def unrounded(ordered: Floats) -> Floats:
    """Spread sorted numbers evenly over what they may have been before they were rounded."""
    if not ordered.size:
        return ordered
    step = next((step for step in _STEPS if np.all(np.abs(ordered / step - np.round(ordered / step)) < _NEARLY)), 0.0)
    starts = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
    times = np.diff(np.append(starts, ordered.size))
    place = np.arange(ordered.size) - np.repeat(starts, times)
    spread: Floats = ordered + step * ((place + 0.5) / np.repeat(times, times) - 0.5)
    return spread


_STEPS, _NEARLY = (1.0, 0.1, 0.01, 0.001), 1e-6
"""Numbers are rounded to so many decimals; to more of them it does not matter."""


def _at(ordered: Floats, values: Floats, *, near: Floats | float = 0.0) -> Counts:
    return np.searchsorted(ordered, values + near, "right") - np.searchsorted(ordered, values - near, "left")


Counts = npt.NDArray[np.int64]
_Counted = tuple[Counts, Counts]
_ROUNDING = 1e-9


def _bin_of(masses: Floats, edges: tuple[float, ...]) -> npt.NDArray[np.intp]:
    return np.where(masses == edges[-1], len(edges) - 1, np.searchsorted(edges, masses, side="right"))


def _sketch(hashes: npt.NDArray[np.uint64]) -> tuple[int, ...]:
    smallest = np.partition(hashes, SKETCH)[:SKETCH] if hashes.size > SKETCH else hashes
    return tuple(sorted(smallest.tolist()))


def _merge(columns: tuple[ColumnState, ...]) -> ColumnState:
    top: Counter[float | str] = Counter()
    for column in columns:
        top.update(dict(column.top))
    return ColumnState(
        columns[0].name,
        rows=sum(column.rows for column in columns),
        missing=sum(column.missing for column in columns),
        mass_counts=_added(column.mass_counts for column in columns),
        bins=_added(column.bins for column in columns),
        top=tuple(top.most_common(TOP_AT_MOST)),
        total=sum(column.total for column in columns),
        size=sum(column.size for column in columns),
        level_counts=_added(column.level_counts for column in columns),
        scaled=tuple(_added(counts) for counts in zip(*(column.scaled for column in columns), strict=True)),
        sketch=tuple(sorted(set().union(*(column.sketch for column in columns)))[:SKETCH]),
    )


def _added(counts: Iterable[tuple[int, ...]]) -> tuple[int, ...]:
    return tuple(map(sum, zip(*counts, strict=True)))
