"""How sure a mean is, of values that may be skewed and may be of the same units."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from flywheel.project.tabular.certainty import ALONE, Units

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_FLAT = 1e-9
MOST_SKEWED = 1.5
"""Of a skewness by the root of so many cases no more is believed: three cases tell little of a tail."""


@dataclass(frozen=True)
class Mean:
    """A mean by its error, and the skewness of the values by the root of their number, which bends its bounds.

    By Hall's cubic transformation (1992): what an error costs is skewed, and bounds by the standard error alone are
    too short on the side of the rare dear cases.
    """

    value: float
    error: float
    bend: float
    cases: float

    @classmethod
    def of(cls, values: Floats, units: Units = ALONE) -> Mean:
        """Take a mean; where rows weigh less than as many that stand alone, there are as many fewer."""
        middle, spread = float(values.mean()), float(values.std(ddof=1)) if values.size > 1 else 0.0
        cases = values.size / units.effect(values)
        if spread <= _FLAT * max(abs(middle), 1.0):
            return cls(middle, 0.0, 0.0, cases)
        skewness = float(np.mean(((values - middle) / spread) ** 3))
        root = math.sqrt(max(cases, 1.0))
        return cls(middle, spread / root, float(np.clip(skewness / root, -MOST_SKEWED, MOST_SKEWED)), cases)

    def between(self, confidence: float) -> tuple[float, float]:
        """The bounds between which the true mean lies."""
        if not self.error:
            return self.value, self.value
        # scipy only where figures are made
        from scipy.special import stdtrit

        reach = float(stdtrit(max(self.cases - 1, 1.0), (1 + confidence) / 2))
        return self.value - self.error * self._unbent(reach), self.value - self.error * self._unbent(-reach)

    def chance_of_at_most(self, least: float = 0.0) -> float:
        """The chance of a mean as low as this where the true one is `least` (by the same transformation)."""
        if not self.error:
            return float(self.value >= least)
        # scipy only where figures are made
        from scipy.special import stdtr

        distance, bend = (self.value - least) / self.error, self.bend
        bent = distance + bend * distance**2 / 3 + bend**2 * distance**3 / 27 + bend / 6
        return float(stdtr(max(self.cases - 1, 1.0), bent))

    def _unbent(self, reach: float) -> float:
        if abs(self.bend) < _FLAT:
            return reach
        return 3 / self.bend * (math.cbrt(1 + self.bend * (reach - self.bend / 6)) - 1)
