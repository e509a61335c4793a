"""What the best answer that is one for all brings, and what could be won if everything were known."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from flywheel.domain.amounts import as_money
from flywheel.pages.figures import brought
from flywheel.project.answer import Outcome
from flywheel.project.charter.charter import Charter
from flywheel.project.checking.faults import Fault

if TYPE_CHECKING:
    import pandas as pd

    from flywheel.project.problems.kind import ProblemKind

_SETTLED = 6
"""Digits behind the point from which on a sum of money is rounding alone."""


@dataclass(frozen=True)
class ConstantWorth:
    """The best answer for all of some rows, what it brings a case, and what knowing all would bring."""

    rows: int
    best: Outcome
    per_case: Decimal
    known: Decimal


def constant_worth(problem: ProblemKind, outcomes: pd.DataFrame) -> ConstantWorth:
    """Find the best answer for all on rows of which the outcomes alone are needed."""
    truth, simplest = problem.truth(outcomes), problem.simplest(outcomes)
    rows = simplest.money.size
    return ConstantWorth(
        rows,
        simplest.decided[0].item(),
        per_case(math.fsum(simplest.money), rows),
        per_case(math.fsum(problem.money(truth, truth)), rows),
    )


def per_case(money: float, rows: int) -> Decimal:
    """Divide a sum of money by its rows, without what is rounding alone."""
    return Decimal(str(round(money, _SETTLED))) / rows


def constant_note(charter: Charter, problem: ProblemKind, parts: Iterable[pd.DataFrame]) -> Fault | None:
    """Say what one answer for all brings and how much could be won; nothing without money, or where nothing could be.

    Of all rows the outcomes are kept, at 8 bytes each: the best answer for all follows from no fewer.
    """
    # pandas only where rows are judged
    import pandas as pd

    known = [part.dropna() for part in parts]
    outcomes = pd.concat(known, ignore_index=True) if known else None
    if charter.value is None or outcomes is None or outcomes.empty:
        return None
    worth, unit, currency = constant_worth(problem, outcomes), charter.value.unit, charter.value.currency
    if worth.known <= worth.per_case:
        return None
    what = (
        f"One {unit} {brought('brings', str(worth.per_case), currency)} if {problem.worded(worth.best)} is decided for "
        f"all, and {brought('brings', str(worth.known), currency)} if everything were known: a model can win "
        f"{as_money(worth.known - worth.per_case)} at most"
    )
    key = f"value.{charter.asks.money}"
    return Fault("project.toml", key, what, cure=f"nothing where these are your sums; else put yours under {key}")
