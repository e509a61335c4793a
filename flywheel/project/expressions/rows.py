"""Compiles steps for single rows: closures over plain floats, bit for bit what whole columns give.

A number or a time that is missing is not a number; a missing truth or word is None. The four operations, roots and
comparisons are exactly rounded by IEEE 754, whoever does them; logarithm and exponential are numpy's own in both ways,
since those of `math` differ in the last bit.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from flywheel.project.expressions.calendar_parts import A_DAY, part_of_date
from flywheel.project.expressions.steps import PARTS_OF_A_DATE, Op, Sort, Step

Slots = list[Any]
"""Inputs first, then what was computed, in the order of the program."""
OfRow = Callable[[Slots], Any]

NOTHING = math.nan
_LARGEST_POWER = 709.0
"""Beyond it the exponential may be too large."""


def row_closure(step: Step) -> OfRow:
    """Compile one step."""
    if step.op is Op.SLOT:
        place = int(str(step.value))
        return lambda slots: slots[place]
    if step.op is Op.CONSTANT:
        value = step.value
        return lambda _: value
    of = tuple(row_closure(one) for one in step.of)
    if step.op in PARTS_OF_A_DATE:
        op, (time,) = step.op, of
        return lambda slots: part_of_date(op, time(slots), _floor)
    if step.op in _BY_SORT:
        return _BY_SORT[step.op](step, of)
    return _BY_OP[step.op](*of)


def settled(step: Step) -> Any:
    """Compute a step over constants."""
    return row_closure(step)([])


def is_nothing(value: Any) -> bool:
    """Whether a computed value is missing."""
    return value is None or value != value


def _add(a: OfRow, b: OfRow) -> OfRow:
    def add(slots: Slots) -> float:
        found: float = a(slots) + b(slots)
        return found if found - found == 0 else NOTHING  # neither infinite nor missing

    return add


def _subtract(a: OfRow, b: OfRow) -> OfRow:
    def subtract(slots: Slots) -> float:
        found: float = a(slots) - b(slots)
        return found if found - found == 0 else NOTHING

    return subtract


def _multiply(a: OfRow, b: OfRow) -> OfRow:
    def multiply(slots: Slots) -> float:
        found: float = a(slots) * b(slots)
        return found if found - found == 0 else NOTHING

    return multiply


def _divide(a: OfRow, b: OfRow) -> OfRow:
    def divide(slots: Slots) -> float:
        divisor = b(slots)
        if divisor == 0:
            return NOTHING
        found: float = a(slots) / divisor
        return found if found - found == 0 else NOTHING

    return divide


def _root(a: OfRow) -> OfRow:
    def root(slots: Slots) -> float:
        value = a(slots)
        return math.sqrt(value) if value >= 0 else NOTHING

    return root


def _log(a: OfRow) -> OfRow:
    log = np.log

    def logarithm(slots: Slots) -> float:
        value = a(slots)
        return float(log(value)) if value > 0 else NOTHING

    return logarithm


def _exp(a: OfRow) -> OfRow:
    exp = np.exp

    def exponential(slots: Slots) -> float:
        value = a(slots)
        if value <= _LARGEST_POWER:
            return float(exp(value))
        with np.errstate(over="ignore"):
            found = float(exp(value))
        return found if found - found == 0 else NOTHING

    return exponential


def _floor(value: float) -> float:
    return value // 1.0  # what is missing stays so, and -0.0 as it is


def _smaller(*of: OfRow) -> OfRow:
    def smaller(slots: Slots) -> float:
        found: float = of[0](slots)
        for other in of[1:]:
            value = other(slots)
            if value < found or value != value:
                found = value
        return found

    return smaller


def _larger(*of: OfRow) -> OfRow:
    def larger(slots: Slots) -> float:
        found: float = of[0](slots)
        for other in of[1:]:
            value = other(slots)
            if value > found or value != value:
                found = value
        return found

    return larger


def _less(a: OfRow, b: OfRow) -> OfRow:
    def less(slots: Slots) -> bool | None:
        one, other = a(slots), b(slots)
        return True if one < other else (False if one >= other else None)

    return less


def _at_most(a: OfRow, b: OfRow) -> OfRow:
    def at_most(slots: Slots) -> bool | None:
        one, other = a(slots), b(slots)
        return True if one <= other else (False if one > other else None)

    return at_most


def _same(a: OfRow, b: OfRow) -> OfRow:
    def same(slots: Slots) -> bool | None:
        one, other = a(slots), b(slots)
        return None if is_nothing(one) or is_nothing(other) else bool(one == other)

    return same


def _not(a: OfRow) -> OfRow:
    def no(slots: Slots) -> bool | None:
        truth = a(slots)
        return None if truth is None else not truth

    return no


def _and(a: OfRow, b: OfRow) -> OfRow:
    def both(slots: Slots) -> bool | None:
        one, other = a(slots), b(slots)
        if one is False or other is False:
            return False
        return None if one is None or other is None else True

    return both


def _or(a: OfRow, b: OfRow) -> OfRow:
    def either(slots: Slots) -> bool | None:
        one, other = a(slots), b(slots)
        if one or other:
            return True
        return None if one is None or other is None else False

    return either


def _if(condition: OfRow, then: OfRow, otherwise: OfRow) -> OfRow:
    return lambda slots: then(slots) if condition(slots) else otherwise(slots)


def _coalesce(*of: OfRow) -> OfRow:
    def first(slots: Slots) -> Any:
        value = None
        for one in of:
            value = one(slots)
            if value is not None and value == value:
                return value
        return value

    return first


def _days_between(a: OfRow, b: OfRow) -> OfRow:
    return lambda slots: (b(slots) - a(slots)) / A_DAY


def _bucket(step: Step, of: tuple[OfRow, ...]) -> OfRow:
    edges, labels, (inner,) = step.value, step.labels, of
    assert isinstance(edges, tuple)

    def bucket(slots: Slots) -> str | None:
        value = inner(slots)
        return labels[bisect_right(edges, value)] if value == value else None

    return bucket


def _lookup(step: Step, of: tuple[OfRow, ...]) -> OfRow:
    table, key = dict(step.pairs), of[0]
    nothing = NOTHING if step.sort in {Sort.NUMBER, Sort.TIME} else None
    otherwise = of[1] if len(of) > 1 else lambda _: nothing

    def find(slots: Slots) -> Any:
        word = key(slots)
        if word is None:
            return nothing
        return table[word] if word in table else otherwise(slots)

    return find


_BY_SORT: Mapping[Op, Callable[[Step, tuple[OfRow, ...]], OfRow]] = MappingProxyType(
    {Op.BUCKET: _bucket, Op.LOOKUP: _lookup}
)
_BY_OP: Mapping[Op, Callable[..., OfRow]] = MappingProxyType(
    {
        Op.ADD: _add,
        Op.SUBTRACT: _subtract,
        Op.MULTIPLY: _multiply,
        Op.DIVIDE: _divide,
        Op.NEGATE: lambda a: lambda slots: -a(slots),
        Op.ABS: lambda a: lambda slots: abs(a(slots)),
        Op.SQRT: _root,
        Op.LOG: _log,
        Op.EXP: _exp,
        Op.FLOOR: lambda a: lambda slots: _floor(a(slots)),
        Op.MIN: _smaller,
        Op.MAX: _larger,
        Op.LESS: _less,
        Op.AT_MOST: _at_most,
        Op.MORE: lambda a, b: _less(b, a),
        Op.AT_LEAST: lambda a, b: _at_most(b, a),
        Op.SAME: _same,
        Op.DIFFERENT: lambda a, b: _not(_same(a, b)),
        Op.AND: _and,
        Op.OR: _or,
        Op.NOT: _not,
        Op.IF: _if,
        Op.COALESCE: _coalesce,
        Op.IS_MISSING: lambda a: lambda slots: is_nothing(a(slots)),
        Op.DAYS_BETWEEN: _days_between,
    }
)
"""What each operation does with one row."""
