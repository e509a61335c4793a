"""Where an idea stands: its return against its efforts, alone and in a portfolio, in any currency."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flywheel.domain.quadrants import (
    DataState,
    Feasibility,
    OperationsState,
    Portfolio,
    Quadrant,
    WorkChange,
    quadrant_of,
)

EASY = Feasibility(
    "petra@bank.example",
    is_bounded=True,
    data=DataState.AT_HAND,
    operations=OperationsState.IN_PLACE,
    change=WorkChange.NONE,
)
HARD = replace(EASY, data=DataState.TO_COLLECT, change=WorkChange.LARGE)
OTHERS = Portfolio(tuple(map(Decimal, (10, 20, 30, 40))), tuple(map(Decimal, (1, 2, 3, 4))))


@pytest.mark.parametrize(
    ("likely", "feasibility", "quadrant"),
    [
        (30, EASY, Quadrant.SWEET_SPOT),
        (30, HARD, Quadrant.TRANSFORMATIONAL),
        (20, EASY, Quadrant.QUICK_WIN),
        (20, HARD, Quadrant.DO_NOT),
    ],
)
def test_beside_others_a_return_is_large_from_their_median_on(
    likely: int, feasibility: Feasibility, quadrant: Quadrant
) -> None:
    found, reason = quadrant_of(Decimal(likely), Decimal(2), feasibility=feasibility, portfolio=OTHERS)
    assert found is quadrant
    assert "the median of 4 other ideas" in reason


def test_without_a_sponsor_the_answer_is_no_whatever_it_returns() -> None:
    found, reason = quadrant_of(Decimal(1_000_000), Decimal(1), feasibility=replace(EASY, sponsor=""))
    assert (found, reason) == (Quadrant.DO_NOT, "nobody sponsors it")


def test_costs_above_the_others_are_one_effort_and_two_make_it_hard() -> None:
    one = quadrant_of(Decimal(30), Decimal(4), feasibility=EASY, portfolio=OTHERS)
    two = quadrant_of(
        Decimal(30), Decimal(4), feasibility=replace(EASY, operations=OperationsState.TO_BUILD), portfolio=OTHERS
    )
    assert (one[0], two[0]) == (Quadrant.SWEET_SPOT, Quadrant.TRANSFORMATIONAL)
    assert "its operations are still to be built and it costs more than most ideas" in two[1]


def test_without_stated_costs_no_return_is_called_large_and_what_is_stated_of_the_effort_counts() -> None:
    found, reason = quadrant_of(Decimal(1_000_000), Decimal(0), feasibility=EASY)
    assert found is Quadrant.QUICK_WIN
    assert reason == "no costs are stated, so nothing shows its return to be large; no effort stands against it"
    assert "what it takes is not known" in quadrant_of(Decimal(1_000_000), Decimal(0))[1]


def test_what_nobody_stated_is_said() -> None:
    assert "is not stated" in quadrant_of(Decimal(30), Decimal(2))[1]


@given(
    st.decimals(1, 1_000_000, places=2),
    st.decimals(1, 1_000_000, places=2),
    st.sampled_from([EASY, HARD, None]),
    st.integers(2, 1_000),
)
def test_the_currency_changes_nothing(
    likely: Decimal, cost: Decimal, feasibility: Feasibility | None, rate: int
) -> None:
    here = quadrant_of(likely, cost, feasibility=feasibility)
    there = quadrant_of(likely * rate, cost * rate, feasibility=feasibility)
    assert here == there
