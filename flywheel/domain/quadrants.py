"""Where an idea stands: what it may return against what it asks of people, beside the other ideas of the portfolio."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

IDEAS_AT_LEAST = 4
"""With fewer others in the same currency an idea is held against its own costs."""
PAYS_BACK_LARGE = 3
"""Alone, a return so many times its costs counts as large, and costs that are half the return as real effort."""
HURDLES_OF_EFFORT = 2


class Quadrant(StrEnum):
    """Where an idea stands by value and effort."""

    SWEET_SPOT = "sweet spot"
    TRANSFORMATIONAL = "transformational"
    QUICK_WIN = "quick win"
    DO_NOT = "don't"


class DataState(StrEnum):
    """Whether the data exist."""

    AT_HAND = "at hand"
    TO_JOIN = "to be joined"
    TO_COLLECT = "to be collected"


class OperationsState(StrEnum):
    """Whether what carries the decision out exists."""

    IN_PLACE = "in place"
    TO_CHANGE = "to be changed"
    TO_BUILD = "to be built"


class WorkChange(StrEnum):
    """How much the work of people changes."""

    NONE = "none"
    SOME = "some"
    LARGE = "large"


@dataclass(frozen=True)
class Feasibility:
    """What stands for and against an idea besides money."""

    sponsor: str
    is_bounded: bool
    data: DataState
    operations: OperationsState
    change: WorkChange

    @property
    def hurdles(self) -> tuple[str, ...]:
        """Name what makes it hard."""
        found = (
            (self.data is DataState.TO_COLLECT, "its data are still to be collected"),
            (self.operations is OperationsState.TO_BUILD, "its operations are still to be built"),
            (self.change is WorkChange.LARGE, "it changes people's work a lot"),
            (not self.is_bounded, "it has no clear bounds"),
        )
        return tuple(words for is_so, words in found if is_so)


@dataclass(frozen=True)
class Portfolio:
    """What the other ideas in the same currency may return and cost."""

    returns: Sequence[Decimal] = ()
    costs: Sequence[Decimal] = ()

    @property
    def is_enough(self) -> bool:
        """Whether there are enough to compare with."""
        return len(self.returns) >= IDEAS_AT_LEAST


ALONE = Portfolio()


def quadrant_of(
    likely: Decimal, cost: Decimal, *, feasibility: Feasibility | None = None, portfolio: Portfolio = ALONE
) -> tuple[Quadrant, str]:
    """Place an idea and say why; without a sponsor, or with a return that does not pay, the answer is no."""
    if feasibility is not None and not feasibility.sponsor:
        return Quadrant.DO_NOT, "nobody sponsors it"
    if likely <= 0:
        return Quadrant.DO_NOT, f"the likely return of {likely:,.0f} does not pay its cost of {cost:,.0f}"
    is_large, value = _value(likely, cost, portfolio)
    is_hard, effort = _effort(likely, cost, feasibility, portfolio)
    quadrant = {
        (True, False): Quadrant.SWEET_SPOT,
        (True, True): Quadrant.TRANSFORMATIONAL,
        (False, False): Quadrant.QUICK_WIN,
        (False, True): Quadrant.DO_NOT,
    }[is_large, is_hard]
    unknown = "" if feasibility else "; who sponsors it, and what it asks of data and people, is not stated"
    return quadrant, f"{value}; {effort}{unknown}"


def _value(likely: Decimal, cost: Decimal, portfolio: Portfolio) -> tuple[bool, str]:
    if portfolio.is_enough:
        median = statistics.median(portfolio.returns)
        side = "at least" if likely >= median else "less than"
        return likely >= median, f"it may return {side} the median of {len(portfolio.returns)} other ideas"
    if not cost:
        return False, "no costs are stated, so nothing shows its return to be large"
    is_large = likely >= PAYS_BACK_LARGE * cost
    side = "at least" if is_large else "less than"
    return is_large, f"it may return {side} {PAYS_BACK_LARGE} times its costs"


def _effort(likely: Decimal, cost: Decimal, feasibility: Feasibility | None, portfolio: Portfolio) -> tuple[bool, str]:
    hurdles = list(feasibility.hurdles) if feasibility else []
    is_dear = cost > statistics.median(portfolio.costs) if portfolio.is_enough else 2 * cost > likely
    if is_dear:
        hurdles.append("it costs more than most ideas" if portfolio.is_enough else "it costs more than half its return")
    if not hurdles:
        return False, "no effort stands against it" if cost or feasibility else "what it takes is not known"
    words = " and ".join(hurdles)
    enough = HURDLES_OF_EFFORT if feasibility else 1
    return len(hurdles) >= enough, words
