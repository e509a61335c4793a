"""Where all of a column lies elsewhere: from about what to about what, and which change of unit looks like that."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from flywheel.domain.amounts import written_out
from flywheel.domain.gates import GateFinding, Severity, Verdict
from validators.columns import Floats, missing_mask, numbers
from validators.profiles import ColumnProfile, Profile
from validators.protocol import Checked
from validators.unit_changes import FEW_TIMES, UNITS, Unit, told

LEVELS = np.linspace(0.1, 0.9, 17)
VALUES_AT_LEAST = 20
MOVED_AT_LEAST = 0.5
"""Of the width of the middle four fifths, before or now, so far the median must lie from where it was."""
FITS_WITHIN, BETTER_BY = 0.12, 4.0
"""A change of unit leaves at most so much of that width, and so many times less than no change at all."""
NEAR_FEW, NEAR_MANY = 0.03, 0.15
"""So near to the factor their average must lie: prices that grow by half are no miles, and little is near a hundred."""


@dataclass(frozen=True)
class Move:
    """How all of a column's numbers lie elsewhere."""

    column: str
    before: float
    now: float
    far: float
    unit: Unit | None

    def sentence(self) -> str:
        """Tell it to whoever reads one line of an incident."""
        went = f"{self.column} went from about {_about(self.before)} to about {_about(self.now)}"
        return f"{went}; this looks as if {told(self.unit)}." if self.unit else f"{went}."


def _about(number: float) -> str:
    rounded = float(f"{number:.3g}")
    return f"{rounded:,.0f}" if abs(rounded) >= 1_000 else written_out(rounded)


def move_of(column: str, before: Floats, now: Floats) -> Move | None:
    """Compare the quantiles of two samples; nothing where the middle lies about where it did."""
    width, middle = before[-1] - before[0], LEVELS.size // 2
    narrower = min((one for one in (width, now[-1] - now[0]) if one > 0), default=0.0)
    far = abs(now[middle] - before[middle]) / narrower if narrower else 0.0
    if far < MOVED_AT_LEAST:
        return None
    left, unit = min(((_left_by(one, before, now), one) for one in UNITS), key=lambda one: one[0])
    fits = left <= FITS_WITHIN * width and BETTER_BY * left * unit.times <= float(np.abs(now - before).mean())
    return Move(column, float(before[middle]), float(now[middle]), float(far), unit if fits else None)


def _left_by(unit: Unit, before: Floats, now: Floats) -> float:
    """Say how far the numbers lie from the reference, on average, once a change of unit is undone."""
    undone = (now - unit.plus) / unit.times
    is_few = 1 / FEW_TIMES < unit.times < FEW_TIMES
    near = (NEAR_FEW if is_few else NEAR_MANY) * abs(before.mean())
    if not unit.plus and abs(undone.mean() - before.mean()) > near:
        return math.inf
    return float(np.abs(undone - before).mean())


def quantiles_of(column: ColumnProfile) -> Floats | None:
    """Read the quantiles of the reference from its single values and its bins; nothing where it has no numbers."""
    if not column.is_numeric or not column.present:
        return None
    values, weights = [np.array(column.masses, dtype=np.float64)], [np.array(column.mass_counts, dtype=np.float64)]
    if len(column.edges):
        edges = np.array(column.edges, dtype=np.float64)
        steps = (np.arange(10) + 0.5) / 10
        inner = edges[:-1, None] + np.diff(edges)[:, None] * steps
        values.append(inner.ravel())
        weights.append(np.repeat(np.array(column.bins[1:-1], dtype=np.float64) / steps.size, steps.size))
    every, weight = np.concatenate(values), np.concatenate(weights)
    if not weight.sum():
        return None
    order = np.argsort(every)
    passed = np.cumsum(weight[order])
    places = np.searchsorted(passed, LEVELS * passed[-1])
    return np.asarray(every[order][np.minimum(places, every.size - 1)], dtype=np.float64)


def led_by_moves(checked: tuple[Checked, ...], rows: pd.DataFrame, profile: Profile) -> tuple[Checked, ...]:
    """Put before what failed gates say of single values how the accused columns moved; no verdict changes."""
    accused = {column for one in checked for column in _accused(one)}
    moves = [move for column in profile.columns if column.name in accused and (move := _move(column, rows))]
    moves.sort(key=lambda move: (move.unit is None, -move.far))
    return tuple(_led(one, moves) for one in checked)


def _move(column: ColumnProfile, rows: pd.DataFrame) -> Move | None:
    before = quantiles_of(column)
    if before is None:
        return None
    values = numbers(rows[column.name])[~missing_mask(rows[column.name], column.codes)]
    if values.size < VALUES_AT_LEAST or not np.isfinite(values).all():
        return None
    return move_of(column.name, before, np.asarray(np.quantile(values, LEVELS), dtype=np.float64))


def _accused(one: Checked) -> frozenset[str]:
    if one.result.verdict is not Verdict.FAILED:
        return frozenset()
    return frozenset(found.column for found in one.result.findings if found.severity is Severity.CRITICAL)


def _led(one: Checked, moves: list[Move]) -> Checked:
    names = _accused(one)
    told = tuple(
        GateFinding(move.sentence(), locator=move.column, seen=f"{move.now:.4g}", allowed=f"about {move.before:.4g}")
        for move in moves
        if move.column in names
    )
    return replace(one, result=replace(one.result, findings=(*told, *one.result.findings))) if told else one
