"""How sure the money of a model is: bounds that hold where the dear mistake is rare, or where it is skewed."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np

from flywheel.project.tabular.certainty import ALONE, Units
from flywheel.project.tabular.means import Mean

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from flywheel.domain.value import Payoff

    Mask = NDArray[np.bool_]

MONEY_STEP = Decimal("0.000001")
"""Money per unit is small and multiplied by volumes: keep six places."""
COVERAGE = 0.9


@dataclass(frozen=True)
class Estimate:
    """A mean with the bounds between which the true one lies (90 %)."""

    value: Decimal
    low: Decimal
    high: Decimal

    def to_json(self) -> dict[str, str]:
        """Write it as plain JSON."""
        return {"value": str(self.value), "low": str(self.low), "high": str(self.high)}


def money_with_interval(is_true: Mask, said: Mask, *, payoff: Payoff, decides: bool, units: Units = ALONE) -> Estimate:
    """Estimate the money of a row: how many rows get a yes, and how often the outcome is true among either.

    All three have exact bounds (Clopper and Pearson), joined by recovering variances (MOVER): a bootstrap takes what no
    row shows for what never happens, and the dear mistake is often among none. Where the same answer is given to all
    (`decides` is false), how many get it is sure. Rows of one unit count as fewer, by how alike they are.
    """
    gains = (
        (said, float(payoff.true_positive), float(payoff.false_positive)),
        (~said, float(payoff.false_negative), float(payoff.true_negative)),
    )
    shares = [_share(is_true[rows], units.only(rows)) for rows, _, _ in gains]
    yes = _share(said, units) if decides else _Share(*[float(said.mean())] * 3)
    total = sum(
        int((is_true & rows).sum()) * of_true + int((~is_true & rows).sum()) * of_false
        for rows, of_true, of_false in gains
    )
    below, above = (
        _reach(yes, *(_worth(one, sign * g[1], sign * g[2]) for one, g in zip(shares, gains, strict=True)))
        for sign in (1, -1)
    )
    middle = total / said.size
    return Estimate(*(_money(amount) for amount in (middle, middle - below, middle + above)))


def mean_with_interval(money: NDArray[np.float64], units: Units = ALONE) -> Estimate:
    """Estimate the money of a row where each row brings an amount of its own."""
    mean = Mean.of(money, units)
    return Estimate(*(_money(amount) for amount in (mean.value, *mean.between(COVERAGE))))


@dataclass(frozen=True)
class _Share:
    """A share with its bounds; of no rows nothing is known."""

    low: float
    estimate: float
    high: float


@dataclass(frozen=True)
class _Worth:
    """What one answer brings on average, and how much less it may be."""

    estimate: float
    less: float


def _share(is_so: Mask, units: Units) -> _Share:
    # scipy only where figures are made
    from scipy.special import betaincinv

    if not is_so.size:
        return _Share(0.0, 0.0, 1.0)
    effect = units.effect(is_so)
    hits, of, tail = float(is_so.sum()) / effect, is_so.size / effect, (1 - COVERAGE) / 2
    low = float(betaincinv(hits, of - hits + 1, tail)) if hits else 0.0
    high = float(betaincinv(hits + 1, of - hits, 1 - tail)) if hits < of else 1.0
    return _Share(low, hits / of, high)


def _worth(is_true: _Share, of_true: float, of_false: float) -> _Worth:
    least = min(of_false + (of_true - of_false) * share for share in (is_true.low, is_true.high))
    if (is_true.low, is_true.high) == (0.0, 1.0):
        return _Worth(least, 0.0)
    middle = of_false + (of_true - of_false) * is_true.estimate
    return _Worth(middle, middle - least)


def _reach(share: _Share, yes: _Worth, no: _Worth) -> float:
    """Say how far below its estimate the mean may lie: by either answer's worth, and by how often it is given."""
    more, fewer = share.high - share.estimate, share.estimate - share.low
    moved = max(more * (no.estimate - yes.estimate), fewer * (yes.estimate - no.estimate), 0.0)
    both = max(more * yes.less, fewer * no.less)
    return math.hypot(share.estimate * yes.less, (1 - share.estimate) * no.less, moved, both)


def _money(amount: float) -> Decimal:
    return Decimal(str(amount)).quantize(MONEY_STEP)
