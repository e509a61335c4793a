"""Canonical Parquet: frames of the same content become the same bytes, with the same pyarrow."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flywheel.errors import InputRefused

if TYPE_CHECKING:
    import pandas as pd

ROW_GROUP_ROWS = 131_072


def write_frame(frame: pd.DataFrame, path: Path) -> None:
    """Write a frame without its index: columns in their order, text as string, times in microseconds where they fit."""
    # pyarrow is heavy and most users of the store put bytes
    import pyarrow.parquet

    names = list(frame.columns)
    if not names or len(set(names)) != len(names) or not all(isinstance(name, str) for name in names):
        raise InputRefused("a frame needs columns with distinct names that are text", found=names[:5])
    pyarrow.parquet.write_table(
        _canonical(frame),
        path,
        row_group_size=ROW_GROUP_ROWS,
        version="2.6",
        data_page_version="1.0",
        compression="zstd",
        compression_level=3,
        use_dictionary=True,
        write_statistics=True,
        store_schema=False,
    )


def read_frame(source: Any, *, columns: Sequence[str] | None = None) -> pd.DataFrame:
    """Read a frame, or some of its columns, from an open file."""
    # pyarrow is heavy and most users of the store read bytes
    import pyarrow.parquet

    file = pyarrow.parquet.ParquetFile(source)
    held = file.schema_arrow.names
    if columns is not None and (absent := [name for name in columns if name not in held]):
        raise InputRefused("the stored frame lacks columns", found=absent, allowed=", ".join(held))
    frame: pd.DataFrame = file.read(columns=None if columns is None else list(columns)).to_pandas()
    return frame if columns is None else frame[list(columns)]


def _canonical(frame: pd.DataFrame) -> Any:
    # pyarrow is heavy and most users of the store put bytes
    import pyarrow as pa

    try:
        table = pa.Table.from_pandas(frame, preserve_index=False)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError) as error:
        raise InputRefused(
            f"a column holds values of several kinds: {error.args[-1]}", allowed="one kind a column"
        ) from error
    arrays = [_plain_column(column) for column in table.columns]
    return pa.Table.from_arrays(arrays, names=table.column_names).combine_chunks()


def _plain_column(column: Any) -> Any:
    # pyarrow is heavy and most users of the store put bytes
    import pyarrow as pa
    from pyarrow import types

    kind = column.type
    if types.is_dictionary(kind):
        return _plain_column(column.cast(kind.value_type))
    if types.is_large_string(kind) or types.is_string_view(kind):
        return column.cast(pa.string())
    if types.is_null(kind):
        return column.cast(pa.string())
    if types.is_timestamp(kind) and kind.unit != "us":
        try:
            return column.cast(pa.timestamp("us", tz=kind.tz))
        except pa.ArrowInvalid:
            return column  # finer than a microsecond: kept as it is
    return column
