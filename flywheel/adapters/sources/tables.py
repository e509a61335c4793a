"""Holds what was read against its limits and its declared schema, whatever it was read from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flywheel.errors import InputRefused
from flywheel.project.charter.data_schema import aliases_in, kind_in, missing_texts
from flywheel.project.charter.headers import Headers, read_headers
from flywheel.project.reading.kinds import Kind
from flywheel.project.reading.levels import WHOLE, WHOLE_PART
from flywheel.project.reading.text_form import BLANKS
from flywheel.setting_groups import LimitSettings

if TYPE_CHECKING:
    import pyarrow as pa


def headers_of(written: Sequence[str], schema: pa.Schema, *, limits: LimitSettings, where: str) -> Headers:
    """Say which declared column each header of a source means; refuse more columns than are read."""
    if len(written) > limits.columns:
        raise InputRefused(
            f"{where} has too many columns", found=f"{len(written):,}", allowed=f"at most {limits.columns:,}"
        )
    return read_headers(written, aliases_in(schema), where=where)


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
                column = _converted(_without_codes(column, schema, field.name), wanted)  # noqa: PLW2901  the same column under its type
            except (pa.ArrowInvalid, pa.ArrowNotImplementedError, _NotTheSame):
                column = column.cast(_plain(field.type))  # noqa: PLW2901  the same column under its type
        columns.append(as_words(column, schema.field(field.name)) if field.name in schema.names else column)
    return pa.RecordBatch.from_arrays(columns, names=batch.schema.names)


def as_words(column: pa.Array, field: pa.Field) -> pa.Array:
    """Write words without the blanks around them, and categories that are whole numbers in one way."""
    import pyarrow as pa  # heavy: only where data is read
    import pyarrow.compute as pc

    if not pa.types.is_string(column.type):
        return column
    column = pc.utf8_trim(column, BLANKS)
    if kind_in(field) is not Kind.CATEGORY:
        return column
    return pc.replace_substring_regex(column, pattern=WHOLE, replacement=WHOLE_PART)


def no_rows(schema: pa.Schema) -> pa.RecordBatch:
    """Give a batch without rows, so that the columns of an empty table are known."""
    import pyarrow as pa  # heavy: only where data is read

    return pa.RecordBatch.from_arrays([pa.array([], field.type) for field in schema], schema=schema)


class _NotTheSame(Exception):
    """A conversion that would change what the values mean."""


def _without_codes(column: pa.Array, schema: pa.Schema, name: str) -> pa.Array:
    """Make codes for missing nothing where whole numbers stand for truths, which hold no code."""
    import pyarrow as pa  # heavy: only where data is read
    import pyarrow.compute as pc

    if name not in schema.names or not pa.types.is_boolean(schema.field(name).type):
        return column
    if not pa.types.is_integer(column.type):
        return column
    codes = pa.array(missing_texts(schema.field(name)), pa.string())
    return pc.if_else(pc.is_in(column.cast(pa.string()), value_set=codes), None, column)


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
    if kinds.is_null(given):
        return column.cast(wanted)
    if kinds.is_timestamp(wanted):
        return _as_times(column, wanted)
    is_text, is_truth, is_whole = kinds.is_string(given), kinds.is_boolean(given), kinds.is_integer(given)
    if kinds.is_string(wanted):
        if kinds.is_floating(given):
            column, is_whole = column.cast(pa.int64()), True  # whole numbers with gaps come as floats
        return _kept_if(is_text or is_whole or is_truth, column, wanted)
    if kinds.is_boolean(wanted):
        return _kept_if(is_truth or (is_whole and _are_zero_or_one(column)), column, wanted)
    return _kept_if(is_whole or kinds.is_floating(given) or kinds.is_decimal(given), column, wanted)


def _kept_if(is_the_same: bool, column: pa.Array, wanted: pa.DataType) -> pa.Array:  # noqa: FBT001  the claim itself
    """Convert what means the same; text that should be a number is a finding, not a conversion."""
    if not is_the_same:
        raise _NotTheSame
    return column.cast(wanted)


def _are_zero_or_one(column: pa.Array) -> bool:
    import pyarrow as pa  # heavy: only where data is read
    import pyarrow.compute as pc

    return bool(pc.all(pc.is_in(column, value_set=pa.array([0, 1, None], column.type)), min_count=0).as_py())


def _as_times(column: pa.Array, wanted: pa.DataType) -> pa.Array:
    import pyarrow as pa  # heavy: only where data is read

    given = column.type
    if not (pa.types.is_timestamp(given) or pa.types.is_date(given)):
        raise _NotTheSame
    if pa.types.is_timestamp(given) and given.tz:
        return column.cast(wanted, safe=False)
    return _as_utc(column.cast(pa.timestamp("us"), safe=False))


def _as_utc(column: pa.Array) -> pa.Array:
    import pyarrow.compute as pc  # heavy: only where data is read

    return pc.assume_timezone(column, "UTC")
