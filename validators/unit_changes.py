"""The changes of unit that people make: numbers become so many times what they were, and so much more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Unit:
    """A change of unit; of one that adds, `before` are the averages at which it is told from a mere factor."""

    words: str
    times: float
    plus: float = 0.0
    before: tuple[float, float] | None = None

    @property
    def formula(self) -> str:
        """Write it as people do."""
        factor = f"× {self.times:.4g}" if self.times >= 1 else f"÷ {1 / self.times:.4g}"
        sign = "+" if self.plus > 0 else "-"
        more = f" {sign} {abs(self.plus):.4g}" if self.plus else ""
        return f"{factor}{more}" if self.times != 1 else more.strip()


def _both(words: str, back: str, times: float) -> tuple[Unit, Unit]:
    return Unit(words, times), Unit(back, 1 / times)


UNITS: tuple[Unit, ...] = (
    Unit("°C as °F", 1.8, 32.0, (-60.0, 150.0)),
    Unit("°F as °C", 1 / 1.8, -32 / 1.8, (-76.0, 302.0)),
    Unit("°C as K", 1.0, 273.15, (-60.0, 150.0)),
    Unit("K as °C", 1.0, -273.15, (213.0, 423.0)),
    *_both("bar as psi", "psi as bar", 14.503774),
    *_both("kg as lb", "lb as kg", 2.204623),
    *_both("m as ft", "ft as m", 3.280840),
    *_both("miles as km", "km as miles", 1.609344),
    *_both("inches as cm", "cm as inches", 2.54),
    *_both("inches as mm", "mm as inches", 25.4),
    *_both("gallons as litres", "litres as gallons", 3.785412),
    *_both("m/s as km/h", "km/h as m/s", 3.6),
    *_both("years as months", "months as years", 12.0),
    *_both("days as hours", "hours as days", 24.0),
    *_both("hours as minutes", "minutes as hours", 60.0),
    *_both("hours as seconds", "seconds as hours", 3_600.0),
    *_both("weeks as days", "days as weeks", 7.0),
    *_both("months as days", "days as months", 30.4375),
    *_both("years as days", "days as years", 365.25),
    *_both("ten times the unit", "a tenth of the unit", 10.0),
    *_both("a hundredth of the unit, or fractions as per cent", "a hundred units, or per cent as fractions", 100.0),
    *_both("a thousandth of the unit", "thousands of the unit", 1_000.0),
    *_both("a ten-thousandth of the unit", "tens of thousands of the unit", 10_000.0),
    *_both("a hundred-thousandth of the unit", "hundreds of thousands of the unit", 100_000.0),
    *_both("a millionth of the unit", "millions of the unit", 1_000_000.0),
)
"""What a number may be taken for where it was meant as another."""
FEW_TIMES = 5.0
CHANGES = tuple(unit for unit in UNITS if unit.plus or not 1 / FEW_TIMES < unit.times < FEW_TIMES)
"""Those that nothing but a unit brings, so that DATA-003 acts on them: amounts double, and grow by a half, honestly."""


A_MOVE_TOO = 7.0
"""By such a factor a season moves a column too, of which the reference holds another one."""


def told(units: Sequence[Unit]) -> str:
    """Write changes of unit as people do, those that nobody can tell apart beside one another."""
    said = " or ".join(f"{one.formula} ({one.words})" for one in units)
    may_be_a_move = any(not one.plus and max(one.times, 1 / one.times) <= A_MOVE_TOO for one in units)
    return f"{said}, unless it has moved as much" if may_be_a_move else said
