"""Holds what was read against its limits and its declared schema, whatever it was read from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flywheel.errors import InputRefused
from flywheel.project.fields import COLUMN
from flywheel.settings import LimitSettings

if TYPE_CHECKING:
    import pyarrow as pa


def check_names(names: Iterable[str], *, limits: LimitSettings, where: str) -> None:
    """Refuse headers that name a column twice, or in a way that no rule could name it."""
    names = list(names)
    if len(names) > limits.columns:
        raise InputRefused(
            f"{where} has too many columns", found=f"{len(names):,}", allowed=f"at most {limits.columns:,}"
        )
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise InputRefused(f"{where} names a column twice", found=twice[0], allowed="each name once")
    for name in names:
        if not COLUMN.fullmatch(name):
            raise InputRefused(
                f"{where} has a column that no rule may name",
                found=name,
                allowed="letters, digits and underscores, beginning with a letter",
                next_step="rename it at the source",
            )


def check_size(*, rows: int, size: int, limits: LimitSettings, where: str) -> None:
    """Refuse more rows or bytes than are read."""
    if rows > limits.rows:
        raise InputRefused(f"{where} has too many rows", found=f"{rows:,}", allowed=f"at most {limits.rows:,}")
    if size > limits.bytes:
        raise InputRefused(
            f"{where} is too large when unpacked", found=f"{size:,} bytes", allowed=f"at most {limits.bytes:,} bytes"
        )


@dataclass
class Meter:
    """Counts what was read of one source against its limits: all of its files together."""

    limits: LimitSettings
    rows: int = 0
    size: int = 0

    def foresee(self, *, rows: int, size: int, where: str) -> None:
        """Refuse what would be too much, before it is read."""
        check_size(rows=self.rows + rows, size=self.size + size, limits=self.limits, where=where)

    def add(self, *, rows: int, size: int, where: str) -> None:
        """Count what was read."""
        self.rows, self.size = self.rows + rows, self.size + size
        check_size(rows=self.rows, size=self.size, limits=self.limits, where=where)


def conform(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """Give typed columns their declared type where nothing is lost; what does not fit stays, for the gate to name."""
    import pyarrow as pa  # heavy: only where data is read

    columns = []
    for field, column in zip(batch.schema, batch.columns, strict=True):
        wanted = schema.field(field.name).type if field.name in schema.names else _plain(field.type)
        if field.type != wanted:
            try:
                column = _converted(column, wanted)  # noqa: PLW2901  the same column under its type
            except (pa.ArrowInvalid, pa.ArrowNotImplementedError, _NotTheSame):
                column = column.cast(_plain(field.type))  # noqa: PLW2901  the same column under its type
        columns.append(column)
    return pa.RecordBatch.from_arrays(columns, names=batch.schema.names)


def no_rows(schema: pa.Schema) -> pa.RecordBatch:
    """Give a batch without rows, so that the columns of an empty table are known."""
    import pyarrow as pa  # heavy: only where data is read

    return pa.RecordBatch.from_arrays([pa.array([], field.type) for field in schema], schema=schema)


class _NotTheSame(Exception):
    """A conversion that would change what the values mean."""


def _plain(given: pa.DataType) -> pa.DataType:
    import pyarrow as pa  # heavy: only where data is read

    if pa.types.is_dictionary(given):
        return _plain(given.value_type)
    return pa.string() if pa.types.is_large_string(given) or pa.types.is_string_view(given) else given


def _converted(column: pa.Array, wanted: pa.DataType) -> pa.Array:
    import pyarrow as pa  # heavy: only where data is read

    given, kinds = _plain(column.type), pa.types
    if kinds.is_dictionary(column.type):
        column = column.cast(given)
    is_text, is_number = kinds.is_string(given), kinds.is_integer(given) or kinds.is_floating(given)
    if kinds.is_timestamp(wanted):
        if not (kinds.is_timestamp(given) or kinds.is_date(given) or kinds.is_null(given)):
            raise _NotTheSame
        zone = given.tz if kinds.is_timestamp(given) else None
        naive_or_zoned = column if zone else column.cast(pa.timestamp("us"), safe=False)
        return naive_or_zoned.cast(wanted, safe=False) if zone else _as_utc(naive_or_zoned)
    if is_text and not kinds.is_string(wanted):
        raise _NotTheSame  # text that should be a number is a finding, not a conversion
    if kinds.is_boolean(given) != kinds.is_boolean(wanted) and not kinds.is_null(given):
        raise _NotTheSame
    if kinds.is_string(wanted) and not (is_text or kinds.is_integer(given) or kinds.is_null(given)):
        raise _NotTheSame
    if kinds.is_decimal(given) or is_number or is_text or kinds.is_boolean(given) or kinds.is_null(given):
        return column.cast(wanted)
    raise _NotTheSame


def _as_utc(column: pa.Array) -> pa.Array:
    import pyarrow.compute as pc  # heavy: only where data is read

    return pc.assume_timezone(column, "UTC")
