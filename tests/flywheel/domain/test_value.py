"""Value: exact money from counted decisions, and an honest estimate of the return."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flywheel.domain.quadrants import Quadrant
from flywheel.domain.value import Costs, Improvement, Payoff, ReturnEstimate, estimate_return

MONEY = st.decimals(-100_000, 100_000, places=2)
PAYOFFS = st.builds(Payoff, MONEY, MONEY, MONEY, MONEY)
COUNTS = st.tuples(*[st.integers(0, 10_000_000)] * 4)
NO_COST = Costs(people_days={})


def money(payoff: Payoff, counts: tuple[int, ...]) -> Decimal:
    """Pay off counts in the order tp, fp, tn, fn."""
    tp, fp, tn, fn = counts
    return payoff.money(tp=tp, fp=fp, tn=tn, fn=fn)


@given(PAYOFFS, COUNTS, COUNTS)
def test_money_of_two_batches_is_the_money_of_both(
    payoff: Payoff, one: tuple[int, ...], other: tuple[int, ...]
) -> None:
    both = tuple(a + b for a, b in zip(one, other, strict=True))
    assert money(payoff, both) == money(payoff, one) + money(payoff, other)


def test_each_kind_of_decision_has_its_own_price() -> None:
    payoff = Payoff.of(true_positive=1_900, false_positive=-140, true_negative=0, false_negative=-2_100)
    assert payoff.money(tp=2, fp=3, tn=4, fn=1) == Decimal("1280.00")


def test_acting_pays_from_the_chance_where_both_answers_bring_the_same() -> None:
    payoff = Payoff.of(true_positive=90, false_positive=-10, true_negative=0, false_negative=0)
    assert payoff.pays_from == Decimal("0.1")
    assert payoff.per_case(Decimal("0.1"))[:2] == (Decimal(0), Decimal(0))


def estimate(
    *, stake: int = 1_000_000, confidence: float = 0.6, costs: Costs = NO_COST, seed: int = 7
) -> ReturnEstimate:
    """An estimate with some facts changed."""
    return estimate_return(
        value_at_stake=Decimal(stake),
        improvement=Improvement(0.03, 0.08, 0.12),
        confidence=confidence,
        costs=costs,
        seed=seed,
        draws=500,
    )


@given(st.integers(1, 10_000_000), st.floats(0, 1))
def test_three_guesses_are_in_order_and_the_interval_too(stake: int, confidence: float) -> None:
    made = estimate(stake=stake, confidence=confidence)
    assert made.low <= made.likely <= made.high
    assert made.interval[0] <= made.interval[1]
    assert 0 <= made.chance_of_loss <= 1


def test_likely_return_is_stake_times_improvement_times_confidence_minus_costs() -> None:
    costs = Costs(people_days={"data": 10, "modelling": 5.5}, day_rate=Decimal(600), compute=Decimal(100))
    assert estimate(costs=costs).likely == Decimal("38600.00")


def test_same_seed_is_the_same_estimate() -> None:
    assert estimate(seed=3) == estimate(seed=3)


def test_sure_loss_is_seen() -> None:
    made = estimate(stake=0, costs=Costs(people_days={"data": 1}))
    assert made.chance_of_loss == 1
    assert made.quadrant is Quadrant.DO_NOT


@pytest.mark.parametrize(
    ("stake", "days", "quadrant"),
    [
        (10_000_000, 10, Quadrant.SWEET_SPOT),
        (420_000, 10, Quadrant.QUICK_WIN),
        (500_000, 20, Quadrant.DO_NOT),
        (10_000, 100, Quadrant.DO_NOT),
    ],
)
def test_idea_stands_in_its_quadrant_with_a_reason(stake: int, days: int, quadrant: Quadrant) -> None:
    made = estimate(stake=stake, costs=Costs(people_days={"all": days}))
    assert made.quadrant is quadrant
    assert made.reason


def test_it_pays_for_itself_where_the_costs_are_avoided_and_each_point_more_is_worth_a_hundredth() -> None:
    made = estimate(stake=1_000_000, confidence=0.6, costs=Costs(people_days={}, compute=Decimal(30_000)))
    assert made.break_even == pytest.approx(0.05)
    assert made.point_worth == Decimal("6000.00")
    assert estimate(costs=NO_COST).break_even is None
    assert estimate(stake=0, costs=Costs(people_days={}, compute=Decimal(1))).break_even is None
