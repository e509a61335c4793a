"""One type for each column of a table that comes in batches, whatever the batches were typed as."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from flywheel.errors import InputRefused

if TYPE_CHECKING:
    import pyarrow as pa


def plain_batch(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Write equal values in one way: no folding, no long forms, microseconds where they fit, nan as missing."""
    import pyarrow as pa  # heavy: only where data is held

    arrays = [_plain_array(column) for column in batch.columns]
    return pa.RecordBatch.from_arrays(arrays, names=batch.schema.names)


class Columns:
    """The types that hold all rows so far: a column of nulls takes any type, numbers widen, all else must agree."""

    def __init__(self, names: Sequence[str]) -> None:
        import pyarrow as pa  # heavy: only where data is held

        self.schema = pa.schema([pa.field(name, pa.string()) for name in names])
        self._is_settled = dict.fromkeys(names, False)
        """False until a column has a value or a type that is not null."""
        self._has_values = dict.fromkeys(names, False)

    def fit(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Give a batch the types of the table, after widening these where the batch needs it."""
        if batch.schema.names != self.schema.names:
            raise InputRefused(
                "a batch has other columns than those before it",
                found=batch.schema.names[:20],
                allowed=", ".join(self.schema.names[:20]),
            )
        for place, column in enumerate(batch.columns):
            self._learn(place, column)
        return self.cast(batch)

    def cast(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Give a batch the types of the table."""
        import pyarrow as pa  # heavy: only where data is held

        if batch.schema == self.schema:
            return batch
        arrays = []
        for place, field in enumerate(self.schema):
            column = batch.column(place)
            if column.type == field.type:
                arrays.append(column)
            elif column.null_count == len(column):
                arrays.append(pa.nulls(len(column), field.type))
            else:
                arrays.append(column.cast(field.type))
        return pa.RecordBatch.from_arrays(arrays, schema=self.schema)

    def _learn(self, place: int, column: pa.Array) -> None:
        import pyarrow as pa  # heavy: only where data is held

        field = self.schema.field(place)
        name, holds = field.name, column.null_count < len(column)
        if not pa.types.is_null(column.type) and column.type != field.type:
            if not self._is_settled[name] or (holds and not self._has_values[name]):
                self.schema = self.schema.set(place, pa.field(name, column.type))
            elif holds:
                self.schema = self.schema.set(place, pa.field(name, _wider(name, field.type, column.type)))
        self._is_settled[name] |= not pa.types.is_null(column.type)
        self._has_values[name] |= holds


def _wider(name: str, one: pa.DataType, other: pa.DataType) -> pa.DataType:
    import pyarrow as pa  # heavy: only where data is held

    pair = [pa.schema([pa.field(name, kind)]) for kind in (one, other)]
    try:
        return pa.unify_schemas(pair, promote_options="permissive").field(0).type
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        raise InputRefused(
            f"the column {name} holds values of several kinds", found=f"{one} and {other}", allowed="one kind a column"
        ) from error


def _plain_array(column: pa.Array) -> pa.Array:
    import pyarrow as pa  # heavy: only where data is held
    import pyarrow.compute as pc
    from pyarrow import types

    kind = column.type
    if types.is_dictionary(kind):
        return _plain_array(column.dictionary_decode())
    if types.is_large_string(kind) or types.is_string_view(kind):
        return column.cast(pa.string())
    if types.is_timestamp(kind) and kind.unit != "us":
        try:
            return column.cast(pa.timestamp("us", tz=kind.tz))
        except pa.ArrowInvalid:
            return column  # finer than a microsecond: kept as it is
    if types.is_floating(kind):
        is_nan = pc.is_nan(column)
        if pc.any(is_nan).as_py():
            return pc.if_else(pc.fill_null(is_nan, False), None, column)  # noqa: FBT003  no name for it in pyarrow
    return column
