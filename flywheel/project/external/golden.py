"""Golden rows: inputs as the charter writes them, and the chance that came out of the model where it was made."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from flywheel.domain.digests import Json
from flywheel.errors import InputRefused
from flywheel.project.reading.kinds import Kind
from flywheel.project.tabular.external.terms import Golden

if TYPE_CHECKING:
    from flywheel.project.tabular.encoding import Encoding

EXPECTED = "expected"
"""The column that holds what came out at the maker's."""

FEWEST_GOLDEN, MOST_GOLDEN = 5, 1_000
GOLDEN_BYTES = 4_000_000


def read_golden(path: Path, encoding: Encoding, *, tolerance: float) -> tuple[Golden, ...]:
    """Read golden rows in the charter's columns and units; too few, or all of one answer, prove nothing."""
    try:
        text = read_plain(path, most=GOLDEN_BYTES).decode("utf-8-sig")
        reader = csv.DictReader(io.StringIO(text), strict=True)
        names, table = list(reader.fieldnames or ()), list(reader)
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputRefused(f"{path.name} is no CSV in UTF-8: {error}") from error
    if not FEWEST_GOLDEN <= len(table) <= MOST_GOLDEN:
        raise InputRefused(f"{path.name}: golden rows", found=len(table), allowed=f"{FEWEST_GOLDEN} to {MOST_GOLDEN:,}")
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise InputRefused(f"{path.name} names a column twice", found=", ".join(twice), allowed="each column once")
    wanted = {*encoding.names, EXPECTED}
    if lacking := sorted(wanted - set(table[0])):
        raise InputRefused(f"{path.name} lacks columns", found=", ".join(lacking), allowed=", ".join(sorted(wanted)))
    kinds = {column.name: column.kind for column in encoding.columns}
    golden = tuple(_golden_row(row, kinds, f"{path.name}, row {place}") for place, row in enumerate(table, start=1))
    chances = [one.expected for one in golden]
    if max(chances) - min(chances) <= 2 * tolerance:
        raise InputRefused(
            f"{path.name} expects the same answer for every row, which any constant would give",
            found=chances[0],
            allowed="rows whose probabilities differ",
        )
    return golden


def read_plain(path: Path, *, most: int) -> bytes:
    """Read a file that a stranger put there: no link, and not too large."""
    if path.is_symlink() or not path.is_file():
        raise InputRefused("there is no such plain file beside the signature", found=path.name)
    if (size := path.stat().st_size) > most:
        raise InputRefused(f"{path.name} is too large", found=f"{size:,} bytes", allowed=f"{most:,} bytes")
    return path.read_bytes()


def _golden_row(row: Mapping[str, str | None], kinds: Mapping[str, Kind], where: str) -> Golden:
    values = {name: _value(row[name] or "", kind, f"{where}, {name}") for name, kind in kinds.items()}
    expected = _number(row[EXPECTED] or "", f"{where}, {EXPECTED}")
    if not 0 <= expected <= 1:
        raise InputRefused(f"{where}: {EXPECTED} is no probability", found=expected, allowed="0 to 1")
    return Golden(values, expected)


def _value(text: str, kind: Kind, where: str) -> Json:
    if not text.strip():
        return None
    if kind in {Kind.CATEGORY, Kind.TEXT, Kind.TIME}:
        return text
    if kind is Kind.BOOLEAN and text.strip().casefold() in {"true", "false"}:
        return text.strip().casefold() == "true"
    return _number(text, where)


def _number(text: str, where: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise InputRefused(
            f"{where}: not a finite number", found=text, allowed="a number, or nothing where it is missing"
        )
    return number
