"""What a text says, before anybody asks whether it makes sense: constants, names, calls and tables."""

from __future__ import annotations

from dataclasses import dataclass

from flywheel.project.expressions.misread import Span


@dataclass(frozen=True)
class Constant:
    """A number, a text or a truth, as written."""

    value: float | str | bool
    span: Span


@dataclass(frozen=True)
class Name:
    """A column or another feature."""

    name: str
    span: Span


@dataclass(frozen=True)
class Call:
    """A function, or an operator by its sign, with its operands."""

    function: str
    operands: tuple[Tree, ...]
    span: Span


@dataclass(frozen=True)
class Lookup:
    """A value found in a small table, and what stands for names that are not in it."""

    key: Tree
    table: tuple[tuple[Constant, Constant], ...]
    otherwise: Tree | None
    span: Span


Tree = Constant | Name | Call | Lookup
