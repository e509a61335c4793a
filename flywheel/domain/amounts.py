"""Amounts of money as people read them: to the cent, and below a cent by the two figures that tell."""

from __future__ import annotations

import math
from decimal import Decimal

CENT = 0.01
NOTHING = 1e-7
"""What reckoning leaves over."""


def as_money(value: float | Decimal) -> str:
    """Write an amount: 1,234.50, 0.00, and 0.0031 where a case is worth less than a cent."""
    size = abs(float(value))
    if size < NOTHING:
        return "0.00"
    if size >= CENT or not math.isfinite(size):
        return f"{value:,.2f}"
    return f"{value:.{1 - math.floor(math.log10(size))}f}"
