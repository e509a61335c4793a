"""Amounts of money as people read them: whole from 1,000 up, to the cent, and below a cent by two telling figures."""

from __future__ import annotations

import math
from decimal import Decimal

CENT = 0.01
WHOLE_FROM = 1_000
"""From here on cents tell nothing of what was measured."""
NOTHING = 1e-7
"""What reckoning leaves over."""


def as_money(value: float | Decimal) -> str:
    """Write an amount: 1,235, 12.50, 0.00, and 0.0031 where a case is worth less than a cent."""
    size = abs(float(value))
    if size < NOTHING:
        return "0.00"
    if round(size, 2) >= WHOLE_FROM and math.isfinite(size):
        return f"{value:,.0f}"
    if size >= CENT or not math.isfinite(size):
        return f"{value:,.2f}"
    return f"{value:.{1 - math.floor(math.log10(size))}f}"


def written_out(value: float) -> str:
    """Write a number as it is, to ten digits and without a power of ten: 1234567, 0.000001."""
    return f"{Decimal(f'{value:.10g}'):f}" if math.isfinite(value) else str(value)
