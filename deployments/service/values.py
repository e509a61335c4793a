"""Reads one value of a request by its feature's kind, the same way as training reads it from a table."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import datetime
from typing import Any

from flywheel.project.contract import Feature
from flywheel.project.reading.date_forms import as_written
from flywheel.project.reading.kinds import Kind
from flywheel.project.reading.levels import level_of
from flywheel.project.reading.missing import Codes, written
from flywheel.project.reading.moments import moment_of
from flywheel.project.reading.text_form import BLANKS

LARGEST_INTEGER = 2**53
"""Beyond this a whole number is no longer exact as a float."""
LONGEST_CATEGORY = 256
LONGEST_TEXT = 10_000

DateForms = tuple[tuple[str, ...], ...]
ISO_ALONE: DateForms = ((),)
_A_TIME = "a time such as 2026-01-31T12:00:00Z, taken as UTC where it names no zone"
_TRUTHS = {truth: tuple(form(str(truth)) for form in (str.lower, str, str.upper)) for truth in (True, False)}
"""How files write truths that stand in a column of categories."""

Reader = Callable[[Any], tuple[Any, str]]
"""Turns a JSON value into the value to score and a flag, which may be empty; raises Wrong."""


class Wrong(Exception):
    """One value is not what the contract allows."""

    def __init__(self, what: str, allowed: str) -> None:
        self.what = what
        self.allowed = allowed
        super().__init__(what)


def reader_of(feature: Feature, date_forms: DateForms = ISO_ALONE) -> Reader:
    """Make the reader of a feature: a declared code means missing in whatever form it comes."""
    is_time, codes = feature.kind is Kind.TIME, Codes.of(feature.missing_codes)
    read = _time_reader(date_forms) if is_time else _BY_KIND[feature.kind](feature)

    def read_or_missing(value: Any) -> tuple[Any, str]:
        if value is None:
            return _missing(feature, None), ""
        if type(value) is str:
            value = value.strip(BLANKS)  # around a value they are no part of it, as in files
        if codes and codes.holds(value):
            return _missing(feature, _kept(value, feature.kind)), "missing_code"
        found, flag = read(value)
        if codes and codes.holds(found):  # a time that was written in another way than the code
            return _missing(feature, _kept(found, feature.kind)), "missing_code"
        return found, flag

    return read_or_missing


def read_time(value: Any, date_forms: DateForms = ISO_ALONE) -> datetime:
    """Read a time as the sources write it, or as ISO 8601; where two sources read it otherwise, it is refused."""
    text = value.strip(BLANKS) if type(value) is str else ""
    moments = {moment_of(text, formats) for formats in date_forms} - {None}
    if len(moments) > 1:
        raise Wrong("a time that sources read in different ways", f"{_A_TIME}, with its time of day")
    if not moments:
        own = [as_written(form) for formats in date_forms for form in formats]
        raise Wrong("not a time", f"{_A_TIME}; or as {' or '.join(dict.fromkeys(own))}" if own else _A_TIME)
    (moment,) = moments
    assert moment is not None
    return moment


def _missing(feature: Feature, kept: Any) -> Any:
    if not feature.nullable:
        raise Wrong("null is not allowed here, nor a code for it", feature.kind.value)
    return kept


def _kept(code: Any, kind: Kind) -> Any:
    """What is written down of a code: itself, where the column can hold it, as a table would."""
    is_number = isinstance(code, int | float)
    if kind in {Kind.CATEGORY, Kind.TEXT}:
        return written(code) if is_number else code
    if kind is Kind.NUMBER:
        return float(code) if is_number else None
    if kind is Kind.INTEGER:
        return int(code) if is_number and float(code).is_integer() else None
    return code if isinstance(code, datetime) else None


def _number_reader(feature: Feature) -> Reader:
    low, high = feature.between or (-math.inf, math.inf)
    is_whole = feature.kind is Kind.INTEGER
    allowed = "a whole number or null" if is_whole else "a finite number or null"

    def read(value: Any) -> tuple[Any, str]:
        if type(value) is int or (is_whole and type(value) is float and value.is_integer()):
            if not -LARGEST_INTEGER <= value <= LARGEST_INTEGER:
                raise Wrong("a number is too large", f"-2**53 to 2**53, {allowed}")
        elif type(value) is not float or is_whole:
            raise Wrong(f"not {allowed.removesuffix(' or null')}", allowed)
        flag = "" if low <= value <= high else "out_of_range"
        return (int(value) if is_whole else float(value)), flag

    return read


def _category_reader(feature: Feature) -> Reader:
    known, rare = frozenset(feature.categories), frozenset(feature.rare)

    def read(value: Any) -> tuple[Any, str]:
        is_whole = type(value) is int or (type(value) is float and value.is_integer())
        if type(value) is bool:
            value = next((text for text in _TRUTHS[value] if text in known or text in rare), level_of(value))
        if type(value) is str or (is_whole and abs(value) <= LARGEST_INTEGER):
            value = level_of(value)
        if type(value) is not str or len(value) > LONGEST_CATEGORY:
            raise Wrong("not a category", f"a text of at most {LONGEST_CATEGORY} characters, a whole number or null")
        if value in rare:
            return value, "rare_category"
        return value, "" if not known or value in known else "unseen_category"

    return read


def _text_reader(_: Feature) -> Reader:
    def read(value: Any) -> tuple[Any, str]:
        if type(value) is not str or len(value) > LONGEST_TEXT:
            raise Wrong("not a text", f"a text of at most {LONGEST_TEXT} characters or null")
        return value, ""

    return read


def _time_reader(date_forms: DateForms) -> Reader:
    return lambda value: (read_time(value, date_forms), "")


def _boolean_reader(_: Feature) -> Reader:
    def read(value: Any) -> tuple[Any, str]:
        if type(value) is not bool and not (type(value) is int and value in (0, 1)):
            raise Wrong("not true or false", "true, false, 1, 0 or null")
        return bool(value), ""

    return read


_BY_KIND: dict[Kind, Callable[[Feature], Reader]] = {
    Kind.NUMBER: _number_reader,
    Kind.INTEGER: _number_reader,
    Kind.CATEGORY: _category_reader,
    Kind.TEXT: _text_reader,
    Kind.BOOLEAN: _boolean_reader,
}
