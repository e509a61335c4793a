"""What a model is worth: the pay-off of its decisions and the return on the whole idea."""

from __future__ import annotations

import random
import statistics
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from flywheel.domain.quadrants import ALONE, Feasibility, Portfolio, Quadrant, quadrant_of

CENT = Decimal("0.01")
DAY_RATE = Decimal(650)
"""What a person's day costs where the charter does not say."""


@dataclass(frozen=True)
class Payoff:
    """Money for one unit by what the model said and what was true."""

    true_positive: Decimal
    false_positive: Decimal
    true_negative: Decimal
    false_negative: Decimal

    @classmethod
    def of(cls, *, true_positive: int, false_positive: int, true_negative: int, false_negative: int) -> Payoff:
        """Make one from whole numbers."""
        return cls(Decimal(true_positive), Decimal(false_positive), Decimal(true_negative), Decimal(false_negative))

    @property
    def swing(self) -> tuple[float, float]:
        """What a yes brings over a no where the outcome is true, and where it is not."""
        return float(self.true_positive - self.false_negative), float(self.false_positive - self.true_negative)

    def money(self, *, tp: int, fp: int, tn: int, fn: int) -> Decimal:
        """Add up the money of counted decisions."""
        return (
            self.true_positive * tp + self.false_positive * fp + self.true_negative * tn + self.false_negative * fn
        ).quantize(CENT, ROUND_HALF_UP)

    @property
    def pays_from(self) -> Decimal:
        """The chance of a yes from which on acting brings more than leaving it."""
        hit, spared = self.true_positive - self.false_negative, self.true_negative - self.false_positive
        return spared / (hit + spared)

    def per_case(self, share: Decimal) -> tuple[Decimal, Decimal, Decimal]:
        """What one case brings on average by yes to all, by no to all, and if all were known; `share` are yes."""
        no = 1 - share
        yes_to_all = share * self.true_positive + no * self.false_positive
        no_to_all = share * self.false_negative + no * self.true_negative
        return yes_to_all, no_to_all, share * self.true_positive + no * self.true_negative


@dataclass(frozen=True)
class ErrorCost:
    """Money that each unit of an amount costs by which it was decided too high, or too low."""

    over: Decimal
    under: Decimal

    @property
    def quantile(self) -> float:
        """The quantile of what may come that costs least (the newsvendor's)."""
        return float(self.under / (self.over + self.under))


@dataclass(frozen=True)
class Improvement:
    """The share of today's loss that the model may avoid, as three honest guesses."""

    low: float
    likely: float
    high: float


@dataclass(frozen=True)
class Costs:
    """What it takes: people's days by kind, and money a year."""

    people_days: Mapping[str, float]
    day_rate: Decimal = DAY_RATE
    compute: Decimal = Decimal(0)
    data_per_year: Decimal = Decimal(0)

    @property
    def first_year(self) -> Decimal:
        """Everything that the first year costs."""
        people = self.day_rate * Decimal(str(sum(self.people_days.values())))
        return (people + self.compute + self.data_per_year).quantize(CENT, ROUND_HALF_UP)


@dataclass(frozen=True)
class ReturnEstimate:
    """The first year's return: three guesses, an interval and what to think of it."""

    value_at_stake: Decimal
    low: Decimal
    likely: Decimal
    high: Decimal
    interval: tuple[Decimal, Decimal]
    chance_of_loss: float
    quadrant: Quadrant
    reason: str
    cost: Decimal = Decimal(0)
    """What the first year costs, which every figure above has paid already."""
    break_even: float | None = None
    """The share of what is at stake that must be avoided to pay the costs; nothing where none are stated."""
    point_worth: Decimal = Decimal(0)
    """What one percentage point more of it brings in a year, as sure as the idea is."""


def estimate_return(
    *,
    value_at_stake: Decimal,
    improvement: Improvement,
    confidence: float,
    costs: Costs,
    feasibility: Feasibility | None = None,
    portfolio: Portfolio = ALONE,
    seed: int = 7,
    draws: int = 4_000,
) -> ReturnEstimate:
    """Value at stake x improvement x confidence minus costs, with an 80 % interval by simulation."""
    cost = costs.first_year

    def net(share: float, sure: float) -> Decimal:
        gain = value_at_stake * Decimal(str(share)) * Decimal(str(sure))
        return (gain - cost).quantize(CENT, ROUND_HALF_UP)

    chance = random.Random(seed)  # noqa: S311  a simulation, not a secret
    spread = sorted(
        float(value_at_stake)
        * chance.triangular(improvement.low, improvement.high, improvement.likely)
        * (1.0 if chance.random() < confidence else 0.0)
        - float(cost) * chance.uniform(0.9, 1.5)
        for _ in range(draws)
    )
    tenths = statistics.quantiles(spread, n=10)
    likely = net(improvement.likely, confidence)
    quadrant, reason = quadrant_of(likely, cost, feasibility=feasibility, portfolio=portfolio)
    hoped = float(value_at_stake) * confidence
    return ReturnEstimate(
        value_at_stake,
        net(improvement.low, confidence),
        likely,
        net(improvement.high, confidence),
        (_money(tenths[0]), _money(tenths[-1])),
        sum(1 for outcome in spread if outcome < 0) / draws,
        quadrant,
        reason,
        cost,
        float(cost) / hoped if hoped and cost else None,
        _money(hoped / 100),
    )


def _money(amount: float) -> Decimal:
    return Decimal(str(round(amount, 2))).quantize(CENT)
