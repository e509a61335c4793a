"""Rows of the prediction log: their columns, and how what was written down of them becomes a table.

Whoever can write to the folder can leave anything there as a journal: what is not rows of ours is refused here, once
and in words, so that no reader of segments meets it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from flywheel.adapters.predictions.segments import FIRST, LAST, micros

if TYPE_CHECKING:
    import pyarrow as pa

FEATURE_PREFIX = "feature."
"""Goes before the name of every feature, so that none is ever taken for one of the log's own columns."""
OWN_COLUMNS = ("at", "event_at", "entity", "version", "served_by", "score", "decision", "flags")
UNWRITABLE = "unwritable:"
"""Goes before the column whose value could not be kept, among the flags of its row."""

_REFUSALS = (ValueError, TypeError, OverflowError)
"""What Arrow raises for a value that a column cannot hold; its own errors are among these."""


def own_schema() -> pa.Schema:
    """The columns of every segment, whatever the version."""
    import pyarrow as pa  # heavy: only where segments are written or read

    instant = pa.timestamp("us", tz="UTC")
    types = (instant, instant, pa.string(), pa.string(), pa.string(), pa.float64(), pa.string(), pa.list_(pa.string()))
    return pa.schema(list(zip(OWN_COLUMNS, types, strict=True)))


def schema_in(said: bytes) -> pa.Schema:
    """Read the columns that a journal begins with; raises whatever it is where they are not those of a log."""
    import pyarrow as pa  # heavy: only where segments are written or read

    schema, own = pa.ipc.read_schema(pa.py_buffer(said)), own_schema()
    kinds = {pa.float64(), pa.int64(), pa.string(), pa.bool_(), own.field("at").type}
    ours, features = list(schema)[: len(own)], list(schema)[len(own) :]
    if [(one.name, one.type) for one in ours] != [(one.name, one.type) for one in own]:
        raise ValueError("its columns are not those of a prediction log")
    if any(not one.name.startswith(FEATURE_PREFIX) or one.type not in kinds for one in features):
        raise ValueError("its columns are not those of features")
    if len(set(schema.names)) < len(schema):
        raise ValueError("two of its columns have one name")
    return pa.schema([(one.name, one.type) for one in schema])


def table_in(frames: Sequence[bytes], schema: pa.Schema) -> pa.Table:
    """Make a table of rows that were written down; raises whatever it is where they are no rows with times."""
    import pyarrow as pa  # heavy: only where segments are written or read
    import pyarrow.compute as pc

    rows = [row for frame in frames for row in _rows_in(frame)]
    table = table_of(rows, schema)
    if table["event_at"].null_count:
        raise ValueError("a row has no time")
    for field in (one for one in schema if pa.types.is_timestamp(one.type)):
        ends = pc.min_max(table[field.name].cast(pa.int64())).as_py()
        if ends["min"] is not None and not micros(FIRST) <= ends["min"] <= ends["max"] <= micros(LAST):
            raise ValueError(f"a time in {field.name} is none")
    return table


def _rows_in(frame: bytes) -> list[list[Any]]:
    rows = json.loads(frame)
    if not (isinstance(rows, list) and all(isinstance(row, list) for row in rows)):
        raise ValueError("it holds no rows")
    return rows


def table_of(rows: Sequence[Sequence[Any]], schema: pa.Schema) -> pa.Table:
    """Make a table of rows; a value that its column cannot hold is left out and named among the flags of its row.

    Column by column: row by row takes ten times as long, during which the server's loop waits for its turn.
    """
    wrong = next((len(row) for row in rows if len(row) != len(schema)), None)
    if wrong is not None:
        raise ValueError(f"a row holds {wrong} values, and its columns are {len(schema)}")
    try:
        return _columns_of(rows, schema)
    except _REFUSALS:
        return _columns_of([_writable(row, schema) for row in rows], schema)


def _columns_of(rows: Sequence[Sequence[Any]], schema: pa.Schema) -> pa.Table:
    import pyarrow as pa  # heavy: only where segments are written or read

    columns = zip(*rows, strict=True) if rows else [()] * len(schema)
    arrays = [pa.array(column, type=field.type) for column, field in zip(columns, schema, strict=True)]
    return pa.table(arrays, schema=schema)


def _writable(row: Sequence[Any], schema: pa.Schema) -> list[Any]:
    """Take away what its column cannot hold; a time that is none is when the row was answered."""
    import pyarrow as pa  # heavy: only where segments are written or read

    kept, lost = dict(zip(schema.names, row, strict=True)), []
    for field in schema:
        try:
            pa.scalar(kept[field.name], type=field.type)
        except _REFUSALS:
            lost.append(field.name)
            kept[field.name] = kept["at"] if field.name == "event_at" else None
    if lost:
        kept["flags"] = [*(kept["flags"] or []), *(f"{UNWRITABLE}{name}" for name in lost)]
    return list(kept.values())


def encoded_rows(rows: Sequence[Mapping[str, Any]], names: Sequence[str]) -> bytes:
    """Write rows down, times as microseconds since 1970."""
    return json.dumps([[row.get(name) for name in names] for row in rows], default=_plain).encode()


def _plain(value: object) -> object:
    """Give a time as its microseconds, and of what no column holds its kind, for the segment to leave it out."""
    return micros(value) if isinstance(value, datetime) else {"kind": type(value).__name__}
