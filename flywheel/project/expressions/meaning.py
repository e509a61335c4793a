"""Holds an expression against what is known of its columns: names, kinds and units, before anything is computed."""

from __future__ import annotations

from collections.abc import Mapping

from flywheel.errors import some_of
from flywheel.project.expressions.functions import FUNCTIONS, called, looked_up
from flywheel.project.expressions.known import Known
from flywheel.project.expressions.misread import Misread, close_to
from flywheel.project.expressions.operands import Meaning, Operands, constant_of
from flywheel.project.expressions.parsing import parse
from flywheel.project.expressions.steps import SORTS, Op, Step
from flywheel.project.expressions.tree import Call, Constant, Lookup, Name, Tree


def meaning_of(text: str, known: Mapping[str, Known]) -> Meaning:
    """Read an expression and say what it means; the first mistake is raised with its place."""
    return _of(parse(text), Operands(text), known)


def _of(tree: Tree, reading: Operands, known: Mapping[str, Known]) -> Meaning:
    match tree:
        case Constant():
            return constant_of(tree.value, tree.span)
        case Name():
            return _name(tree, known)
        case Lookup():
            otherwise = _of(tree.otherwise, reading, known) if tree.otherwise is not None else None
            entries = tuple((key, constant_of(value.value, value.span)) for key, value in tree.table)
            return reading.settle(looked_up(reading, _of(tree.key, reading, known), entries, otherwise, tree.span))
        case Call():
            parts = tuple(_of(operand, reading, known) for operand in tree.operands)
            return reading.settle(called(reading, tree.function, parts, tree.span))


def _name(tree: Name, known: Mapping[str, Known]) -> Meaning:
    found = known.get(tree.name)
    if found is None:
        is_function = tree.name in FUNCTIONS
        what = f"`{tree.name}` is " + ("a function, and lacks its brackets" if is_function else "no known column")
        names = sorted(name for name, one in known.items() if not one.barred)
        allowed = FUNCTIONS[tree.name] if is_function else some_of(names) or "declared columns"
        raise Misread(what, tree.span, allowed=allowed, suggestion="" if is_function else close_to(tree.name, names))
    if found.barred:
        what = f"`{tree.name}` {found.barred}"
        raise Misread(what, tree.span, allowed="what a model may use and knows at the decision")
    step = Step(Op.INPUT, SORTS[found.kind], value=found.name)
    return Meaning(step, found.kind, tree.span, found.measure, found.categories)
