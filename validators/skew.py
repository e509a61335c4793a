"""SKEW-001: a row that is read alone, as the endpoint reads it, says what the same row says among columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from flywheel.domain.gates import GateFinding
from flywheel.errors import counted, some_of
from validators.protocol import Judgement, gate

Floats = npt.NDArray[np.float64]
ROWS_NAMED = 5
ROUNDED = 1e-5
"""How far a library may round otherwise by how many rows it is asked at once."""


@dataclass(frozen=True)
class OneWay:
    """What one way of reading gave: the model's input, a column for each feature, and the scores of it."""

    matrix: Floats
    scores: Floats


@gate("SKEW-001")
def check(
    by_columns: OneWay,
    by_rows: OneWay,
    *,
    names: Sequence[str],
    among_others: Floats | None = None,
    in_parts: Floats | None = None,
) -> Judgement:
    """Hold both ways of the same rows against each other, to the bit; what is missing is so in both.

    Where a project's own code computes features, also the same rows in another order and among others; where others
    made the estimator, also its scores of the same rows in small parts (`in_parts`), within what a library rounds.
    """
    if by_columns.matrix.shape != by_rows.matrix.shape or by_columns.matrix.shape[1:] != (len(names),):
        found = f"{by_columns.matrix.shape} and {by_rows.matrix.shape}"
        what = "Columns and rows did not give the same number of values."
        return Judgement((GateFinding(what, seen=found, allowed="as many rows and features in both ways"),))
    rows = len(by_rows.matrix)
    if not rows:
        return Judgement((GateFinding("No row was read, so nothing was compared.", allowed="at least 1 row"),))
    if unreal := int((~np.isfinite(by_columns.scores) | ~np.isfinite(by_rows.scores)).sum()):
        what = f"In {counted(unreal, 'row')}, a prediction is not a number."
        return Judgement((GateFinding(what, seen=str(unreal), allowed="none"),), figures={"rows": rows})
    findings = tuple(
        _told(name, by_columns.matrix[:, place], by_rows.matrix[:, place]) for place, name in enumerate(names)
    )
    scored = _told("the prediction", by_columns.scores, by_rows.scores)
    mixed = _mixed(names, by_columns.matrix, among_others)
    parted = _parted(by_rows.scores, in_parts)
    found_differences = tuple(finding for finding in (*findings, scored, *mixed, parted) if finding is not None)
    apart = _differ(by_columns.matrix, by_rows.matrix).any(axis=1) if names else np.zeros(rows, dtype=bool)
    figures = {"rows": rows, "features": len(names), "different_rows": int(apart.sum())}
    return Judgement(found_differences, evaluated=rows, figures=figures)


def _parted(scores: Floats, in_parts: Floats | None) -> GateFinding | None:
    if in_parts is None:
        return None
    apart = np.flatnonzero(~(np.abs(scores - in_parts) <= ROUNDED * np.maximum(1.0, np.abs(scores))))
    if not apart.size:
        return None
    first = int(apart[0])
    what = (
        f"In {counted(int(apart.size), 'row')} of {len(scores):,}, the prediction is another where a row comes alone "
        f"or with few others: row {some_of([str(place + 1) for place in apart], most=ROWS_NAMED)}."
    )
    seen = f"{float(scores[first])!r} among all rows, {float(in_parts[first])!r} among few"
    return GateFinding(what, locator=f"the prediction: row {first + 1}", seen=seen, allowed=f"{ROUNDED:g} apart")


def _mixed(names: Sequence[str], columns: Floats, among_others: Floats | None) -> tuple[GateFinding | None, ...]:
    if among_others is None:
        return ()
    if among_others.shape != columns.shape:
        found = f"{columns.shape} and {among_others.shape}"
        what = "Rows in another order did not give the same number of values."
        return (GateFinding(what, seen=found, allowed="as many rows and features in both ways"),)
    how, where = "among other rows", "in another order and among others"
    return tuple(
        _told(name, columns[:, place], among_others[:, place], how=how, where=where) for place, name in enumerate(names)
    )


def _told(
    name: str, columns: Floats, rows: Floats, *, how: str = "from the row alone", where: str = "from the row"
) -> GateFinding | None:
    apart = np.flatnonzero(_differ(columns, rows))
    if not apart.size:
        return None
    first = int(apart[0])
    what = (
        f"In {counted(int(apart.size), 'row')} of {len(rows):,}, {name} is another {how}: "
        f"row {some_of([str(place + 1) for place in apart], most=ROWS_NAMED)}."
    )
    seen = f"{float(columns[first])!r} from columns, {float(rows[first])!r} {where}"
    return GateFinding(what, locator=f"{name}: row {first + 1}", seen=seen, allowed="the same to the bit")


def _differ(one: Floats, other: Floats) -> npt.NDArray[np.bool_]:
    bits = np.ascontiguousarray(one, dtype=np.float64).view(np.int64)
    others = np.ascontiguousarray(other, dtype=np.float64).view(np.int64)
    return np.asarray((bits != others) & ~(np.isnan(one) & np.isnan(other)))
