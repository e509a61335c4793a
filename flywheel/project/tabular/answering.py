"""What becomes of an estimator's output: a chance and a decision by it, or an amount with an interval around it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from flywheel.domain.digests import Json
from flywheel.errors import InputRefused
from flywheel.project.tabular.recipe import Scalar

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

COVERAGE = 0.9
"""The share of true amounts that intervals shall hold."""
ROWS_OF_A_BAND = 200
MOST_BANDS = 5


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

    def to_json(self) -> dict[str, Json]:
        """Write it as plain JSON."""
        return {"form": "chances", "threshold": self.threshold, "positive": self.positive}


@dataclass(frozen=True)
class Band:
    """Of amounts up to a bound, how far the true one lies below what was said, and above it, in 90 % of the cases."""

    up_to: float
    below: float
    above: float


@dataclass(frozen=True)
class Amounts:
    """The output, moved to where it costs least, is the amount that is decided; the true one lies within its band.

    Where nothing that was learned from lies below nought, no amount does.
    """

    shift: float
    bands: tuple[Band, ...]
    least: float | None = None

    def __post_init__(self) -> None:
        ends = [band.up_to for band in self.bands]
        holds = bool(ends) and ends == sorted(set(ends)) and ends[-1] == math.inf
        finite = [self.shift, *(side for band in self.bands for side in (band.below, band.above))]
        if not holds or not all(map(math.isfinite, finite)):
            raise InputRefused("the bands of amounts are not in order", found=ends, allowed="rising, without end")

    @property
    def threshold(self) -> float:
        """There is none: the amount is the decision."""
        return math.nan

    def said(self, output: Floats) -> Floats:
        """The amount of each row."""
        moved = output + self.shift
        return moved if self.least is None else np.maximum(moved, self.least)

    def decided(self, said: Floats) -> Floats:
        """The amount itself."""
        return said

    def interval(self, said: Floats) -> tuple[Floats, Floats]:
        """The bounds between which the true amount lies in 90 % of the cases like each."""
        place = np.searchsorted(np.array([band.up_to for band in self.bands[:-1]]), said, side="left")
        below, above = (np.array([getattr(band, side) for band in self.bands])[place] for side in ("below", "above"))
        low = said - below
        return (low if self.least is None else np.maximum(low, self.least)), said + above

    def to_json(self) -> dict[str, Json]:
        """Write it as plain JSON."""
        bands: list[Json] = [
            {"up_to": None if math.isinf(band.up_to) else band.up_to, "below": band.below, "above": band.above}
            for band in self.bands
        ]
        return {"form": "amounts", "shift": self.shift, "bands": bands, "least": self.least}


Answering = Chances | Amounts


def amounts_around(truth: Floats, output: Floats, *, quantile: float, least: float | None) -> Amounts:
    """Move outputs to the quantile that costs least, and measure their bands, on rows that nothing was learned from.

    Split conformal prediction by bands of what is said (Mondrian): each holds rows enough for its own ends.
    """
    shift = float(np.quantile(truth - output, quantile))
    said = Amounts(shift, (Band(math.inf, 0.0, 0.0),), least).said(output)
    wanted = int(np.clip(truth.size // ROWS_OF_A_BAND, 1, MOST_BANDS))
    inner = np.unique(np.quantile(said, np.linspace(0, 1, wanted + 1)[1:-1]))
    ends = [*(float(end) for end in inner if said.min() <= end < said.max()), math.inf]
    place = np.searchsorted(np.array(ends[:-1]), said, side="left")
    bands = tuple(Band(end, *_reach((truth - said)[place == at])) for at, end in enumerate(ends))
    return Amounts(shift, bands, least)


def _reach(errors: Floats) -> tuple[float, float]:
    """How far below and above lie the ends that a new error keeps within in 90 % of the cases."""
    tail, ordered = (1 - COVERAGE) / 2, np.sort(errors)
    low = ordered[max(math.floor((errors.size + 1) * tail) - 1, 0)]
    high = ordered[min(math.ceil((errors.size + 1) * (1 - tail)) - 1, errors.size - 1)]
    return max(float(-low), 0.0), max(float(high), 0.0)


def read_answering(document: Mapping[str, Any]) -> Answering:
    """Read what `to_json` wrote."""
    match document.get("form"):
        case "chances":
            return Chances(float(document["threshold"]), document["positive"])
        case "amounts":
            bands = tuple(
                Band(
                    math.inf if one["up_to"] is None else float(one["up_to"]), float(one["below"]), float(one["above"])
                )
                for one in document["bands"]
            )
            least = document["least"]
            return Amounts(float(document["shift"]), bands, None if least is None else float(least))
    raise InputRefused("a model answers in no known form", found=document.get("form"), allowed="chances or amounts")


def _band(document: Mapping[str, Any]) -> Band:
    end = document["up_to"]
    return Band(math.inf if end is None else float(end), float(document["below"]), float(document["above"]))
