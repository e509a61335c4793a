"""Which expectations follow from declarations, and which may never be handed to Great Expectations."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime

from flywheel.errors import InputRefused, shorten
from flywheel.pages.figures import moment
from flywheel.project.reading.kinds import Kind
from validators.specs import ColumnRole, ColumnRule, ExpectationRule

NAME = re.compile(r"expect_[a-z_]{3,80}")
REFUSED_TYPES = ("expect_query_", "expect_table_row_count_to_equal_other_table")
REFUSED_ARGUMENTS = frozenset(
    {
        "row_condition",  # runs code on pandas, even in its structured form
        "condition_parser",
        "batch_id",
        "catch_exceptions",
        "id",
        "meta",
        "notes",
        "rendered_content",
        "result_format",
        "severity",
        "unexpected_rows_query",
        "windows",
    }
)
FEW_OUTSIDE = 0.001
"""A range is often proposed from a table, and the next one outdoes it in a few rows: INPUT-001 lets as many pass."""
WITHOUT_VALUES = frozenset({"expect_column_values_to_be_null", "expect_column_to_exist"})


def declared(rules: Iterable[ColumnRule]) -> tuple[ExpectationRule, ...]:
    """Say as expectations what the columns declare: range, share of missing values, categories."""
    return tuple(expectation for rule in rules for expectation in _of_column(rule))


def refuse_unsafe(expectation: ExpectationRule, rules: Mapping[str, ColumnRule]) -> None:
    """Refuse names, arguments and columns outside the closed set before anything is built from them."""
    if not NAME.fullmatch(expectation.type) or expectation.type.startswith(REFUSED_TYPES):
        raise InputRefused("this is not an expectation that may be used", found=expectation.type)
    for name, value in expectation.arguments.items():
        if name in REFUSED_ARGUMENTS:
            raise InputRefused(
                f"{expectation.type} may not be given {name}", found=name, next_step="state the rows with `where`"
            )
        _refuse_value(expectation.type, name, value)
    for column in columns_of(expectation):
        if column not in rules:
            raise InputRefused(
                f"{expectation.type} names a column that is not declared", found=column, allowed=", ".join(rules)
            )


def columns_of(expectation: ExpectationRule) -> tuple[str, ...]:
    """Name the columns that an expectation looks at."""
    found: list[str] = []
    for name in ("column", "column_A", "column_B", "column_list"):
        value = expectation.arguments.get(name)
        found.extend(map(str, value) if isinstance(value, list | tuple) else [] if value is None else [str(value)])
    return tuple(found)


def looks_at_names(expectation: ExpectationRule) -> bool:
    """Whether it judges the names of all columns and no row."""
    return expectation.type.startswith(("expect_table_column", "expect_column_to_exist"))


def sentence(expectation: ExpectationRule, share: float | None) -> str:
    """Say for a business person what was expected and in how many rows it was not so."""
    where = " and ".join(columns_of(expectation)) or "the table"
    part = where if share is None else f"{share:.1%} of {where}" if share >= 0.0005 else f"Under 0.1% of {where}"
    if expectation.said:
        return f"{part} {expectation.said}"
    said = {
        "expect_column_values_to_be_between": f"{part} lies outside the declared range.",
        "expect_column_values_to_not_be_null": f"{part} is missing, by null or by a code that means missing.",
        "expect_column_values_to_be_in_set": f"{part} is not one of the declared values.",
        "expect_column_values_to_be_unique": f"{part} occurs more than once where each value should be unique.",
    }
    words = expectation.type.removeprefix("expect_").replace("_", " ")
    return said.get(expectation.type, f"{part} violates the declaration ({words}).")


def allowed_by(expectation: ExpectationRule) -> str:
    """Say what would have been accepted."""
    words = {"min_value": "at least", "max_value": "at most", "value_set": "one of", "mostly": "in a share of at least"}
    given = {name: value for name, value in expectation.arguments.items() if not name.startswith("column")}
    return ", ".join(f"{words.get(name, name)} {_shown(value)}" for name, value in given.items())


def _shown(value: object) -> str:
    if isinstance(value, datetime):
        return moment(value)
    return shorten(moment(value) if isinstance(value, str) else value)


def _of_column(rule: ColumnRule) -> Iterator[ExpectationRule]:
    at_most = 0.0 if rule.role is ColumnRole.TARGET and rule.missing_at_most is None else rule.missing_at_most
    if at_most is not None:
        arguments = {"column": rule.name, "mostly": round(1 - at_most, 12)}
        yield ExpectationRule("expect_column_values_to_not_be_null", arguments, rule.severity)
    if rule.between is not None and rule.kind in {Kind.NUMBER, Kind.INTEGER, Kind.TIME}:
        low, high = rule.between
        sides = {name: side for name, side in (("min_value", low), ("max_value", high)) if side is not None}
        arguments_of_range = {"column": rule.name, **sides}
        asked = FEW_OUTSIDE if rule.role is ColumnRole.FEATURE and rule.kind is not Kind.TIME else 0.0
        yield ExpectationRule(
            "expect_column_values_to_be_between", arguments_of_range, rule.severity, asked_up_to=asked
        )
    if rule.categories:
        arguments_of_set = {"column": rule.name, "value_set": list(rule.categories)}
        yield ExpectationRule("expect_column_values_to_be_in_set", arguments_of_set, rule.severity)


def _refuse_value(kind: str, name: str, value: object) -> None:
    values = value if isinstance(value, list | tuple) else (value,)
    for item in values:
        is_plain = item is None or isinstance(item, bool | int | float | str | date | datetime)
        if not is_plain or (isinstance(item, float) and not math.isfinite(item)):
            raise InputRefused(
                f"{kind} was given a {name} that is neither a plain value nor a list of such", found=item
            )
