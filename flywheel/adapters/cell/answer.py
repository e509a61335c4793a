"""What comes out of a cell, read as what a stranger sent: Arrow of plain columns, within bounds, checked to the end."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from flywheel.errors import InputRefused, ending_of, shorten

if TYPE_CHECKING:
    import pyarrow as pa

WORDS_AT_MOST = 65_536


@dataclass(frozen=True)
class Bounds:
    """How large an answer may be."""

    rows: int
    columns: int
    bytes: int


def rows_of(path: Path, bounds: Bounds) -> Iterator[pa.RecordBatch]:
    """Read the rows batch by batch; nothing is unpacked, looked up by name or run to read them."""
    import pyarrow as pa  # heavy: only where data is read

    try:
        with pa.memory_map(str(path)) as source:
            schema = _schema(source, bounds)
            yield pa.RecordBatch.from_arrays([pa.array([], kind) for kind in schema.types], schema=schema)
            yield from _batches(source, schema, bounds)
    except (pa.ArrowException, OSError, EOFError, ValueError, struct.error) as error:
        raise _no_table(ending_of(str(error)) or type(error).__name__) from error


def refusal_of(path: Path) -> InputRefused:
    """Read why a cell gave no rows."""
    with path.open("rb") as file:
        said = file.read(WORDS_AT_MOST)
    try:
        words = json.loads(said)
        told = {name: ending_of(str(words[name])) for name in ("what", "allowed", "next_step")}
        found = None if words["found"] is None else _Words(ending_of(str(words["found"])))
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        return _no_table(type(error).__name__)
    return InputRefused(told["what"], found=found, allowed=told["allowed"], next_step=told["next_step"])


class _Words:
    """What was said in a cell, shown without quotes."""

    def __init__(self, words: str) -> None:
        self.words = words

    def __repr__(self) -> str:
        return self.words


def _schema(source: pa.NativeFile, bounds: Bounds) -> pa.Schema:
    import pyarrow as pa  # heavy: only where data is read

    message = pa.ipc.read_message(source)
    if message.type != "schema":
        raise _no_table(f"{message.type} first")
    schema = pa.ipc.read_schema(message)
    if len(schema) > bounds.columns:
        raise _too_many("columns", len(schema), bounds.columns)
    if not schema.names or len(set(schema.names)) != len(schema):
        raise InputRefused("a frame needs columns with distinct names that are text", found=schema.names[:5])
    for field in schema:
        if not _is_plain(field.type):
            raise InputRefused(
                f"the project's own code gave a column that no kind holds: {shorten(field.name)}",
                found=str(field.type),
                allowed="numbers, text, yes and no, days and times",
            )
    return pa.schema([pa.field(field.name, field.type) for field in schema])


def _batches(source: pa.NativeFile, schema: pa.Schema, bounds: Bounds) -> Iterator[pa.RecordBatch]:
    import pyarrow as pa  # heavy: only where data is read

    rows = 0
    while True:
        try:
            message = pa.ipc.read_message(source)
        except EOFError:
            return
        if message.type != "record batch" or _is_compressed(memoryview(message.metadata)):
            raise _no_table(f"{message.type} that is not plain rows")
        batch = pa.ipc.read_record_batch(message, schema)
        rows += batch.num_rows
        if rows > bounds.rows:
            raise _too_many("rows", rows, bounds.rows)
        batch.validate(full=True)
        yield batch


def _is_plain(kind: pa.DataType) -> bool:
    from pyarrow import types  # heavy: only where data is read

    return any(
        is_kind(kind)
        for is_kind in (
            types.is_null,
            types.is_boolean,
            types.is_integer,
            types.is_floating,
            types.is_decimal,
            types.is_string,
            types.is_large_string,
            types.is_binary,
            types.is_large_binary,
            types.is_date,
            types.is_time,
            types.is_timestamp,
            types.is_duration,
        )
    )


_HEADER, _COMPRESSION = 2, 3
"""Which fields of Arrow's tables `Message` and `RecordBatch` these are."""


def _is_compressed(metadata: memoryview) -> bool:
    """Say whether a message's rows would have to be unpacked first, to whatever size its writer wrote down."""
    (root,) = struct.unpack_from("<I", metadata, 0)
    header = _field(metadata, root, _HEADER)
    if header is None:
        raise _no_table("a message without a header")
    (beyond,) = struct.unpack_from("<I", metadata, header)
    return _field(metadata, header + beyond, _COMPRESSION) is not None


def _field(table: memoryview, at: int, number: int) -> int | None:
    """Find where a field of a flat buffer's table stands; none where it was left out."""
    (back,) = struct.unpack_from("<i", table, at)
    size, place = *struct.unpack_from("<H", table, at - back), 4 + 2 * number
    if place >= size:
        return None
    (offset,) = struct.unpack_from("<H", table, at - back + place)
    return at + offset if offset else None


def _too_many(things: str, found: int, most: int) -> InputRefused:
    return InputRefused(f"the project's own code gave too many {things}", found=found, allowed=f"at most {most:,}")


def _no_table(found: str) -> InputRefused:
    return InputRefused(
        "the project's own code left no table that can be read",
        found=_Words(found),
        next_step="let prepare return the frame, and write nowhere else",
    )
