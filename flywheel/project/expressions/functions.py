"""The closed set of functions and operators: what each takes, and what it gives."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise
from types import MappingProxyType

from flywheel.errors import counted
from flywheel.project.expressions.known import AMOUNTS, WORDS
from flywheel.project.expressions.misread import Misread, Span, close_to
from flywheel.project.expressions.operands import Meaning, Operands, word_of
from flywheel.project.expressions.parsing import COMPARISONS, NEGATED
from flywheel.project.expressions.steps import PARTS_OF_A_DATE, Op, Pairs, Sort, Step
from flywheel.project.expressions.tree import Constant
from flywheel.project.expressions.units import DAYS, RATIO, UNSTATED, Measure, product, root
from flywheel.project.reading.kinds import Kind
from flywheel.project.reading.levels import level_of

Parts = tuple[Meaning, ...]

FUNCTIONS: Mapping[str, str] = MappingProxyType(
    {
        "abs": "abs(amount)",
        "sqrt": "sqrt(amount)",
        "log": "log(amount)",
        "exp": "exp(amount)",
        "floor": "floor(amount)",
        "min": "min(a, b, ...)",
        "max": "max(a, b, ...)",
        "coalesce": "coalesce(value, what stands where it is missing, ...)",
        "is_missing": "is_missing(value)",
        "bucket": "bucket(age, 18, 30, 65)",
        "lookup": 'lookup(region, {"north": 1.2, "south": 0.9}, what stands for all others)',
        "days_between": "days_between(from, to)",
        **{op.value: f"{op.value}(time)" for op in sorted(PARTS_OF_A_DATE)},
    }
)
"""Each function, as it is written."""

_MEANT = {
    "ln": "log", "round": "floor", "int": "floor", "isnull": "is_missing", "isna": "is_missing",
    "ifnull": "coalesce", "nvl": "coalesce", "fillna": "coalesce", "least": "min", "greatest": "max", "cut": "bucket",
    "datediff": "days_between", "map": "lookup", "case": "if ... then ... else", "where": "if ... then ... else",
}  # fmt: skip
"""What other languages call it."""


def called(reading: Operands, name: str, parts: Parts, span: Span) -> Meaning:
    """Say what an operator or a function means for its operands, or why it has no meaning."""
    if name in _OPERATORS:
        return _OPERATORS[name](reading, Op(name), parts, span)
    if name not in FUNCTIONS:
        meant = _MEANT.get(name.casefold(), "") or close_to(name, FUNCTIONS)
        place = Span(span.start, span.start + len(name))
        raise Misread(f"there is no function `{name}`", place, allowed=", ".join(FUNCTIONS), suggestion=meant)
    least, most = _TAKEN.get(name, (1, 1))
    if not least <= len(parts) <= most:
        raise Misread(f"`{name}` does not take {counted(len(parts), 'value')}", span, allowed=FUNCTIONS[name])
    return _CALLS[name](reading, Op(name), parts, span)


def looked_up(
    reading: Operands,
    key: Meaning,
    entries: tuple[tuple[Constant, Meaning], ...],
    otherwise: Meaning | None,
    span: Span,
) -> Meaning:
    """Say what a lookup gives: values of one kind, and what stands for names that are not in the table."""
    reading.must_be(key, WORDS, "a category or a text")
    pairs: Pairs = ()
    for written, value in entries:
        word = level_of(written.value)
        if not isinstance(written.value, str):
            raise Misread("a lookup finds texts in quotes", written.span, allowed=f'"{word}": a value')
        if word in dict(pairs):
            raise Misread(f'"{word}" stands in the table twice', written.span, allowed="each name once")
        if key.labels and word not in key.labels:
            near = close_to(word, key.labels)
            raise Misread(f'"{word}" is none of the declared categories', written.span, suggestion=near)
        pairs = (*pairs, (word, word_of(value)))
    given = reading.alike(*(value for _, value in entries), *((otherwise,) if otherwise else ()))
    labels = _labels(given)
    sort = given[0].step.sort
    step = Step(Op.LOOKUP, sort, (key.step, *((given[-1].step,) if otherwise else ())), pairs=pairs)
    kind = _widest(given) if sort is Sort.NUMBER else given[0].kind
    measure = reading.measure(*given)
    return Meaning(step, kind, span, measure, labels)


def _arithmetic(reading: Operands, op: Op, parts: Parts, span: Span) -> Meaning:
    left, right = parts
    if op is Op.SUBTRACT and left.kind is Kind.TIME and right.kind is Kind.TIME:
        raise Misread("times are not subtracted", span, allowed="days_between(from, to)")
    _amounts(reading, parts)
    if op is Op.DIVIDE and right.is_constant and right.step.value == 0:
        raise Misread("divides by zero, whatever the row", right.span, allowed="a divisor that is not always zero")
    step = Step(op, Sort.NUMBER, (left.step, right.step))
    if op in {Op.ADD, Op.SUBTRACT}:
        return Meaning(step, _widest(parts), span, reading.measure(left, right))
    measure = product(left.measure, right.measure, power=-1 if op is Op.DIVIDE else 1)
    return Meaning(step, Kind.NUMBER if op is Op.DIVIDE else _widest(parts), span, measure)


def _comparison(reading: Operands, op: Op, parts: Parts, span: Span) -> Meaning:
    left, right = reading.alike(*parts)
    reading.must_be_known(left, right)
    is_ordered = left.kind in AMOUNTS or left.kind is Kind.TIME
    if op not in {Op.SAME, Op.DIFFERENT} and not is_ordered:
        raise Misread(f"{reading.quote(left)} is {left.said}, which has no order", span, allowed="== or !=")
    return Meaning(Step(op, Sort.TRUTH, (left.step, right.step)), Kind.BOOLEAN, span, UNSTATED)


def _logic(reading: Operands, op: Op, parts: Parts, span: Span) -> Meaning:
    for part in parts:
        reading.must_be(part, frozenset({Kind.BOOLEAN}), "true or false")
    return Meaning(Step(op, Sort.TRUTH, _steps(parts)), Kind.BOOLEAN, span, UNSTATED)


def _condition(reading: Operands, op: Op, parts: Parts, span: Span) -> Meaning:
    reading.must_be(parts[0], frozenset({Kind.BOOLEAN}), "a condition, true or false")
    return _chosen(reading, op, reading.alike(*parts[1:]), span, before=(parts[0].step,))


def _coalesce(reading: Operands, op: Op, parts: Parts, span: Span) -> Meaning:
    return _chosen(reading, op, reading.alike(*parts), span)


def _chosen(reading: Operands, op: Op, given: Parts, span: Span, before: tuple[Step, ...] = ()) -> Meaning:
    """One of several values, which are of one kind and unit."""
    kind = _widest(given) if given[0].kind in AMOUNTS else given[0].kind
    if any(part.kind is Kind.TEXT for part in given):
        kind = Kind.TEXT
    step = Step(op, given[0].step.sort, (*before, *_steps(given)))
    return Meaning(step, kind, span, reading.measure(*given), _labels(given))


def _ends(reading: Operands, op: Op, parts: Parts, span: Span) -> Meaning:
    given = reading.alike(*parts)
    if given[0].kind is not Kind.TIME:
        _amounts(reading, given)
    return _chosen(reading, op, given, span)


def _of_one(reading: Operands, op: Op, parts: Parts, span: Span) -> Meaning:
    _amounts(reading, parts)
    (part,) = parts
    measures: dict[Op, Measure] = {Op.SQRT: root(part.measure), Op.LOG: RATIO, Op.EXP: RATIO}
    kind = {Op.FLOOR: Kind.INTEGER, Op.ABS: part.kind, Op.NEGATE: part.kind}.get(op, Kind.NUMBER)
    return Meaning(Step(op, Sort.NUMBER, (part.step,)), kind, span, measures.get(op, part.measure))


def _is_missing(_: Operands, op: Op, parts: Parts, span: Span) -> Meaning:
    if parts[0].is_constant:
        raise Misread("a constant is never missing", parts[0].span, allowed="a column, or what is made of one")
    return Meaning(Step(op, Sort.TRUTH, _steps(parts)), Kind.BOOLEAN, span, UNSTATED)


def _bucket(reading: Operands, op: Op, parts: Parts, span: Span) -> Meaning:
    _amounts(reading, parts)
    reading.measure(*parts)
    edges: tuple[float, ...] = ()
    for part in parts[1:]:
        edge = part.step.value
        if not part.is_constant or not isinstance(edge, float):
            raise Misread("an edge is the same in every row", part.span, allowed=FUNCTIONS["bucket"])
        if edges and edge <= edges[-1]:
            raise Misread("the edges are not in rising order", part.span, allowed=FUNCTIONS["bucket"])
        edges = (*edges, edge)
    inner = (f"{low:.15g} to below {high:.15g}" for low, high in pairwise(edges))
    labels = (f"below {edges[0]:.15g}", *inner, f"from {edges[-1]:.15g}")
    step = Step(op, Sort.WORD, (parts[0].step,), value=edges, labels=labels)
    return Meaning(step, Kind.CATEGORY, span, UNSTATED, labels)


def _days_between(reading: Operands, op: Op, parts: Parts, span: Span) -> Meaning:
    steps = tuple(reading.time(part).step for part in parts)
    return Meaning(Step(op, Sort.NUMBER, steps), Kind.NUMBER, span, DAYS)


def _part_of_date(reading: Operands, op: Op, parts: Parts, span: Span) -> Meaning:
    return Meaning(Step(op, Sort.NUMBER, (reading.time(parts[0]).step,)), Kind.INTEGER, span, RATIO)


def _amounts(reading: Operands, parts: Parts) -> None:
    for part in parts:
        is_truth = part.kind is Kind.BOOLEAN
        reading.must_be(part, AMOUNTS, "a number (if ... then 1 else 0 makes one)" if is_truth else "a number")


def _widest(parts: Parts) -> Kind:
    return Kind.INTEGER if all(part.kind is Kind.INTEGER for part in parts) else Kind.NUMBER


def _labels(parts: Parts) -> tuple[str, ...]:
    """Name all categories that one of several values can be, where all are known."""
    known = all(part.labels for part in parts)
    return tuple(dict.fromkeys(label for part in parts for label in part.labels)) if known else ()


def _steps(parts: Parts) -> tuple[Step, ...]:
    return tuple(part.step for part in parts)


Meant = Callable[[Operands, Op, Parts, Span], Meaning]

_OPERATORS: Mapping[str, Meant] = MappingProxyType(
    {
        **dict.fromkeys("+-*/", _arithmetic),
        **dict.fromkeys(COMPARISONS, _comparison),
        **dict.fromkeys(("and", "or", "not"), _logic),
        "if": _condition,
        NEGATED: _of_one,
    }
)
_CALLS: Mapping[str, Meant] = MappingProxyType(
    {
        **dict.fromkeys(("abs", "sqrt", "log", "exp", "floor"), _of_one),
        **dict.fromkeys(("min", "max"), _ends),
        "coalesce": _coalesce,
        "is_missing": _is_missing,
        "bucket": _bucket,
        "days_between": _days_between,
        **dict.fromkeys((op.value for op in PARTS_OF_A_DATE), _part_of_date),
    }
)
_MANY = 50
_TAKEN = {"min": (2, _MANY), "max": (2, _MANY), "coalesce": (2, _MANY), "bucket": (2, _MANY), "days_between": (2, 2)}
"""How many values a function takes, at least and at most; else one."""
