"""Which expectations of Great Expectations a charter can name, and which arguments each takes.

Left out are those that run queries, that need what TOML cannot say plainly, or that no data frame answers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from difflib import get_close_matches
from types import MappingProxyType
from typing import TypeGuard

from flywheel.project.reading.patterns import may_never_end

MOSTLY_FROM = 0.05
"""Of a check that holds for fewer rows than this, hardly a table says anything else."""


@dataclass(frozen=True)
class Shape:
    """The arguments of one expectation."""

    needed: tuple[str, ...]
    optional: tuple[str, ...]

    @property
    def known(self) -> tuple[str, ...]:
        """Every argument that it takes."""
        return self.needed + self.optional


@dataclass(frozen=True)
class Misfit:
    """What is wrong with an expectation, and what is allowed."""

    what: str
    allowed: str


def misfits(name: str, given: Mapping[str, object]) -> Iterator[Misfit]:
    """Hold an expectation's name and arguments against what there is."""
    shape = EXPECTATIONS.get(name)
    if shape is None:
        near = get_close_matches(name, EXPECTATIONS, n=3)
        yield Misfit(f"there is no expectation {name!r}", " or ".join(near) or "one that docs/charter.md lists")
        return
    for argument in given:
        if argument not in shape.known:
            yield Misfit(f"{name} takes no argument {argument!r}", ", ".join(shape.known))
    for argument in shape.needed:
        if argument not in given:
            yield Misfit(f"{name} needs {argument!r}", ", ".join(shape.known))
    for argument, value in given.items():
        kind = _KINDS.get(argument)
        if argument in shape.known and kind and (allowed := kind(value)):
            yield Misfit(f"{argument} of {name} does not fit: {value!r}", allowed)
    low, high = given.get("min_value"), given.get("max_value")
    if "min_value" in shape.known and low is None and high is None:
        yield Misfit(f"{name} has no limit, so that nothing breaks it", "min_value, max_value, or both")
    if _is_number(low) and _is_number(high) and low > high:
        yield Misfit(f"nothing lies between {low!r} and {high!r}", "min_value at most max_value")


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _share(value: object) -> str:
    return "" if _is_number(value) and MOSTLY_FROM <= value <= 1 else f"a share from {MOSTLY_FROM:g} to 1"


def _number(value: object) -> str:
    return "" if _is_number(value) else "a number"


def _bound(value: object) -> str:
    return "" if _is_number(value) or isinstance(value, str | date | datetime) else "a number or a time"


def _flag(value: object) -> str:
    return "" if isinstance(value, bool) else "true or false"


def _text(value: object) -> str:
    return "" if isinstance(value, str) and value else "a text"


def _values(value: object) -> str:
    return "" if isinstance(value, list | tuple) and value else "a list of values"


def _texts(value: object) -> str:
    is_one = isinstance(value, list | tuple) and value and all(isinstance(item, str) for item in value)
    return "" if is_one else "a list of texts"


def _pattern(value: object) -> str:
    if not isinstance(value, str):
        return "a regular expression"
    try:
        re.compile(value)
    except re.error as problem:
        return f"a regular expression of Python; this one: {problem}"
    if may_never_end(value):
        return "no repeat within a repeat that takes the same letters, such as (a+)+: one value could take for ever"
    return ""


def _patterns(value: object) -> str:
    if (trouble := _texts(value)) or not isinstance(value, list | tuple):
        return trouble
    return next((said for item in value if (said := _pattern(item))), "")


def _one_of(*words: str) -> Callable[[object], str]:
    return lambda value: "" if value in words else " or ".join(words)


_KINDS: Mapping[str, Callable[[object], str]] = MappingProxyType(
    {
        "column": _text,
        "column_A": _text,
        "column_B": _text,
        "column_list": _texts,
        "column_set": _texts,
        "mostly": _share,
        "min_value": _bound,
        "max_value": _bound,
        "value": _number,
        "sum_total": _number,
        "threshold": _number,
        "multiplier": _number,
        "column_index": _number,
        "value_set": _values,
        "value_pairs_set": _values,
        "type_": _text,
        "type_list": _texts,
        "regex": _pattern,
        "regex_list": _patterns,
        "strftime_format": _text,
        "match_on": _one_of("any", "all"),
        "method": _one_of("iqr", "std"),
        **dict.fromkeys(
            ("strict_min", "strict_max", "strictly", "ties_okay", "or_equal", "double_sided", "exact_match"), _flag
        ),
    }
)

_BOUNDS = "min_value max_value strict_min strict_max"
_PAIR = "column_A! column_B! mostly ignore_row_if"
_SEVERAL = "column_list! mostly ignore_row_if"


def _shape(words: str) -> Shape:
    named = words.split()
    needed = tuple(word.removesuffix("!") for word in named if word.endswith("!"))
    return Shape(needed, tuple(word for word in named if not word.endswith("!")))


EXPECTATIONS: Mapping[str, Shape] = MappingProxyType(
    {
        name: _shape(words)
        for names, words in (
            (("distinct_values_to_be_in_set", "distinct_values_to_contain_set", "distinct_values_to_equal_set"),
             "column! value_set!"),
            (("max_to_be_between", "mean_to_be_between", "median_to_be_between", "min_to_be_between",
              "stdev_to_be_between", "sum_to_be_between", "unique_value_count_to_be_between",
              "proportion_of_unique_values_to_be_between", "proportion_of_non_null_values_to_be_between"),
             f"column! {_BOUNDS}"),
            (("most_common_value_to_be_in_set",), "column! value_set! ties_okay"),
            (("pair_values_a_to_be_greater_than_b",), f"{_PAIR} or_equal"),
            (("pair_values_to_be_equal",), _PAIR),
            (("pair_values_to_be_in_set",), f"{_PAIR} value_pairs_set!"),
            (("to_exist",), "column! column_index"),
            (("type_to_be",), "column! type_!"),
            (("value_lengths_to_be_between", "values_to_be_between"), f"column! mostly {_BOUNDS}"),
            (("value_lengths_to_equal",), "column! value! mostly"),
            (("value_z_scores_to_be_less_than",), "column! threshold! double_sided! mostly"),
            (("values_to_be_dateutil_parseable", "values_to_be_json_parseable", "values_to_be_null",
              "values_to_be_unique", "values_to_not_be_null"), "column! mostly"),
            (("values_to_be_decreasing", "values_to_be_increasing"), "column! mostly strictly"),
            (("values_to_be_in_set", "values_to_not_be_in_set"), "column! value_set! mostly"),
            (("values_to_be_in_type_list",), "column! type_list mostly"),
            (("values_to_be_of_type",), "column! type_! mostly"),
            (("values_to_match_regex",), "column! regex mostly"),
            (("values_to_not_match_regex",), "column! regex! mostly"),
            (("values_to_match_regex_list",), "column! regex_list! mostly match_on"),
            (("values_to_not_match_regex_list",), "column! regex_list! mostly"),
            (("values_to_match_strftime_format",), "column! strftime_format! mostly"),
            (("values_to_not_be_outliers",), "column! mostly method multiplier"),
        )
        for name in (f"expect_column_{one}" for one in names)
    }
    | {
        name: _shape(words)
        for name, words in (
            ("expect_compound_columns_to_be_unique", _SEVERAL),
            ("expect_multicolumn_sum_to_equal", f"{_SEVERAL} sum_total!"),
            ("expect_multicolumn_values_to_be_equal", _SEVERAL),
            ("expect_select_column_values_to_be_unique_within_record", _SEVERAL),
            ("expect_table_column_count_to_be_between", "min_value max_value"),
            ("expect_table_column_count_to_equal", "value!"),
            ("expect_table_columns_to_match_ordered_list", "column_list"),
            ("expect_table_columns_to_match_set", "column_set exact_match"),
            ("expect_table_row_count_to_be_between", _BOUNDS),
            ("expect_table_row_count_to_equal", "value!"),
        )
    }
)  # fmt: skip
"""Each by its name; tests hold them against the library's own models."""
