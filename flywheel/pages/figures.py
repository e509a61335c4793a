"""Figures as people read them: money with two decimals and its currency, shares as percentages, no false precision."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from flywheel.domain.amounts import as_money
from flywheel.domain.digests import Json


def money(amount: Json, currency: str) -> str:
    """Write money with two decimals; what is no amount is shown as a gap."""
    exact = _decimal(amount)
    return "—" if exact is None else f"{as_money(exact)} {currency}"


def brought(gains: str, amount: Json, currency: str) -> str:
    """Say what something brings or, where that is less than nothing, costs; `gains` is the verb for the first."""
    exact = _decimal(amount)
    return (
        f"{gains} {money(amount, currency)}" if exact is None or exact >= 0 else f"costs {as_money(-exact)} {currency}"
    )


def within(low: Json, high: Json, *, of: Json) -> str:
    """Write the interval of an amount in the amount's own sense: of what costs, as costs."""
    least, most, exact = _decimal(low), _decimal(high), _decimal(of)
    if least is None or most is None or exact is None or exact >= 0:
        return between(low, high)
    return f"{as_money(-most)} to {as_money(-least)}"


def between(low: Json, high: Json) -> str:
    """Write an interval of money, its currency being said elsewhere."""
    least, most = _decimal(low), _decimal(high)
    return "—" if least is None or most is None else f"{as_money(least)} to {as_money(most)}"


def percent(share: Json, *, digits: int = 1) -> str:
    """Write a share as a percentage."""
    exact = _decimal(share)
    return "—" if exact is None else f"{exact * 100:.{digits}f} %"


def ratio(value: Json) -> str:
    """Write a ratio such as an AUC with three decimals."""
    exact = _decimal(value)
    return "—" if exact is None else f"{exact:.3f}"


def figure(value: Json) -> str:
    """Write any figure: whole numbers with thousands, others with three or four digits that count."""
    if value is None:
        return "—"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int) or (isinstance(value, float) and value.is_integer()):
        return f"{value:,.0f}"
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1_000 else f"{value:.4g}" if abs(value) >= 0.1 else f"{value:.3g}"
    return str(value)


def words(key: str) -> str:
    """Turn a key into words."""
    text = key.replace("_", " ")
    return text[:1].upper() + text[1:]


def _decimal(amount: Json) -> Decimal | None:
    if amount is None or isinstance(amount, bool | list | dict):
        return None
    try:
        exact = Decimal(str(amount))
    except InvalidOperation:
        return None
    return exact if exact.is_finite() else None
