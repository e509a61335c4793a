"""Turns text into declared kinds, value by value, and names the first value that is of no such kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flywheel.errors import InputRefused
from flywheel.project.data_schema import missing_texts

if TYPE_CHECKING:
    import pyarrow as pa

_ZONED = r"\d:\d\d(:\d\d(\.\d+)?)?\s?(Z|[+-]\d\d(:?\d\d)?)$"


def typed(batch: pa.RecordBatch, schema: pa.Schema, *, where: str, first_row: int) -> pa.RecordBatch:
    """Read columns of text as declared; what is not declared stays text. `first_row` counts from 1 below the header."""
    import pyarrow as pa  # heavy: only where data is read

    columns = []
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        field = schema.field(name) if name in schema.names else pa.field(name, column.type)
        columns.append(_typed(column, field, where=f"{where}: column {name}", first_row=first_row))
    return pa.RecordBatch.from_arrays(columns, names=batch.schema.names)


def _typed(column: pa.Array, field: pa.Field, *, where: str, first_row: int) -> pa.Array:
    import pyarrow as pa  # heavy: only where data is read
    import pyarrow.compute as pc

    absent = missing_texts(field) if field.type != column.type else ("",)
    is_absent = pc.is_in(column, value_set=pa.array(absent, pa.string()))
    column = pc.if_else(is_absent, None, column)
    if column.type == field.type:
        return column
    try:
        values = _cast(column, field.type)
    except pa.ArrowInvalid as error:
        row = _first_wrong(column, field.type)
        raise InputRefused(
            f"{where} holds what is not of its kind in row {first_row + row:,}",
            found=column[row].as_py(),
            allowed=str(field.type),
        ) from error
    if pa.types.is_floating(field.type) and not pc.all(pc.is_finite(values), min_count=0).as_py():
        row = pc.index(pc.is_finite(values), value=False).as_py()
        raise InputRefused(
            f"{where} holds inf or nan in row {first_row + row:,}",
            found=column[row].as_py(),
            allowed="finite numbers, or nothing where one is missing",
        )
    return values


def _cast(column: pa.Array, wanted: pa.DataType) -> pa.Array:
    import pyarrow as pa  # heavy: only where data is read
    import pyarrow.compute as pc

    if not pa.types.is_timestamp(wanted):
        return column.cast(wanted)
    try:
        return column.cast(wanted)
    except pa.ArrowInvalid:  # some times have no zone: those are UTC
        is_zoned = pc.match_substring_regex(column, _ZONED)
        naive = pc.if_else(is_zoned, None, column).cast(pa.timestamp("us"))
        zoned = pc.if_else(is_zoned, column, None).cast(wanted)
        return pc.coalesce(zoned, pc.assume_timezone(naive, "UTC"))


def _first_wrong(column: pa.Array, wanted: pa.DataType) -> int:
    """Halve the rows until one is left: Arrow says which text it could not read, not where it stands."""
    import pyarrow as pa  # heavy: only where data is read

    begin, end = 0, len(column)
    while end - begin > 1:
        middle = (begin + end) // 2
        try:
            _cast(column.slice(begin, middle - begin), wanted)
        except pa.ArrowInvalid:
            end = middle
        else:
            begin = middle
    return begin
