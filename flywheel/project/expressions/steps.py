"""An expression that makes sense: operations with the sort of what each gives, ready to be compiled in both ways."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from flywheel.project.reading.kinds import Kind


class Sort(StrEnum):
    """What a value is."""

    NUMBER = "number"
    TRUTH = "truth"
    WORD = "word"
    TIME = "time"


SORTS = {
    Kind.NUMBER: Sort.NUMBER,
    Kind.INTEGER: Sort.NUMBER,
    Kind.BOOLEAN: Sort.TRUTH,
    Kind.CATEGORY: Sort.WORD,
    Kind.TEXT: Sort.WORD,
    Kind.TIME: Sort.TIME,
}
"""The sort of a column's values."""


class Op(StrEnum):
    """What is done; `+` is the same whatever engine does it."""

    INPUT = "input"
    CONSTANT = "constant"
    SLOT = "slot"
    ADD = "+"
    SUBTRACT = "-"
    MULTIPLY = "*"
    DIVIDE = "/"
    NEGATE = "negated"
    ABS = "abs"
    SQRT = "sqrt"
    LOG = "log"
    EXP = "exp"
    FLOOR = "floor"
    MIN = "min"
    MAX = "max"
    LESS = "<"
    AT_MOST = "<="
    MORE = ">"
    AT_LEAST = ">="
    SAME = "=="
    DIFFERENT = "!="
    AND = "and"
    OR = "or"
    NOT = "not"
    IF = "if"
    COALESCE = "coalesce"
    IS_MISSING = "is_missing"
    BUCKET = "bucket"
    LOOKUP = "lookup"
    DAYS_BETWEEN = "days_between"
    YEAR = "year"
    QUARTER = "quarter"
    MONTH = "month"
    DAY = "day"
    WEEKDAY = "weekday"
    HOUR = "hour"


PARTS_OF_A_DATE = frozenset({Op.YEAR, Op.QUARTER, Op.MONTH, Op.DAY, Op.WEEKDAY, Op.HOUR})

Value = float | str | bool | int | None
Pairs = tuple[tuple[str, Value], ...]


@dataclass(frozen=True)
class Step:
    """One operation: on which steps, and what it holds itself, such as a constant, an edge or a place."""

    op: Op
    sort: Sort
    of: tuple[Step, ...] = ()
    value: Value | tuple[float, ...] = None
    pairs: Pairs = ()
    labels: tuple[str, ...] = ()


def constant(value: Value, sort: Sort) -> Step:
    """Make a step that always gives the same."""
    return Step(Op.CONSTANT, sort, value=value)
