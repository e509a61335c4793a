"""Where all of a column lies elsewhere: from about what to about what, and which change of unit looks like that."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from flywheel.domain.amounts import written_out
from flywheel.domain.gates import GateFinding, Severity, Verdict
from validators.columns import missing_mask, numbers
from validators.profiles import ColumnProfile, Profile
from validators.protocol import Checked
from validators.unit_changes import Unit, told
from validators.unit_fits import LEVELS, Apart, Quantiles, quantiles_of

VALUES_AT_LEAST = 20
MOVED_AT_LEAST = 0.5
"""Of the width of the middle four fifths, before or now, so far the median must lie from where it was."""


@dataclass(frozen=True)
class Move:
    """How all of a column's numbers lie elsewhere, and which changes of unit explain it, the best first."""

    column: str
    before: float
    now: float
    far: float
    units: tuple[Unit, ...]

    @property
    def went(self) -> str:
        """Say from about where to about where."""
        return f"{self.column} went from about {_about(self.before)} to about {_about(self.now)}"

    def sentence(self) -> str:
        """Tell it to whoever reads one line of an incident."""
        return f"{self.went}; this looks as if {told(self.units)}." if self.units else f"{self.went}."


def _about(number: float) -> str:
    rounded = float(f"{number:.3g}")
    return f"{rounded:,.0f}" if abs(rounded) >= 1_000 else written_out(rounded)


def move_of(column: str, apart: Apart) -> Move | None:
    """Compare the quantiles of two samples; nothing where the middle lies about where it did, and no unit is seen."""
    move = moved_by(column, apart, apart.fitting())
    return move if move.units or move.far >= MOVED_AT_LEAST else None


def moved_by(column: str, apart: Apart, units: tuple[Unit, ...]) -> Move:
    """Say from where to where a column's middle went."""
    widths = (float(side[-1] - side[0]) for side in (apart.before, apart.now))
    narrower = min((one for one in widths if one > 0), default=0.0)
    before, now = (float(side[LEVELS.size // 2]) for side in (apart.before, apart.now))
    return Move(column, before, now, abs(now - before) / narrower if narrower else 0.0, units)


def led_by_moves(checked: tuple[Checked, ...], rows: pd.DataFrame, profile: Profile) -> tuple[Checked, ...]:
    """Put before what failed gates say of single values how the accused columns moved; no verdict changes."""
    accused, weight = {column for one in checked for column in _accused(one)}, profile.rows_per_case
    moves = [move for column in profile.columns if column.name in accused and (move := _move(column, rows, weight))]
    moves.sort(key=lambda move: (not move.units, -move.far))
    return tuple(_led(one, moves) for one in checked)


def _move(column: ColumnProfile, rows: pd.DataFrame, weight: float) -> Move | None:
    before = quantiles_of(column)
    if before is None:
        return None
    values = numbers(rows[column.name])[~missing_mask(rows[column.name], column.codes)]
    if values.size < VALUES_AT_LEAST or not np.isfinite(values).all():
        return None
    return move_of(column.name, Apart.of(before, Quantiles.of(values), rows_per_case=(weight, weight)))


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
