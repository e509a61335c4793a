"""Which key of the charter cures a value that cannot be read as declared."""

from __future__ import annotations

import re
from collections.abc import Sequence
from math import isfinite

from flywheel.project.reading.date_forms import formats_of, has_midnight_behind, ways_of, zone_named
from flywheel.project.reading.durations import CURE, is_duration
from flywheel.project.reading.kinds import Kind
from flywheel.project.reading.missing import MAY_BE_NOUGHT, USUAL_WORDS
from flywheel.project.reading.text_form import INDIAN
from flywheel.project.reading.written_units import unit_of, without_unit

ZONES_CURE = "write times with their offset such as +01:00, or in UTC, at the source or in a query"
ISO_CURE = "write them as 2024-12-31 or 2024-12-31 18:30 at the source or in a query"
MIDNIGHT_CURE = "write 00:00 of the next day instead of 24:00 at the source"
_COMMA_DECIMAL = re.compile(r"[+-]?(\d+|\d{1,3}([. ']\d{3})+),\d+([eE][+-]?\d+)?")
_THOUSANDS = re.compile(rf"[+-]?(\d{{1,3}}((?P<sign>[,.' ])\d{{3}})+|{INDIAN})(\.\d+)?")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_NUMERIC = frozenset({Kind.NUMBER, Kind.INTEGER})


def cure_of(
    kind: Kind, values: Sequence[str], *, source: str, column: str, has_points: bool = False, is_all: bool = True
) -> str:
    """Say what to write where, going by the values that were found instead of the declared kind.

    A unit that not all have (`is_all`) may be another one than theirs.
    Where others of the column have decimals that are read (`has_points`), no key of the source reads both.
    """
    of_source, of_column = f"[data.sources.{source}]", f"data.columns.{column}"
    words = [value for value in values if value.strip() in USUAL_WORDS or not value.strip()]
    if words and len(words) == len(values):
        may_be_nought = kind in _NUMERIC and not MAY_BE_NOUGHT.isdisjoint(map(str.strip, words))
        nought = "; if it means 0, write 0 at the source" if may_be_nought else ""
        return f"if it means missing, {of_column}.missing = {{ codes = [{_quoted(words)}] }}{nought}"
    if values and all(map(is_duration, values)) and kind in {*_NUMERIC, Kind.TIME}:
        number = "" if kind in _NUMERIC else f', then {of_column}.kind = "number"'
        return f'{CURE}{number}; or {of_column}.kind = "category" where they are few'
    if kind in _NUMERIC:
        if cure := _cure_of_units(values, kind, source=source, column=column, has_points=has_points):
            unit = unit_of(values)
            others = f" where the numbers that are read are in {unit} too; else convert these at the source"
            return cure if is_all else cure + others
        if has_points and all(_COMMA_DECIMAL.fullmatch(value) or _THOUSANDS.fullmatch(value) for value in values):
            return "write all numbers of the column in one way at the source: others have their decimals as declared"
        if all(_COMMA_DECIMAL.fullmatch(value) for value in values):
            groups = next((f' and thousands = "{sign}"' for v in values for sign in ". '" if sign in v), "")
            return f'decimal = ","{groups} under {of_source}, where all its columns are written so'
        if kind is Kind.INTEGER and all(_NUMBER.fullmatch(value) and isfinite(float(value)) for value in values):
            return f'{of_column}.kind = "number"'
        if match := next((m for m in map(_THOUSANDS.fullmatch, values) if m), None):
            return f'thousands = "{match["sign"] or ","}" under {of_source}'
        if all(value != value.strip() and _NUMBER.fullmatch(value.strip()) for value in values):
            return "take the spaces around the numbers away at the source"
    other = "category" if kind is not Kind.CATEGORY else "text"
    return (
        f"correct it at the source; or {of_column}.missing = {{ codes = [{_quoted(values)}] }} if it means missing, "
        f'or {of_column}.kind = "{other}"'
    )


def cure_of_times(values: Sequence[str], *, source: str, column: str, is_all: bool) -> str:
    """Name the formats that read all these values; where nothing else was read, never that all of them mean missing."""
    of_source, words = f"[data.sources.{source}]", {value for value in values if value.strip() in USUAL_WORDS}
    if late := set(filter(has_midnight_behind, values)):
        others = [value for value in values if value not in late | words]
        rest = cure_of_times(others, source=source, column=column, is_all=is_all) if others else ""
        return f"{rest}; and {MIDNIGHT_CURE}" if rest else MIDNIGHT_CURE
    if formats := formats_of(value for value in values if value not in words):
        first = ", YEAR being the first that two digits mean" if any("%y" in form for form in formats) else ""
        ways = [[f"{form} from YEAR" if "%y" in form else form for form in way] for way in ways_of(formats)]
        also = f"; and codes = [{_quoted(sorted(words))}] in data.columns.{column}.missing" if words else ""
        return f"date_format = {' or '.join(map(_formats, ways))} under {of_source}{first}{also}"
    if not is_all or len(words) == len(values) or all(map(is_duration, set(values) - words)):
        return ""
    if zone := next(filter(None, map(zone_named, values)), ""):
        return f'{ZONES_CURE} ({zone} is not read); or data.columns.{column}.kind = "category"'
    return f'{ISO_CURE}; or data.columns.{column}.kind = "category"'


def _formats(way: Sequence[str]) -> str:
    return _quoted(way) if len(way) == 1 else f"[{_quoted(way)}]"


def _cure_of_units(values: Sequence[str], kind: Kind, *, source: str, column: str, has_points: bool) -> str:
    """Name the unit that stands beside the numbers, and what cures the numbers themselves; nothing where none does."""
    unit = unit_of(values)
    numbers = [without_unit(value, unit) for value in values if unit]
    if not numbers or numbers == list(values):
        return ""
    own = f'data.columns.{column}.unit = "{unit}"'
    if all(map(_NUMBER.fullmatch, numbers)):
        return own
    return f"{own}; and {cure_of(kind, numbers, source=source, column=column, has_points=has_points)}"


def _quoted(values: Sequence[str]) -> str:
    return ", ".join('"' + value.replace("\\", "\\\\").replace('"', '\\"')[:60] + '"' for value in values)
