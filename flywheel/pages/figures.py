"""Figures as people read them: money with its currency, shares as percentages, times of day, no false precision."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation

from flywheel.domain.amounts import as_money
from flywheel.domain.digests import Json

_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?", flags=re.ASCII)
_LONG_DECIMAL = re.compile(r"-?\d+\.\d{5,}", flags=re.ASCII)
_LEAST_WRITTEN_OUT = 1e-6


def money(amount: Json, currency: str) -> str:
    """Write money with two decimals; what is no amount is shown as a gap."""
    exact = _decimal(amount)
    return "—" if exact is None else f"{as_money(exact)} {currency}"


def declared(amount: Json, currency: str) -> str:
    """Write money that people wrote down, to the last cent of it."""
    exact = _decimal(amount)
    if exact is None or Decimal(as_money(exact).replace(",", "")) == exact:
        return money(amount, currency)
    return f"{exact:,f} {currency}"


def brought(gains: str, amount: Json, currency: str) -> str:
    """Say what something brings or, where that is less than nothing, costs; `gains` is the verb for the first."""
    exact = _decimal(amount)
    return (
        f"{gains} {money(amount, currency)}" if exact is None or exact >= 0 else f"costs {as_money(-exact)} {currency}"
    )


def estimated(gains: str, kpi: Mapping[str, Json], currency: str) -> tuple[str, str, str]:
    """Give verb, amount and interval of an estimate: as costs where it surely costs, else all with their signs."""
    value, least, most = (_decimal(kpi.get(key)) for key in ("value", "low", "high"))
    if value is None or least is None or most is None or most >= 0:
        return gains, money(kpi.get("value"), currency), between(kpi.get("low"), kpi.get("high"))
    return "costs", f"{as_money(-value)} {currency}", f"{as_money(-most)} to {as_money(-least)}"


def between(low: Json, high: Json) -> str:
    """Write an interval of money, its currency being said elsewhere."""
    least, most = _decimal(low), _decimal(high)
    return "—" if least is None or most is None else f"{as_money(least)} to {as_money(most)}"


def percent(share: Json, *, digits: int = 1) -> str:
    """Write a share as a percentage, rounded as the sentences of findings round it."""
    exact = _decimal(share)
    return "—" if exact is None else f"{float(exact) * 100:.{digits}f} %"


def ratio(value: Json) -> str:
    """Write a ratio such as an AUC with three decimals."""
    exact = _decimal(value)
    return "—" if exact is None else f"{exact:.3f}"


def figure(value: Json) -> str:
    """Write any figure: whole numbers with thousands, others with three or four digits that count, times as such."""
    if value is None:
        return "—"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int) or (isinstance(value, float) and value.is_integer()):
        return f"{value:,.0f}"
    if isinstance(value, float):
        return _fraction(value)
    text = str(value)
    if _MOMENT.fullmatch(text):
        return moment(text)
    return _fraction(float(text)) if _LONG_DECIMAL.fullmatch(text) else text


def moment(said: str | datetime) -> str:
    """Write a time to the minute, in UTC; what is none stays as it is."""
    try:
        at = said if isinstance(said, datetime) else datetime.fromisoformat(said)
    except ValueError:
        return str(said)
    at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    return f"{at:%Y-%m-%d %H:%M} UTC"


def _fraction(value: float) -> str:
    """Write what is no whole number, and no power of ten that people must read in their heads."""
    size = abs(value)
    if not math.isfinite(value) or size >= 1_000:
        return f"{value:,.0f}"
    if size >= 0.1 or value == 0:
        return f"{value:.4g}"
    if size >= _LEAST_WRITTEN_OUT:
        return f"{Decimal(f'{value:.3g}'):f}"
    return "under 0.000001" if value > 0 else "between -0.000001 and 0"


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
