"""What amounts are counted in: EUR and kg cannot be added, EUR by month has a name, plain numbers take any unit."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from flywheel.project.reading.written_units import currency_of

_SAME = {"day": "days", "month": "months", "year": "years", "hour": "hours", "week": "weeks"}
_PART = re.compile(r"([^*/^0-9\s]+)(?:\^([1-9]))?")


@dataclass(frozen=True)
class Measure:
    """A unit with its powers; plain numbers take `any` they meet, and what nobody stated fits all."""

    powers: tuple[tuple[str, int], ...] = ()
    is_stated: bool = True
    is_any: bool = False

    @property
    def name(self) -> str:
        """Write it: EUR, EUR/months, EUR*kg, kg^2; nothing where there is none."""
        above = "*".join(_power(name, power) for name, power in self.powers if power > 0)
        below = "/".join(_power(name, -power) for name, power in self.powers if power < 0)
        return f"{above or ('1' if below else '')}{'/' if below else ''}{below}"

    @property
    def said(self) -> str:
        """Name it in a message."""
        return self.name or "a ratio without unit"


ANY = Measure(is_any=True)
UNSTATED = Measure(is_stated=False)
RATIO = Measure()
DAYS = Measure((("days", 1),))


def measure_of(unit: str | None) -> Measure:
    """Read what a column declares, where it declares something."""
    return _of_powers(Counter({_plain(unit): 1})) if unit else UNSTATED


def read_measure(text: str) -> Measure | None:
    """Read a unit as people write it, such as EUR/month; None where it cannot be read."""
    powers: Counter[str] = Counter()
    sign = 1
    for place, piece in enumerate(re.split(r"\s*([*/])\s*", text.strip())):
        if place % 2:
            sign = 1 if piece == "*" else -1
            continue
        match = _PART.fullmatch(piece)
        if match is None and not (piece == "1" and place == 0):
            return None
        if match is not None:
            powers[_plain(match[1])] += sign * int(match[2] or 1)
    return _of_powers(powers)


def shared(one: Measure, other: Measure) -> Measure | None:
    """Give the unit of two amounts that are added or compared; None where they are of different ones."""
    if one.is_any or not one.is_stated:
        return other if other.is_stated and not other.is_any else (one if other.is_any else other)
    if other.is_any or not other.is_stated or one == other:
        return one
    return None


def product(one: Measure, other: Measure, *, power: int = 1) -> Measure:
    """Give the unit of a product, or with power -1 of a quotient; what nobody stated leaves it open."""
    if one.is_any and other.is_any:
        return ANY
    if not (one.is_stated and other.is_stated):
        return UNSTATED
    powers = Counter(dict(one.powers))
    for name, exponent in other.powers:
        powers[name] += power * exponent
    return _of_powers(powers)


def root(one: Measure) -> Measure:
    """Give the unit of a square root; open where it would be no whole power."""
    if one.is_any or not one.is_stated or any(power % 2 for _, power in one.powers):
        return one if one.is_any else UNSTATED
    return Measure(tuple((name, power // 2) for name, power in one.powers))


def _of_powers(powers: Counter[str]) -> Measure:
    return Measure(tuple(sorted((name, power) for name, power in powers.items() if power)))


def _plain(unit: str) -> str:
    return currency_of(unit) or _SAME.get(unit, unit)


def _power(name: str, power: int) -> str:
    return name if power == 1 else f"{name}^{power}"
