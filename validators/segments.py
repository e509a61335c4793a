"""Segments of one or two columns where a figure differs from everywhere else: one half finds, the other confirms."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import combinations

import numpy as np
import pandas as pd
from scipy import special

from flywheel.errors import InputRefused
from flywheel.project.reading.kinds import Kind
from flywheel.project.tabular.certainty import ALONE, Units, spread_of
from validators.bins import Binned, binned
from validators.columns import Floats, Mask
from validators.specs import ColumnRule
from validators.statistics import holm, redrawn


class Side(StrEnum):
    """Which segments are looked for: where the figure is lower than elsewhere, higher, or either."""

    WORSE = "worse"
    BETTER = "better"
    EITHER = "either"


_SIGNS = {Side.WORSE: (-1.0,), Side.BETTER: (1.0,), Side.EITHER: (-1.0, 1.0)}


@dataclass(frozen=True)
class SegmentLimits:
    """How finely and how far is looked."""

    bins: int = 5
    levels: int = 12
    rows_at_least: int = 60
    candidates: int = 20
    segments_at_most: int = 8
    columns_at_most: int = 40
    repeats: int = 1999

    def __post_init__(self) -> None:
        if min(self.bins, self.levels) < 2 or self.rows_at_least < 20 or self.candidates < 1:
            raise ValueError("segments need at least 2 bins and levels, 20 rows and 1 candidate")


@dataclass(frozen=True)
class Condition:
    """One column and the part of it that is meant, in words."""

    column: str
    level: str


@dataclass(frozen=True)
class Segment:
    """Rows that two conditions at most describe; its figures come from the half that had no part in finding it."""

    conditions: tuple[Condition, ...]
    rows: int
    share: float
    inside: float
    outside: float
    difference: float
    low: float
    high: float
    p_value: float
    mask: Mask = field(compare=False, repr=False)
    deciding: Mask = field(compare=False, repr=False)
    """Its rows in the half that had no part in finding it."""
    tried: int = 1
    """So many were held against that half, of which those are told that stood out."""

    @property
    def name(self) -> str:
        """The segment in words."""
        return " and ".join(f"{condition.column} {condition.level}" for condition in self.conditions)


def find_segments(
    frame: pd.DataFrame,
    gain: Floats,
    *,
    rules: Sequence[ColumnRule],
    seed: int,
    level: float = 0.05,
    side: Side = Side.WORSE,
    limits: SegmentLimits = SegmentLimits(),
    units: Units = ALONE,
) -> tuple[Segment, ...]:
    """Find where the mean of `gain` (money or error by row) differs from everywhere else, the clearest first.

    Half of the units, drawn by seed, propose; the other half decides, by Welch's test and by redrawing the rows, under
    Holm's correction: where nothing differs, any segment at all is named in at most `level` of all searches.
    """
    if len(frame) != gain.size or not np.isfinite(gain).all():
        raise InputRefused("a search for segments needs one finite figure for each row", found=(len(frame), gain.size))
    coded = [binned(frame[rule.name], rule, bins=limits.bins, levels=limits.levels) for rule in rules if _cuts(rule)]
    draw = np.random.default_rng(seed)
    many = units.count(gain.size)
    is_search: Mask = (draw.permutation(many) < many // 2)[units.numbers(gain.size)]
    wanted = limits.candidates // (2 if side is Side.EITHER else 1)
    left = _proposed(coded, gain, is_search, limits, wanted)
    found: list[Segment] = []
    tried = sum(one.sign in _SIGNS[side] for one in left)
    taken: Mask = np.zeros(gain.size, dtype=bool)
    while len(found) < limits.segments_at_most and (
        clearest := _clearest(left, gain, ~is_search & ~taken, side, _Sure(level, limits.repeats, draw, units))
    ):
        proposal, p_value = clearest
        segment = replace(_segment(proposal, p_value, gain, ~is_search, level, units), tried=tried)
        if proposal.sign in _SIGNS[side] and proposal.sign * segment.difference > 0:
            found.append(segment)
        taken = taken | proposal.mask  # what is left must stand out without the rows of clearer segments
        left = [one for one in left if one is not proposal]
    return tuple(found)


def _cuts(rule: ColumnRule) -> bool:
    return rule.kind is not Kind.TEXT


@dataclass(frozen=True)
class _Proposal:
    conditions: tuple[Condition, ...]
    mask: Mask
    sign: float


def _proposed(
    coded: Sequence[Binned], gain: Floats, is_search: Mask, limits: SegmentLimits, wanted: int
) -> list[_Proposal]:
    """Score every cell of every column and pair on the searching half; keep the most distant that differ in rows."""
    half = _Half(gain[is_search], limits.rows_at_least / 2)
    cells = list(_cells(_chosen(coded, is_search, half, limits.columns_at_most), is_search, half))
    kept: list[_Proposal] = []
    for sign in _SIGNS[Side.EITHER]:
        mine = 0
        for score, columns, cell in sorted(cells, key=lambda one: -sign * one[0])[: 5 * limits.candidates]:
            if sign * score < 1 or mine == wanted:
                break
            proposal = _proposal(columns, cell, sign)
            if not any(_are_alike(proposal.mask, other.mask) for other in kept):
                kept.append(proposal)
                mine += 1
    return kept


@dataclass(frozen=True)
class _Half:
    """The searching half's figures, and what they amount to."""

    gain: Floats
    rows_at_least: float

    def scores(self, codes: np.ndarray, size: int) -> Floats:
        """Welch's distance of each cell from all other rows; zero where a cell, or its rest, holds too few rows."""
        rows = np.bincount(codes, minlength=size).astype(np.float64)
        sums = np.bincount(codes, weights=self.gain, minlength=size)
        squares = np.bincount(codes, weights=np.square(self.gain), minlength=size)
        total, all_rows, all_squares = sums.sum(), rows.sum(), squares.sum()
        is_judged = (rows >= self.rows_at_least) & (all_rows - rows >= self.rows_at_least)
        inside, rest = np.where(is_judged, rows, 1.0), np.where(is_judged, all_rows - rows, 1.0)
        spread = all_squares / all_rows - (total / all_rows) ** 2
        mean, other = sums / inside, (total - sums) / rest
        within = (squares - inside * mean**2 + _SHRINK * spread) / (inside + _SHRINK)
        without = (all_squares - squares - rest * other**2 + _SHRINK * spread) / (rest + _SHRINK)
        error = np.sqrt(np.maximum(within, 0) / inside + np.maximum(without, 0) / rest)
        return np.where(is_judged & (error > 0), (mean - other) / np.where(error > 0, error, 1.0), 0.0)


_SHRINK = 10.0
"""Rows of the whole's spread that every cell borrows: a small cell of equal figures is not without spread."""


def _chosen(coded: Sequence[Binned], is_search: Mask, half: _Half, at_most: int) -> list[Binned]:
    """Where there are many columns, keep those whose own levels differ most."""
    if len(coded) <= at_most:
        return list(coded)
    strength = [np.abs(half.scores(one.codes[is_search], len(one.levels))).max() for one in coded]
    return [coded[place] for place in sorted(np.argsort(strength)[::-1][:at_most])]


_Cell = tuple[float, tuple[Binned, ...], tuple[int, ...]]


def _cells(coded: Sequence[Binned], is_search: Mask, half: _Half) -> Iterator[_Cell]:
    seen = [one.codes[is_search] for one in coded]
    for one, codes in zip(coded, seen, strict=True):
        scores = half.scores(codes, len(one.levels))
        yield from ((float(scores[at]), (one,), (int(at),)) for at in np.flatnonzero(np.abs(scores) >= 1))
    for first, second in combinations(range(len(coded)), 2):
        pair, width = (coded[first], coded[second]), len(coded[second].levels)
        scores = half.scores(seen[first] * width + seen[second], len(pair[0].levels) * width)
        for at in np.flatnonzero(np.abs(scores) >= 1):
            yield float(scores[at]), pair, (int(at) // width, int(at) % width)


def _proposal(columns: tuple[Binned, ...], cell: tuple[int, ...], sign: float) -> _Proposal:
    conditions = tuple(Condition(one.name, one.levels[at]) for one, at in zip(columns, cell, strict=True))
    mask: Mask = np.logical_and.reduce([one.codes == at for one, at in zip(columns, cell, strict=True)])
    return _Proposal(conditions, mask, sign)


def _are_alike(one: Mask, other: Mask) -> bool:
    return bool((one & other).sum() >= 0.8 * (one | other).sum())


@dataclass(frozen=True)
class _Sure:
    """How sure a confirmation must be, and how it is drawn."""

    level: float
    repeats: int
    draw: np.random.Generator
    units: Units


def _clearest(
    left: Sequence[_Proposal], gain: Floats, is_mine: Mask, side: Side, sure: _Sure
) -> tuple[_Proposal, float] | None:
    """Confirm proposals on rows that had no part in them; those of the side that was not asked for only explain."""
    confirmed: list[tuple[float, _Proposal, float]] = []
    for is_asked in (True, False):
        family = [one for one in left if (one.sign in _SIGNS[side]) is is_asked]
        tested = [_tested(one, gain, is_mine, sure) for one in family]
        for one, (distance, _), p in zip(family, tested, holm([p for _, p in tested]), strict=True):
            if p <= sure.level:
                confirmed.append((distance, one, float(p)))
    if not confirmed:
        return None
    _, proposal, p_value = max(confirmed, key=lambda one: one[0])
    return proposal, p_value


def _tested(one: _Proposal, gain: Floats, is_mine: Mask, sure: _Sure) -> tuple[float, float]:
    """Give how far a segment lies off on the confirming rows, and how rarely chance does that."""
    sides = (is_mine & one.mask, is_mine & ~one.mask)
    inside, outside = gain[sides[0]], gain[sides[1]]
    if not (inside.size and outside.size):
        return 0.0, 1.0
    effect, other = (sure.units.only(side).effect(gain[side]) for side in sides)
    if min(inside.size / effect, outside.size / other) < _TOO_FEW or one.sign * (inside.mean() - outside.mean()) <= 0:
        return 0.0, 1.0
    distance = abs(_welch(inside, outside, effect, other))
    p_value = float(special.ndtr(-distance))
    if p_value <= sure.level and not _is_near_normal(inside, effect):  # heavy tails only take away from Welch's word
        redraw = redrawn(
            inside, gain[is_mine], one.sign, repeats=sure.repeats, draw=sure.draw, effect=max(effect, other)
        )
        p_value = max(p_value, redraw)
    return distance, p_value


_TOO_FEW = 20


def _is_near_normal(values: Floats, effect: float) -> bool:
    """Whether so many values of so even a size make up a mean that chance moves it as Welch's test supposes."""
    spread = float(values.std()) * np.sqrt(values.size / effect)
    return bool(values.size >= _MANY * effect and np.abs(values - values.mean()).max() < _HEAVY * spread)


_MANY, _HEAVY = 300, 0.15


def _welch(inside: Floats, outside: Floats, effect: float, other: float) -> float:
    spread = (inside.var() + outside.var()) / 2 if not inside.var() else inside.var()
    error = np.sqrt(spread * effect / inside.size + outside.var() * other / outside.size)
    return float((inside.mean() - outside.mean()) / error) if error > 0 else 0.0


def _segment(one: _Proposal, p_value: float, gain: Floats, is_mine: Mask, level: float, units: Units) -> Segment:
    sides = (is_mine & one.mask, is_mine & ~one.mask)
    inside, outside = gain[sides[0]], gain[sides[1]]
    difference = float(inside.mean() - outside.mean())
    spread = sum(spread_of(gain[side], units.only(side)) for side in sides)
    reach = float(special.ndtri(1 - level / 2) * np.sqrt(spread))
    rows = int(one.mask.sum())
    return Segment(
        conditions=one.conditions,
        rows=rows,
        share=rows / gain.size,
        inside=float(inside.mean()),
        outside=float(outside.mean()),
        difference=difference,
        low=difference - reach,
        high=difference + reach,
        p_value=p_value,
        mask=one.mask,
        deciding=sides[0],
    )
