"""Compiles steps for columns: closures over numpy arrays, block by block, and no loop over rows.

Numbers and times are floats, of which a missing one is not a number. A truth is two arrays, where it is true and where
it is false, so that a missing one is neither. A word is a code into a list of words; -1 is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from flywheel.project.expressions.blocks import Block, Truth, Words, is_missing, truth_of
from flywheel.project.expressions.calendar_parts import A_DAY, part_of_date
from flywheel.project.expressions.steps import PARTS_OF_A_DATE, Op, Sort, Step

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Truths = NDArray[np.bool_]


OfBlock = Callable[[Block], Any]


def column_closure(step: Step) -> OfBlock:
    """Compile one step; what it gives for a block is floats, a truth or words, by its sort."""
    if step.op is Op.SLOT:
        place = int(str(step.value))
        return lambda block: block.slots[place]
    if step.op is Op.CONSTANT:
        value = _constant(step)
        return lambda _: value
    of = tuple(column_closure(one) for one in step.of)
    if step.op in PARTS_OF_A_DATE:
        op, (time,) = step.op, of
        return lambda block: part_of_date(op, time(block), np.floor)
    if step.op in _BY_SORT:
        return _BY_SORT[step.op](step, of)
    return _BY_OP[step.op](*of)


def _constant(step: Step) -> Any:
    if step.sort is Sort.TRUTH:
        return truth_of(np.asarray(step.value), np.asarray(not step.value))
    if step.sort is Sort.WORD:
        return Words(np.asarray(0, dtype=np.intp), (str(step.value),))
    return np.float64(float(str(step.value)))


def _finite(values: Floats) -> Floats:
    """Leave out what is no finite number: what has no answer is missing."""
    endless = np.isinf(values)
    if endless.any():
        values[endless] = np.nan
    return values


def _arithmetic(operation: Callable[..., Floats]) -> Callable[..., OfBlock]:
    return lambda *of: lambda block: _finite(operation(*(one(block) for one in of)))


def _chosen(is_better: Callable[[Floats, Floats], Truths]) -> Callable[..., OfBlock]:
    """Take the smallest or largest; of equal ones the first, and what is missing in any case."""

    def compile_it(*of: OfBlock) -> OfBlock:
        def choose(block: Block) -> Any:
            found = of[0](block)
            for other in of[1:]:
                value = other(block)
                found = np.where(is_better(value, found) | (value != value), value, found)
            return found

        return choose

    return compile_it


def _compared(
    yes: Callable[[Floats, Floats], Truths], no: Callable[[Floats, Floats], Truths]
) -> Callable[[OfBlock, OfBlock], OfBlock]:
    def compile_it(a: OfBlock, b: OfBlock) -> OfBlock:
        def compare(block: Block) -> Truth:
            one, other = a(block), b(block)
            return Truth(lambda: yes(one, other), lambda: no(one, other))

        return compare

    return compile_it


_LESS = _compared(np.less, np.greater_equal)
_AT_MOST = _compared(np.less_equal, np.greater)


def _same(step: Step, of: tuple[OfBlock, ...]) -> OfBlock:
    a, b = of
    if step.of[0].sort is Sort.TRUTH:
        same: OfBlock = _same_truths(a, b)
    elif step.of[0].sort is Sort.WORD:
        same = _same_words(a, b)
    else:
        same = _compared(np.equal, lambda one, other: (one < other) | (one > other))(a, b)
    return same if step.op is Op.SAME else _not(same)


def _same_truths(a: OfBlock, b: OfBlock) -> OfBlock:
    def same(block: Block) -> Truth:
        one, other = a(block), b(block)
        return Truth(
            lambda: (one.yes & other.yes) | (one.no & other.no), lambda: (one.yes & other.no) | (one.no & other.yes)
        )

    return same


def _same_words(a: OfBlock, b: OfBlock) -> OfBlock:
    of = object()

    def same(block: Block) -> Truth:
        one, other = a(block), b(block)

        def make() -> tuple[NDArray[np.intp], NDArray[np.intp]]:
            numbers: dict[str, int] = {}
            for level in (*one.levels, *other.levels):
                numbers.setdefault(level, len(numbers))
            first, second = (np.array([*map(numbers.__getitem__, words), -1]) for words in (one.levels, other.levels))
            return first, second

        first, second = block.table(of, (one.levels, other.levels), make)
        left, right = first[one.codes], second[other.codes]
        is_known = (left >= 0) & (right >= 0)
        return Truth(lambda: is_known & (left == right), lambda: is_known & (left != right))

    return same


def _not(a: OfBlock) -> OfBlock:
    def no(block: Block) -> Truth:
        truth = a(block)
        return Truth(lambda: truth.no, lambda: truth.yes)

    return no


def _and(a: OfBlock, b: OfBlock) -> OfBlock:
    def both(block: Block) -> Truth:
        one, other = a(block), b(block)
        return Truth(lambda: one.yes & other.yes, lambda: one.no | other.no)

    return both


def _or(a: OfBlock, b: OfBlock) -> OfBlock:
    def either(block: Block) -> Truth:
        one, other = a(block), b(block)
        return Truth(lambda: one.yes | other.yes, lambda: one.no & other.no)

    return either


def _if(_: Step, of: tuple[OfBlock, ...]) -> OfBlock:
    condition, then, otherwise = of
    which = object()
    return lambda block: _either(block, which, condition(block).yes, then(block), otherwise(block))


def _coalesce(_: Step, of: tuple[OfBlock, ...]) -> OfBlock:
    places = tuple(object() for _ in of)

    def first(block: Block) -> Any:
        found = of[0](block)
        for place, one in zip(places, of[1:], strict=False):
            found = _either(block, place, ~is_missing(found), found, one(block))
        return found

    return first


def _either(block: Block, which: object, takes: Truths, one: Any, other: Any) -> Any:
    """Take the one value where it is told to, else the other, of whatever sort they are."""
    if isinstance(one, Truth):
        return Truth(lambda: np.where(takes, one.yes, other.yes), lambda: np.where(takes, one.no, other.no))
    if not isinstance(one, Words):
        return np.where(takes, one, other)
    levels = block.table(which, (one.levels, other.levels), lambda: (*one.levels, *other.levels))
    moved = np.where(other.codes < 0, other.codes, other.codes + len(one.levels))
    return Words(np.where(takes, one.codes, moved), levels)


def _asks_whether_missing(a: OfBlock) -> OfBlock:
    def ask(block: Block) -> Truth:
        missing = is_missing(a(block))
        return Truth(lambda: missing, lambda: ~missing)

    return ask


def _bucket(step: Step, of: tuple[OfBlock, ...]) -> OfBlock:
    edges, labels, (inner,) = np.asarray(step.value, dtype=np.float64), step.labels, of

    def bucket(block: Block) -> Words:
        values = inner(block)
        return Words(np.where(values == values, np.searchsorted(edges, values, side="right"), -1), labels)

    return bucket


def _lookup(step: Step, of: tuple[OfBlock, ...]) -> OfBlock:
    found, key, which, beside = dict(step.pairs), of[0], object(), object()
    words = tuple(dict.fromkeys(str(value) for value in found.values()))

    def held(levels: tuple[str, ...], wanted: Callable[[Any], Any], *, nothing: Any) -> NDArray[Any]:
        return np.array([*(wanted(found[lv]) if lv in found else nothing for lv in levels), nothing])

    def make(levels: tuple[str, ...]) -> tuple[NDArray[np.bool_], Any]:
        known = np.array([*(lv in found for lv in levels), True])  # what is missing stays so
        if step.sort is Sort.TRUTH:
            return known, (held(levels, bool, nothing=False), held(levels, lambda value: not value, nothing=False))
        if step.sort is Sort.WORD:
            return known, held(levels, lambda value: words.index(str(value)), nothing=-1).astype(np.intp)
        return known, held(levels, float, nothing=np.nan).astype(np.float64)

    def find(block: Block) -> Any:
        asked = key(block)
        known, table = block.table(which, (asked.levels,), lambda: make(asked.levels))
        if step.sort is Sort.TRUTH:
            value: Any = truth_of(table[0][asked.codes], table[1][asked.codes])
        else:
            value = Words(table[asked.codes], words) if step.sort is Sort.WORD else table[asked.codes]
        return _either(block, beside, known[asked.codes], value, of[1](block)) if len(of) > 1 else value

    return find


_BY_SORT: Mapping[Op, Callable[[Step, tuple[OfBlock, ...]], OfBlock]] = MappingProxyType(
    {Op.BUCKET: _bucket, Op.LOOKUP: _lookup, Op.SAME: _same, Op.DIFFERENT: _same, Op.IF: _if, Op.COALESCE: _coalesce}
)
_BY_OP: Mapping[Op, Callable[..., OfBlock]] = MappingProxyType(
    {
        Op.ADD: _arithmetic(np.add),
        Op.SUBTRACT: _arithmetic(np.subtract),
        Op.MULTIPLY: _arithmetic(np.multiply),
        Op.DIVIDE: _arithmetic(np.divide),
        Op.NEGATE: lambda a: lambda block: -a(block),
        Op.ABS: lambda a: lambda block: np.abs(a(block)),
        Op.SQRT: _arithmetic(np.sqrt),
        Op.LOG: _arithmetic(np.log),
        Op.EXP: _arithmetic(np.exp),
        Op.FLOOR: lambda a: lambda block: np.floor(a(block)),
        Op.MIN: _chosen(np.less),
        Op.MAX: _chosen(np.greater),
        Op.LESS: _LESS,
        Op.AT_MOST: _AT_MOST,
        Op.MORE: lambda a, b: _LESS(b, a),
        Op.AT_LEAST: lambda a, b: _AT_MOST(b, a),
        Op.AND: _and,
        Op.OR: _or,
        Op.NOT: _not,
        Op.IS_MISSING: _asks_whether_missing,
        Op.DAYS_BETWEEN: lambda a, b: lambda block: (b(block) - a(block)) / A_DAY,
    }
)
"""What each operation does with a block of rows."""
