"""A window of traffic held against the reference's own windows: what was so at the like time accuses no column.

A month, a price list or a season is never in a week as it is in a year. Which columns are so the reference shows: its
own windows differ from one another by more than chance brings.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from pandas.api import types

from flywheel.domain.monitoring import FIRST_MONDAY
from flywheel.project.reading.kinds import Kind
from flywheel.project.reading.table import Table, table_of
from flywheel.project.tabular.certainty import Units
from validators.batches import ColumnState
from validators.columns import Floats, labels, missing_mask, numbers, seconds
from validators.crowding import Weight
from validators.crowds import weighed
from validators.endings import accused, judged_by_its_end, let_off
from validators.known_values import rows_of
from validators.lasting import changed_for_good, moves
from validators.names import marks_of
from validators.neighbours import Neighbours
from validators.newcomers import explained
from validators.profiles import ColumnProfile, Profile, make_profile
from validators.protocol import Checked
from validators.specs import ColumnRule
from validators.statistics import share_effect
from validators.stretches import DAY_S, Span, Stretch
from validators.window_pools import STEP_AT_MOST, Pools, is_further_than_ever, like_times

Counts = npt.NDArray[np.int64]

ROWS_AT_LEAST, WINDOWS_AT_LEAST, WINDOWS_AT_MOST = 20, 3, 750
"""Windows of fewer rows show little; of a long history the newest are kept, each as long as those of traffic."""
CHANCE = 0.001
"""So seldom chance alone brings what tells windows apart, over all of them."""
FREQUENT, TIMES_AT_LEAST, VALUES_AT_MOST = 0.1, 10, 512
"""A number that makes so much of some window, and comes so often in it, is counted by itself."""
LEAST_SHARE, TIMES_BESIDE = 0.005, 3.0


class Seen(StrEnum):
    """Where the reference knows what a window shows of a column."""

    LIKE = "in windows of the like time"
    KNOWN = "in windows of other times"
    NEVER = "in no window"


def with_its_windows(
    profile: Profile,
    rows: pd.DataFrame | Table,
    *,
    rules: tuple[ColumnRule, ...],
    time: str | None,
    length: timedelta,
) -> Profile:
    """Keep beside a profile the windows of all rows that people vouched for, of columns that differ between them.

    What these show to be a season had not changed for good by the end of the reference.
    """
    table, names = table_of(rows), {column.name for column in profile.columns}
    if not names <= set(table.columns):
        return profile
    every = make_profile(table, rules=tuple(rule for rule in rules if rule.name in names), time=time)
    came = _names_since(profile, every)
    profile = _with_names_of(every, profile)
    windows = None if time is None or time not in table.columns else _windows_of(table.whole([time])[time], length)
    if windows is None:
        return profile
    weight = Weight(profile.rows_per_case, profile.rows_per_case)
    chance = CHANCE / (windows.starts_s.size * len(names))
    moving = list[tuple[ColumnProfile, tuple[Stretch, ...]]]()
    for column in every.columns:
        if column.kind == Kind.TIME or not (column.mass_counts or column.bins):
            continue
        series = table.whole([column.name])[column.name]
        finer = windows.with_frequent(column, series)
        counts = windows.counted(series, finer)
        if column.name in came or column.names.is_growing or moves(counts, finer, weight, chance):
            moving.append((finer, windows.stretches(counts)))
    seasons = {one.name for one, held in moving if not changed_for_good(one, held, weight, chance=chance)}
    latest = tuple(column for column in profile.latest if column.name not in seasons)
    return replace(profile, moving=tuple(moving), latest=latest)


def _names_since(profile: Profile, every: Profile) -> set[str]:
    """Name the columns of which the table's newest rows, its test, hold a name that the reference does not know."""
    before = {column.name: column.names for column in profile.columns if column.names.marks}
    levels = {one.name: [name for name, _ in one.levels] for one in every.columns if one.name in before and one.levels}
    return {one for one, named in levels.items() if not before[one].holds(marks_of(map(str, named))).all()}


def _with_names_of(every: Profile, profile: Profile) -> Profile:
    """Know the names of all rows that people vouched for, and how lists grew within them."""
    all_of = {column.name: column for column in every.columns if column.names.marks}
    known = (
        replace(one, names=all_of[one.name].names, forms=all_of[one.name].forms) if one.name in all_of else one
        for one in profile.columns
    )
    return replace(profile, columns=tuple(known), span=every.span if profile.span else ())


def judged_by_its_windows(
    check: Callable[..., Checked], rows: pd.DataFrame, profile: Profile, units: Units, span: Span
) -> Checked:
    """Let a gate accuse a column only where it is as it was neither lately nor at the like time of any year."""
    first = judged_by_its_end(check, rows, profile, units)
    seen = seen_of(accused(first), rows, profile, units, span)
    calm = {name for name, known in seen.items() if known is Seen.LIKE}
    what = "{name} is as it was at the like time of the reference, or in its newest windows."
    return let_off(first, calm, what) if calm else first


def seen_of(names: set[str], rows: pd.DataFrame | Table, profile: Profile, units: Units, span: Span) -> dict[str, Seen]:
    """Say of columns that move from window to window where the reference knows what these rows show."""
    moving = tuple(one for one in profile.moving if one[0].name in names)
    columns = tuple(column for column, _ in moving)
    if not columns:
        return {}
    _, seen = weighed(rows, replace(profile, columns=columns, latest=(), moving=()), units)
    if seen is None:
        return {}
    pairs = zip(moving, seen.judged.columns, strict=True)
    quarters = profile.quarters_until(span.end_s)
    return {old.name: _seen(old, now, windows, span, seen.crowd.weight, quarters) for (old, windows), now in pairs}


def _seen(
    before: ColumnProfile,
    now: ColumnState,
    windows: tuple[Stretch, ...],
    span: Span,
    weight: Weight,
    quarters: float,
) -> Seen:
    like = like_times(windows, span, weight.before)
    if not like:
        return Seen.NEVER
    came = {} if before.is_numeric else explained(before, now, quarters, chance=CHANCE)
    counts = np.array([now.missing, *now.mass_counts, *now.bins], dtype=np.float64)
    counts[-1] -= sum(came.values())
    counts /= weight.now
    pools, ever = Pools.of(like, weight.before), np.array([one.counts for one in windows]).sum(axis=0) > 0
    beyond, below = pools.far_from(counts, chance=CHANCE / counts.size)
    is_far = (beyond.any() or below.any()) and is_further_than_ever(counts, pools, windows, weight.before)
    stands_out = [
        value for value, count in now.top if value not in came and _stands_out(value, count, before, now, weight)
    ]
    if not is_far and not stands_out:
        return Seen.LIKE
    is_known = all(rows_of(value, before)[0] for value in stands_out)
    return Seen.KNOWN if is_known and bool(ever[beyond].all()) else Seen.NEVER


def _stands_out(value: float | str, count: int, before: ColumnProfile, now: ColumnState, weight: Weight) -> bool:
    """Whether a value that has no cell of its own is more frequent than on average, and than those beside it."""
    risen = 1.0 if isinstance(value, str) else _risen(value, count, before, now)
    least, earlier = (min(rows * risen, before.present) for rows in rows_of(value, before))
    share, other = count / now.present, earlier / before.present
    if share - other < LEAST_SHARE or share_effect(share, least / before.present) < STEP_AT_MOST:
        return False
    by_chance = weight.uneven_split(count, now.present, earlier=earlier, earlier_of=before.present)
    if by_chance > CHANCE / len(now.top) or isinstance(value, str):
        return by_chance <= CHANCE / len(now.top)
    return Neighbours(before, now).stands_out(value, (other, share), times=TIMES_BESIDE, chance=CHANCE)


def _risen(value: float, count: int, before: ColumnProfile, now: ColumnState) -> float:
    """Say how many times as much of the column lies about a number, itself left out, where more does."""
    if not before.edges:
        return 1.0
    place = min(int(np.searchsorted(before.edges, value, side="right")), len(before.bins) - 1)
    others = max(before.bins[place] - rows_of(value, before)[0], 1)
    return max(1.0, (now.bins[place] - count) / now.present / (others / before.present))


@dataclass(frozen=True)
class _Windows:
    """Which window each row of a table lies in, -1 for none, and when each begins."""

    of_rows: npt.NDArray[np.int64]
    starts_s: Floats
    length_s: float

    def with_frequent(self, column: ColumnProfile, series: pd.Series[Any]) -> ColumnProfile:
        """Count by themselves the numbers that make much of one window, though little of all."""
        if not column.is_numeric:
            return column
        values = pd.Series(np.where(missing_mask(series, column.codes), np.nan, numbers(series)))
        counts = values.groupby(self.of_rows).value_counts()
        shares = counts / counts.groupby(level=0).transform("sum")
        is_frequent = (shares >= FREQUENT) & (counts >= TIMES_AT_LEAST)
        frequent = shares[is_frequent].drop(-1, level=0, errors="ignore").groupby(level=1).max()
        most = frequent.sort_values(ascending=False).index[:VALUES_AT_MOST].tolist()
        masses = tuple(sorted({*map(float, column.masses), *most}))
        rows = values.value_counts()
        return replace(column, masses=masses, mass_counts=tuple(int(rows.get(value, 0)) for value in masses))

    def counted(self, series: pd.Series[Any], column: ColumnProfile) -> Counts:
        """Count missing, single values and bins, window by window."""
        cells = 1 + len(column.masses) + len(column.bins)
        is_in = self.of_rows >= 0
        places = self.of_rows[is_in] * cells + _cell_of(series, column)[is_in]
        return np.bincount(places, minlength=self.starts_s.size * cells).reshape(-1, cells)

    def stretches(self, counts: Counts) -> tuple[Stretch, ...]:
        """Give the counts of each window with its time."""
        spans = (Span(start, start + self.length_s) for start in self.starts_s.tolist())
        return tuple(Stretch(span, tuple(row)) for span, row in zip(spans, counts.tolist(), strict=True))


def _windows_of(times: pd.Series[Any], length: timedelta) -> _Windows | None:
    """Cut the times of rows into windows as traffic is cut; nothing where too few hold enough rows."""
    if not types.is_datetime64_any_dtype(times):
        return None
    is_there = times.notna().to_numpy()
    if not is_there.any():
        return None
    since, length_s = FIRST_MONDAY.timestamp(), length.total_seconds()
    passed = seconds(times[is_there]) - since
    length_s *= _together(np.unique(np.floor(passed / length_s)).size, length_s)
    numbered, at, rows = np.unique(np.floor(passed / length_s), return_inverse=True, return_counts=True)
    is_enough = rows >= ROWS_AT_LEAST
    is_enough[np.flatnonzero(is_enough)[:-WINDOWS_AT_MOST]] = False
    if is_enough.sum() < WINDOWS_AT_LEAST:
        return None
    of_rows = np.full(len(times), -1, dtype=np.int64)
    of_rows[is_there] = np.where(is_enough, np.cumsum(is_enough) - 1, -1)[at]
    return _Windows(of_rows, numbered[is_enough] * length_s + since, length_s)


def _together(windows: int, length_s: float) -> int:
    """Say how many windows make one, where each is of a part of a day and all are too many: a day at most."""
    fewest = min(-(-windows // WINDOWS_AT_MOST), int(DAY_S // length_s))
    return next((some for some in range(fewest, int(DAY_S // length_s)) if DAY_S % (some * length_s) == 0), fewest) or 1


def _cell_of(series: pd.Series[Any], column: ColumnProfile) -> Counts:
    """Say of each row in which cell it is counted: missing first, then single values, then bins."""
    present, cells = ~missing_mask(series, column.codes), np.zeros(len(series), dtype=np.int64)
    if not column.is_numeric:
        at = pd.Index(column.masses, dtype=object).get_indexer(
            pd.Index(labels(series[present], Kind(column.kind)).astype(object))
        )
        cells[present] = 1 + np.where(at < 0, len(column.masses), at)
        return cells
    values, masses = numbers(series)[present], np.array(column.masses, dtype=np.float64)
    bins = np.zeros(values.size, dtype=np.int64)
    if column.edges:
        edges = np.array(column.edges)
        bins = np.where(values == edges[-1], edges.size - 1, np.searchsorted(edges, values, side="right"))
    at = np.searchsorted(masses, values)
    is_mass = np.zeros(values.size, dtype=bool)
    if masses.size:
        is_mass = masses[np.minimum(at, masses.size - 1)] == values
    cells[present] = 1 + np.where(is_mass, at, len(column.masses) + bins)
    return cells
