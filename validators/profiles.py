"""What the reference looked like, frozen once as JSON, so that monitoring needs no reference frame."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from pydantic import TypeAdapter, ValidationError

from flywheel.errors import InputRefused
from flywheel.project.reading.kinds import Kind
from flywheel.project.reading.table import Table, table_of
from flywheel.project.tabular.certainty import ALONE, Units
from validators.calendars import UNKNOWN, Calendar, by_day, calendar_of
from validators.columns import Floats, frame_problems, labels, missing_mask, numbers, seconds
from validators.crowding import ENTITIES_AT_LEAST, largest_share, rows_per_case, thinned, units_in
from validators.names import LEVELS_AT_MOST, NOBODY, Names, kept_names, names_in
from validators.specs import Code, ColumnRole, ColumnRule
from validators.spellings import form_of
from validators.statistics import alike
from validators.stretches import Stretch

BINS = 20
PER_BIN = 20
"""Reference values that a bin of numbers needs, so that a seldom filled column is not judged by a handful of them."""
ROWS_AT_LEAST = 100
MASS_SHARE = 0.02
MASS_AT_LEAST = 5
"""A single value with this share, and as many rows, is a point mass with a bin of its own."""
FAR = 10 * 365.25 * 86_400
"""So many seconds before the earliest time of the reference, and after the latest, no calendar brings a value."""
DISCRETE_AT_MOST = 40
UNSEEN_AT_MOST = 0.01
"""A number with few distinct values, of which the next rows bring hardly any new one, is counted value by value."""


@dataclass(frozen=True)
class ColumnProfile:
    """One column of the reference: how many were missing, where its values lay, how varied they were.

    A null and a declared code are both `missing`, to the model and here: callers send one where a file holds the other.
    `levels` are the most frequent values with their counts, most frequent first; others occur `unlisted_at_most` times.
    `masses`, the heaviest of them, have bins of their own; `edges` are the quantiles of the other numbers; `bins`
    counts the rows before, between and after the edges; `variety` says how many distinct values samples of several
    sizes hold; `total` sums the numbers, `size` the same without their signs. Of more names than are kept, `unchosen`
    counts each kept one, and all others, in the half of the rows that did not choose which to keep: what was chosen for
    being frequent is frequent by chance too, and all others would seem to grow. Of times, in seconds, `edges` are how
    early any may be, the middle one, and how late; levels are days, and how they may lie is in `calendar`.
    """

    name: str
    kind: str
    rows: int
    missing: int
    levels: tuple[tuple[float | str, int], ...] = ()
    unlisted_at_most: int = 0
    masses: tuple[float | str, ...] = ()
    mass_counts: tuple[int, ...] = ()
    edges: tuple[float, ...] = ()
    bins: tuple[int, ...] = ()
    distinct: int = 0
    variety: tuple[tuple[int, float], ...] = ()
    codes: tuple[Code, ...] = ()
    total: float = 0.0
    size: float = 0.0
    unchosen: tuple[int, ...] = ()
    names: Names = NOBODY
    forms: Names = NOBODY
    calendar: Calendar = UNKNOWN

    @property
    def spread(self) -> tuple[int, ...]:
        """Count the rows of each single value, and then of each bin, as later rows may be held against them."""
        return self.unchosen or (*self.mass_counts, *self.bins)

    @property
    def in_order(self) -> list[int]:
        """Give the places of the single values in their own order, in which their frequency has no part."""
        return sorted(range(len(self.masses)), key=lambda at: self.masses[at])

    @property
    def is_numeric(self) -> bool:
        """Whether the values have an order and a size."""
        return self.kind in {Kind.NUMBER, Kind.INTEGER}

    @property
    def present(self) -> int:
        """Count the rows that held a value."""
        return self.rows - self.missing

    def expected_distinct(self, rows: float) -> float:
        """Say how many distinct values a sample of this size would hold."""
        sizes, counts = np.array(self.variety, dtype=np.float64).T
        return float(np.exp(np.interp(np.log(rows), np.log(sizes), np.log(counts))))


@dataclass(frozen=True)
class Profile:
    """The frozen reference of all watched columns; `alike` is the share of its pairs of rows equal in all of them.

    Where it holds many `entities`, and so many that nobody knows which will come, chance is reckoned with cases, as
    which `rows_per_case` rows weigh. One entity made at most `largest` of the rows. `latest` are columns that had
    changed for good by the end of the reference, as its newest rows show them; `moving` differ from window to window,
    and stand there with what each held. Its rows were asked within `span`, in seconds, where that is known.
    """

    columns: tuple[ColumnProfile, ...]
    rows: int
    alike: float = 1.0
    entities: int = 0
    rows_per_case: float = 1.0
    largest: float = 0.0
    latest: tuple[ColumnProfile, ...] = ()
    span: tuple[float, ...] = ()
    moving: tuple[tuple[ColumnProfile, tuple[Stretch, ...]], ...] = ()
    version: Literal[1] = 1

    def quarters_until(self, asked_at: float | None) -> float:
        """Say how many quarters of its own span lie between its end and a window, two at least; two if nobody knows."""
        if asked_at is None or not self.span or self.span[0] == self.span[1]:
            return 2.0
        return max(2.0, 4 * (asked_at - self.span[1]) / (self.span[1] - self.span[0]))

    @property
    def is_of_entities(self) -> bool:
        """Whether later rows are of entities that this reference is a sample of; of a panel they are of the same."""
        return self.entities >= ENTITIES_AT_LEAST

    def to_json(self) -> str:
        """Write it for keeping; the same reference gives the same text."""
        return json.dumps(asdict(self), sort_keys=True, separators=(",", ":"), allow_nan=False)

    @staticmethod
    def from_json(text: str) -> Profile:
        """Read what `to_json` wrote; anything else is refused."""
        try:
            return TypeAdapter(Profile).validate_json(text, strict=True)
        except ValidationError as problem:
            raise InputRefused("this is not a reference profile", found=str(problem.errors()[0]["loc"])) from problem


def make_profile(
    reference: pd.DataFrame | Table, *, rules: tuple[ColumnRule, ...], entity: str = "", time: str | None = None
) -> Profile:
    """Freeze the declared columns of a reference, one after the other; one that could judge nothing is refused.

    `time` is when each row was asked.
    """
    watched, table = tuple(rule for rule in rules if is_watched(rule)), table_of(reference)
    problems = frame_problems(table, watched, at_least_rows=ROWS_AT_LEAST)
    if problems or not watched:
        what = "; ".join(problem.what for problem in problems[:10]) or "no column is declared to be watched"
        raise InputRefused(f"the reference cannot be profiled: {what}")
    units = units_in(table.whole([entity])[entity]) if entity in table.columns else ALONE
    entities = units.count(table.rows) if entity in table.columns else 0
    units = units if entities >= ENTITIES_AT_LEAST else ALONE
    counts = thinned(units, table.rows)
    kept, asked = units.only(counts), _asked(table, time)
    columns, content = [], np.zeros(int(counts.sum()), dtype=np.uint64)
    for rule in watched:
        series = table.whole([rule.name])[rule.name][counts].reset_index(drop=True)
        columns.append(_column(series, rule, kept, None if asked is None else asked[counts]))
        content = content * _MIXED + pd.util.hash_array(pd.factorize(series)[0])
    weight = rows_per_case(kept)
    span = () if asked is None else (float(np.nanmin(asked)), float(np.nanmax(asked)))
    return Profile(tuple(columns), table.rows, alike(content), entities, weight, largest_share(units), span=span)


def _asked(table: Table, time: str | None) -> Floats | None:
    """Read when rows were asked, in seconds; nothing where nobody knows."""
    if time is None or time not in table.columns:
        return None
    times = table.whole([time])[time]
    asked = np.full(len(times), np.nan)
    asked[times.notna()] = seconds(times[times.notna()])
    return None if np.isnan(asked).all() else asked


_MIXED = np.uint64(0x9E3779B97F4A7C15)


def is_watched(rule: ColumnRule) -> bool:
    """Whether what becomes of a column matters: identities and a row's time change by nature, outcomes come late."""
    return rule.role in {ColumnRole.FEATURE, ColumnRole.GROUP}


def is_spread_alike(rule: ColumnRule) -> bool:
    """Whether later values must be spread like earlier ones: a feature that is a time moves with the calendar."""
    return is_watched(rule) and rule.kind is not Kind.TIME


def _column(series: pd.Series[Any], rule: ColumnRule, units: Units, asked: Floats | None) -> ColumnProfile:
    is_missing = missing_mask(series, rule.missing_codes)
    rows, missing, codes = len(series), int(is_missing.sum()), rule.missing_codes
    whose, came = units.only(~is_missing), None if asked is None else asked[~is_missing]
    if rule.kind in {Kind.NUMBER, Kind.INTEGER}:
        return _numeric(rule, rows, missing, numbers(series)[~is_missing])
    if rule.kind is Kind.TIME:
        times = seconds(series[~is_missing])
        return _moments(rule, rows, missing, times, calendar_of(times, came, whose))
    if rule.kind is Kind.TEXT:
        return ColumnProfile(rule.name, rule.kind.value, rows, missing, codes=codes)
    names = labels(series[~is_missing], rule.kind)
    counts = names.value_counts()
    kept, unchosen = kept_names(names, counts.sort_index(), whose)
    levels = tuple((str(value), int(count)) for value, count in kept.items())
    others = counts.drop(kept.index)
    return ColumnProfile(
        rule.name,
        rule.kind.value,
        rows,
        missing,
        levels=levels,
        unlisted_at_most=int(others.max()) if len(others) else 0,
        masses=tuple(value for value, _ in levels),
        mass_counts=tuple(count for _, count in levels),
        bins=(int(others.sum()),),
        distinct=len(counts),
        variety=_variety(np.asarray(counts, dtype=np.float64)),
        codes=codes,
        unchosen=unchosen,
        names=names_in(names, whose, came),
        forms=names_in(names.map({name: form_of(name) for name in counts.index}), whose, came),
    )


def _numeric(rule: ColumnRule, rows: int, missing: int, present: Floats) -> ColumnProfile:
    distinct, counts = np.unique(present, return_counts=True)
    order = np.argsort(-counts, kind="stable")[:LEVELS_AT_MOST]
    unseen = float((counts == 1).sum()) / max(present.size, 1)  # Good and Turing: what the next rows bring anew
    unlisted_at_most = int(counts[order[-1]]) if distinct.size > order.size else 0
    levels = tuple((float(distinct[i]), int(counts[i])) for i in order if counts[i] > unlisted_at_most)
    is_discrete = distinct.size <= DISCRETE_AT_MOST and unseen <= UNSEEN_AT_MOST
    least = max(MASS_SHARE * present.size, MASS_AT_LEAST)
    masses = tuple(sorted(value for value, count in levels if is_discrete or count >= least))
    free = np.sort(present[~np.isin(present, masses)])  # sorted, so that sums do not depend on the order of rows
    edges = _edges(free)
    return ColumnProfile(
        rule.name,
        rule.kind.value,
        rows,
        missing,
        levels=levels,
        unlisted_at_most=unlisted_at_most,
        masses=masses,
        mass_counts=tuple(int((present == value).sum()) for value in masses),
        edges=edges,
        bins=count_bins(free, edges),
        distinct=int(distinct.size),
        variety=_variety(counts.astype(np.float64)),
        codes=rule.missing_codes,
        total=float(np.sort(present).sum()),
        size=float(np.sort(np.abs(present)).sum()),
    )


def _moments(rule: ColumnRule, rows: int, missing: int, present: Floats, calendar: Calendar) -> ColumnProfile:
    """Keep of times what no calendar moves: how early and how late any may be, and how their days lie."""
    distinct, counts = np.unique(by_day(present), return_counts=True)
    order = np.argsort(-counts, kind="stable")
    unlisted_at_most = int(counts[order[LEVELS_AT_MOST]]) if distinct.size > LEVELS_AT_MOST else 0
    return ColumnProfile(
        rule.name,
        rule.kind.value,
        rows,
        missing,
        levels=tuple((float(distinct[i]), int(counts[i])) for i in order[:LEVELS_AT_MOST]),
        unlisted_at_most=unlisted_at_most,
        edges=(float(present.min()) - FAR, float(np.median(present)), float(present.max()) + FAR),
        codes=rule.missing_codes,
        calendar=calendar,
    )


def _edges(free: Floats) -> tuple[float, ...]:
    bins = min(BINS, free.size // PER_BIN)
    return tuple(np.unique(np.quantile(free, np.linspace(0, 1, bins + 1))).tolist()) if bins > 1 else ()


def count_bins(ordered: Floats, edges: tuple[float, ...]) -> tuple[int, ...]:
    """Count sorted numbers below, between and above the edges; the top edge belongs to the last inner bin."""
    if not edges:
        return (int(ordered.size),)
    cuts = np.append(np.searchsorted(ordered, edges[:-1], side="left"), np.searchsorted(ordered, edges[-1], "right"))
    return tuple(np.diff(np.concatenate([[0], cuts, [ordered.size]])).astype(int).tolist())


def _variety(counts: Floats) -> tuple[tuple[int, float], ...]:
    """Say how many distinct values samples of growing size hold, drawn without putting back (rarefaction)."""
    total = counts.sum()
    kinds, times = np.unique(counts, return_counts=True)
    sizes = np.unique(np.geomspace(10, total, 16).astype(int)) if total >= 10 else np.array([int(total)])
    return tuple((int(n), float(((1 - (1 - n / total) ** kinds) * times).sum())) for n in sizes)
