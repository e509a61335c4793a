"""What becomes of an estimator's output: a chance and a decision by it, or an amount with an interval around it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from flywheel.domain.digests import Json, plain
from flywheel.errors import InputRefused
from flywheel.project.answer import AmountAnswer, Reach
from flywheel.project.tabular.recipe import Scalar

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Interval = tuple[Floats, Floats]
    """The lower and the upper bound of each row."""

COVERAGE = 0.9
"""The share of true amounts that intervals shall hold."""
ROWS_OF_A_BAND = 150
MOST_BANDS = 10
ROWS_OF_A_LINE = 2_000
SMALLEST_PART = 0.02
"""Of how wide errors are both ways, either side is at least so much."""


@dataclass(frozen=True)
class Chances:
    """The output is the chance of the positive answer, and the decision yes from the threshold on."""

    threshold: float
    positive: Scalar

    def said(self, output: Floats) -> Floats:
        """The chance of each row."""
        return output

    def decided(self, said: Floats) -> NDArray[np.bool_]:
        """Yes at or above the threshold."""
        return said >= self.threshold

    def interval(self, said: Floats) -> None:
        """A chance has none: it says itself how sure it is."""

    def to_json(self) -> dict[str, Json]:
        """Write it as plain JSON."""
        return {"form": "chances", "threshold": self.threshold, "positive": self.positive}


@dataclass(frozen=True)
class Amounts:
    """The output, stretched and moved to where it costs least, is decided; the true amount lies within its reach.

    Where nothing that was learned from lies below nought, no amount does.
    """

    slope: float
    shift: float
    reach: tuple[Reach, ...]
    least: float | None = None

    def __post_init__(self) -> None:
        for what, found in AmountAnswer("", self.reach, self.least).faults():
            raise InputRefused(f"amounts do not hold: {what}", found=found)
        if not (math.isfinite(self.shift) and math.isfinite(self.slope) and self.slope >= 0):
            raise InputRefused("amounts are moved by no number", found=(self.slope, self.shift))

    @property
    def threshold(self) -> float:
        """There is none: the amount is the decision."""
        return math.nan

    def said(self, output: Floats) -> Floats:
        """The amount of each row."""
        moved = output * self.slope + self.shift
        return moved if self.least is None else np.maximum(moved, self.least)

    def decided(self, said: Floats) -> Floats:
        """The amount itself."""
        return said

    def interval(self, said: Floats) -> Interval:
        """The bounds between which the true amount lies in 90 % of the cases like each."""
        below, above = (_between(self.reach, side, said) for side in ("below", "above"))
        low = said - below
        return (low if self.least is None else np.maximum(low, self.least)), said + above

    def to_json(self) -> dict[str, Json]:
        """Write it as plain JSON."""
        return {
            "form": "amounts",
            "slope": self.slope,
            "shift": self.shift,
            "reach": [plain(vars(one)) for one in self.reach],
            "least": self.least,
        }


Answering = Chances | Amounts


def amounts_around(truth: Floats, output: Floats, *, quantile: float, least: float | None) -> Amounts:
    """Bring outputs to the quantile that costs least, and measure their bands, on rows that nothing was learned from.

    The line over outputs costs least of all lines (quantile regression): where amounts have grown since those that were
    learned from, all grow in proportion, and not the small ones as much as the large. Intervals are normalised split
    conformal: how wide errors are is measured by bands of what is said and goes from one to the next; then one factor a
    side makes the whole hold what it promises.
    """
    slope, shift = _cheapest_line(truth, output, quantile)
    said = Amounts(slope, shift, (Reach(0.0, 0.0, 0.0),), least).said(output)
    errors, wanted = truth - said, int(np.clip(truth.size // ROWS_OF_A_BAND, 1, MOST_BANDS))
    inner = np.unique(np.quantile(said, np.linspace(0, 1, wanted + 1)[1:-1]))
    place = np.searchsorted(inner, said, side="left")
    bands = [place == band for band in np.unique(place)]
    rough = tuple(Reach(float(said[rows].mean()), *_ends(errors[rows])) for rows in bands)
    below, above = (_between(rough, side, said) for side in ("below", "above"))
    less, more = _factor(-errors / below), _factor(errors / above)
    return Amounts(slope, shift, tuple(Reach(one.at, one.below * less, one.above * more) for one in rough), least)


def _cheapest_line(truth: Floats, output: Floats, quantile: float) -> tuple[float, float]:
    """Choose slope and shift by linear programming, on rows evenly over what is said; one output has no slope."""
    order = np.argsort(output, kind="stable")
    chosen = order[np.unique(np.linspace(0, order.size - 1, ROWS_OF_A_LINE).astype(np.intp))]
    x, y = output[chosen], truth[chosen]
    spread = float(np.ptp(x))
    if spread <= 0:
        return 1.0, float(np.quantile(truth - output, quantile))
    # scipy costs a while to import and only amounts need it
    from scipy.optimize import linprog
    from scipy.sparse import csr_array, eye_array, hstack

    rows, middle = x.size, float(x.mean())
    line = csr_array(np.column_stack([(x - middle) / spread, np.ones(rows)]))
    prices = np.concatenate([[0.0, 0.0], np.full(rows, quantile), np.full(rows, 1 - quantile)])
    bounds = [(0.0, None), (None, None), *[(0.0, None)] * (2 * rows)]
    found = linprog(prices, A_eq=hstack([line, eye_array(rows), -eye_array(rows)]), b_eq=y, bounds=bounds)
    if found.x is None:
        raise InputRefused(f"amounts could not be brought to where they cost least: {found.message}", found=rows)
    slope = float(found.x[0]) / spread
    return slope, float(found.x[1]) - slope * middle


def _between(reach: tuple[Reach, ...], side: str, said: Floats) -> Floats:
    """How wide it is at each amount: from one known width to the next, and beyond the last one growing on."""
    known, widths = (np.array([getattr(one, name) for one in reach]) for name in ("at", side))
    found = np.interp(said, known, widths)
    if len(reach) == 1:
        return np.asarray(found, dtype=np.float64)
    growth = max(float((widths[-1] - widths[-2]) / (known[-1] - known[-2])), 0.0)
    return np.asarray(found + growth * np.maximum(said - known[-1], 0.0), dtype=np.float64)


def _ends(errors: Floats) -> tuple[float, float]:
    """How far errors reach below and above, a twentieth on either side left out; never nought, for they are scaled."""
    low, high = np.quantile(errors, [(1 - COVERAGE) / 2, (1 + COVERAGE) / 2])
    floor = max(SMALLEST_PART * float(high - low), float(np.finfo(np.float64).tiny) ** 0.5)
    return max(float(-low), floor), max(float(high), floor)


def _factor(scores: Floats) -> float:
    """The factor within which a new case lies in 95 % of the cases (split conformal); nought where none is beyond."""
    ordered = np.sort(scores)
    place = min(math.ceil((ordered.size + 1) * (1 + COVERAGE) / 2) - 1, ordered.size - 1)
    return max(float(ordered[place]), 0.0)


def read_answering(document: Mapping[str, Any]) -> Answering:
    """Read what `to_json` wrote."""
    match document.get("form"):
        case "chances":
            return Chances(float(document["threshold"]), document["positive"])
        case "amounts":
            reach = tuple(map(_reach, document["reach"]))
            least = None if document["least"] is None else float(document["least"])
            return Amounts(float(document["slope"]), float(document["shift"]), reach, least)
    raise InputRefused("a model answers in no known form", found=document.get("form"), allowed="chances or amounts")


def _reach(document: Mapping[str, Any]) -> Reach:
    return Reach(*(float(document[key]) for key in ("at", "below", "above")))
