"""PARITY: what serves answers as what was trained, and what is behind an address as when it was approved."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from flywheel.domain.amounts import written_out
from flywheel.domain.gates import GateFinding
from flywheel.errors import counted
from flywheel.pages.figures import figure
from flywheel.project.scorer import apart
from validators.protocol import Judgement, gate

PACKAGE = "package"
"""The figure that names what was compared: the release door opens for exactly this package."""


@gate("PARITY-001")
def check(trained: npt.ArrayLike, served: npt.ArrayLike, *, tolerance: float = 1e-6, package: str = "") -> Judgement:
    """Judge two lists of scores of the same rows in the same order; `package` is the digest of what answered."""
    if not (math.isfinite(tolerance) and 0 <= tolerance < 0.1):
        raise ValueError(f"a tolerance of {tolerance} says nothing about scores; it must be from 0 to below 0.1")
    ours, theirs = np.asarray(trained, dtype=np.float64), np.asarray(served, dtype=np.float64)
    if ours.ndim != 1 or ours.shape != theirs.shape:
        what = "The trained and the packaged model did not answer the same number of rows."
        finding = GateFinding(what, seen=f"{ours.shape} and {theirs.shape}", allowed="two lists of equal length")
        return Judgement((finding,), figures={"rows": int(ours.size)})
    if not ours.size:
        return Judgement((GateFinding("No row was scored, so nothing was compared.", allowed="at least 1 row"),))
    if unreal := int((~np.isfinite(ours) | ~np.isfinite(theirs)).sum()):
        finding = GateFinding(
            f"In {counted(unreal, 'row')}, an answer is not a number.", seen=str(unreal), allowed="none"
        )
        return Judgement((finding,), figures={"rows": int(ours.size), "not_numbers": unreal})
    return _compared(apart(ours, theirs), tolerance, package)


@gate("PARITY-002")
def check_golden(*, rows: int, refusal: str = "") -> Judgement:
    """Judge whether its maker's golden rows were answered again; `refusal` says why not."""
    figures = {"rows": rows}
    if refusal:
        finding = GateFinding(
            f"The model that answers is not the one that was approved: {refusal}",
            allowed="the golden rows' probabilities",
        )
        return Judgement((finding,), evaluated=rows, figures=figures)
    return Judgement(evaluated=rows, figures=figures)


def _compared(distance: npt.NDArray[np.float64], tolerance: float, package: str) -> Judgement:
    different = int((distance > tolerance).sum())
    figures: dict[str, float | int | str] = {
        "rows": int(distance.size),
        "different_rows": different,
        "largest_difference": float(distance.max()),
        "tolerance": tolerance,
    }
    if package:
        figures[PACKAGE] = package
    if not different:
        return Judgement(evaluated=int(distance.size), figures=figures)
    first = int(np.argmax(distance > tolerance))
    rows = counted(distance.size, "row")
    what = f"The packaged model answers differently in {different} of {rows}, first in row {first}."
    finding = GateFinding(
        what, locator=f"row {first}", seen=f"{figure(float(distance.max()))} apart", allowed=written_out(tolerance)
    )
    return Judgement((finding,), evaluated=int(distance.size), figures=figures)
