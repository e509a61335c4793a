"""At a retraining: whether a number of the rows that came since came in another unit than in the table before.

A season moves a column further than many a unit does, so that rows are held against those of the like time of the year;
and a growth that goes on for a year looks like a unit there, so that undoing it must lead back to the rows that came
just before too: a unit changes from one day to the next. Another year has other weather: what leads far nearer to both
is a unit though neither is met closely.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from flywheel.project.reading.kinds import Kind
from flywheel.project.reading.table import Table
from validators.columns import Floats, missing_mask, numbers, seconds
from validators.moves import Move, moved_by
from validators.specs import ColumnRule
from validators.stretches import DAY_S, YEAR_S, Span
from validators.unit_changes import CHANGES, Unit
from validators.unit_fits import Apart, Quantiles

PIECE_S, ROWS_AT_LEAST = 14 * DAY_S, 100
"""Rows are looked at in pieces of so long or longer, of so many rows at least: in a year all seasons are mixed."""
BACK_BY, BACK_FAR_BY, WIDER_AT_MOST = 2.0, 3.0, 2.0
"""A change of unit, undone, leads so many times nearer to the rows that came just before; where no row of the like time
says more it must do so further, and leave numbers that vary about as much, whatever the season."""
JUMPS_BY = 1.3
"""So many times as far as ever from one piece of the table before to the next, the numbers went at once."""


@dataclass(frozen=True)
class Since:
    """A column that came in another unit, from when on, and against what that was seen."""

    move: Move
    jumped: float
    began: np.datetime64
    is_like: bool

    def sentence(self) -> str:
        """Ask it."""
        against = "at the like time of the table before" if self.is_like else "just before"
        return f"from {self.began} on {self.move.sentence()} What it was before is as {against}. Did its unit change?"


@dataclass(frozen=True)
class _Numbers:
    """The numbers of a column, in the order of their times."""

    values: Floats
    times: Floats

    @staticmethod
    def of(table: Table, rule: ColumnRule, time: str) -> _Numbers:
        rows = table.whole([rule.name, time])
        is_there = ~missing_mask(rows[rule.name], rule.missing_codes) & rows[time].notna().to_numpy(dtype=bool)
        values, times = numbers(rows[rule.name])[is_there], seconds(rows[time][is_there])
        order = np.argsort(times, kind="stable")
        return _Numbers(values[order], times[order])

    def pieces(self) -> Iterator[_Numbers]:
        """Give all of them, and then piece by piece, each about as many."""
        lasted = float(self.times[-1] - self.times[0])
        count = max(1, min(int(lasted / PIECE_S), self.times.size // ROWS_AT_LEAST))
        for parts in (1, count) if count > 1 else (1,):
            for part in np.array_split(np.arange(self.times.size), parts):
                yield _Numbers(self.values[part], self.times[part])

    def like(self, span: Span) -> Floats:
        """Give those of the like time of earlier years."""
        return self.values[span.are_near(self.times) & (self.times < span.start_s - YEAR_S / 2)]

    def last_before(self, moment: float) -> Quantiles:
        """Say where those lie that came in so long a time before a moment, and so many at least."""
        end = int(np.searchsorted(self.times, moment))
        return Quantiles.of(
            self.values[min(int(np.searchsorted(self.times, moment - PIECE_S)), end - ROWS_AT_LEAST) : end]
        )

    def first(self) -> Quantiles:
        """Say where those lie that came in so long a time from the first on, and so many at least."""
        end = int(np.searchsorted(self.times, self.times[0] + PIECE_S))
        return Quantiles.of(self.values[: max(end, ROWS_AT_LEAST)])

    def farthest(self) -> float:
        """Say how far they ever went from one piece to the next."""
        pieces = [Quantiles.of(piece.values) for piece in self.pieces()][1:]
        return max((Apart.of(one, other).gap() for one, other in pairwise(pieces)), default=0.0)

    def followed_by(self, later: _Numbers) -> _Numbers:
        """Put later ones behind."""
        return _Numbers(np.append(self.values, later.values), np.append(self.times, later.times))


def changed_units(
    before: Table, since: Table, rules: tuple[ColumnRule, ...], time: str, *, rows_per_case: float
) -> dict[str, Since]:
    """Find the columns of which some piece of the rows that came since is explained by another unit."""
    found = {}
    for rule in rules:
        if rule.kind not in {Kind.NUMBER, Kind.INTEGER}:
            continue
        known, now = _Numbers.of(before, rule, time), _Numbers.of(since, rule, time)
        if min(known.values.size, now.values.size) < ROWS_AT_LEAST:
            continue
        every = known.followed_by(now)
        seen = (_seen(rule.name, every, piece, rows_per_case) for piece in now.pieces())
        first = next(filter(None, seen), None)
        if first is not None and first.jumped >= JUMPS_BY * known.farthest():
            found[rule.name] = first
    return found


def _seen(name: str, every: _Numbers, piece: _Numbers, rows_per_case: float) -> Since | None:
    span, weights = Span(*piece.times[[0, -1]].tolist()), (rows_per_case, rows_per_case)
    jump = Apart.of(every.last_before(span.start_s), piece.first(), rows_per_case=weights)
    like = every.like(span)
    is_like = like.size >= ROWS_AT_LEAST
    if is_like:
        apart = Apart.of(Quantiles.of(like), Quantiles.of(piece.values), rows_per_case=weights)
        units = tuple(unit for unit in apart.fitting() if jump.is_nearer_without(unit, by=BACK_BY))
        units = units or tuple(unit for unit in _of_a_season(jump) if apart.is_nearer_without(unit, by=BACK_FAR_BY))
    else:
        apart, units = jump, jump.fitting() or _of_a_season(jump)
    if not units:
        return None
    began = np.datetime64(int(span.start_s), "s").astype("datetime64[D]")
    return Since(moved_by(name, apart, units), jump.gap(), began, is_like)


def _of_a_season(jump: Apart) -> tuple[Unit, ...]:
    """Name the unit that moves a column further than the season does meanwhile: none, undone, fits closely then."""
    near = [one for one in CHANGES if jump.may_be(one) and jump.is_nearer_without(one, by=BACK_FAR_BY)]
    widths = {one: jump.undone(one).times_wider() for one in near}
    return tuple(sorted((one for one in near if widths[one] <= WIDER_AT_MOST), key=widths.__getitem__)[:1])
