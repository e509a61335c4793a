"""Canonical Parquet: the same rows in the same order become the same bytes, however they were cut into batches."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flywheel.adapters.canonical import Columns, plain_batch
from flywheel.errors import InputRefused, ending_of
from flywheel.project.reading.table import Table

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

ROW_GROUP_ROWS = 131_072
ROW_GROUP_CELLS = 64 * ROW_GROUP_ROWS
"""Very wide tables have shorter row groups, so that one group always fits into memory."""


def write_frame(frame: pd.DataFrame, path: Path) -> None:
    """Write a frame without its index: columns in their order, text as string, times in microseconds where they fit."""
    table = table_of(frame)
    write_batches(table.to_batches() or [_no_rows(table.schema)], path)


def table_of(frame: pd.DataFrame) -> pa.Table:
    """Give a frame as a table without its index, where each column is of one kind."""
    # pyarrow is heavy and most users of the store put bytes
    import pyarrow as pa

    names = list(frame.columns)
    if not names or len(set(names)) != len(names) or not all(isinstance(name, str) for name in names):
        raise InputRefused("a frame needs columns with distinct names that are text", found=names[:5])
    try:
        return pa.Table.from_pandas(frame, preserve_index=False)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError) as error:
        raise InputRefused(
            f"a column holds values of several kinds: {error.args[-1]}", allowed="one kind a column"
        ) from error


def write_batches(batches: Iterable[pa.RecordBatch], path: Path) -> int:
    """Write batches of one table and count its rows; at least one batch, so that the columns are known.

    Memory holds one row group. Where a later batch needs a wider type than the rows before it, those are written again.
    """
    # pyarrow is heavy and most users of the store put bytes
    import pyarrow as pa

    draft = _Draft(path)
    try:
        for batch in batches:
            draft.add(plain_batch(batch))
        return draft.finish()
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, pa.ArrowCapacityError) as error:
        raise InputRefused(f"the rows cannot be kept as one table: {ending_of(str(error))}") from error
    finally:
        draft.close()


def read_batches(source: Any, *, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
    """Read a table, or some of its columns, row group by row group, from an open file."""
    # pyarrow is heavy and most users of the store read bytes
    import pyarrow.parquet

    file = pyarrow.parquet.ParquetFile(source, pre_buffer=False)  # reading ahead keeps every row group it has read
    wanted = _held(file, columns)
    if file.metadata.num_row_groups == 0:
        yield _no_rows(pyarrow.schema([file.schema_arrow.field(name) for name in wanted]))
    for number in range(file.metadata.num_row_groups):
        group = file.read_row_group(number, columns=wanted, use_threads=False).select(wanted)
        yield from group.combine_chunks().to_batches() or [_no_rows(group.schema)]


def read_frame(source: Any, *, columns: Sequence[str] | None = None) -> pd.DataFrame:
    """Read a frame, or some of its columns, from an open file."""
    # pyarrow is heavy and most users of the store read bytes
    import pyarrow.parquet

    file = pyarrow.parquet.ParquetFile(source)
    wanted = _held(file, columns)
    frame: pd.DataFrame = file.read(columns=None if columns is None else wanted).to_pandas()
    return frame if columns is None else frame[wanted]


def read_table(source: Any) -> Table:
    """Read a table in frames, a row group each, with the types that all of it would have in one frame."""
    # pyarrow is heavy and most users of the store read bytes
    import pyarrow.parquet

    file = pyarrow.parquet.ParquetFile(source, pre_buffer=False)  # reading ahead keeps every row group it has read
    schema, with_gaps = file.schema_arrow, _columns_with_gaps(file)

    def read(columns: Sequence[Hashable]) -> Iterator[pd.DataFrame]:
        names = [str(name) for name in columns]
        for number in range(file.metadata.num_row_groups):
            group = file.read_row_group(number, columns=names, use_threads=False).select(names)
            yield _frame_of(group, with_gaps)
        if not file.metadata.num_row_groups:
            yield _frame_of(pyarrow.schema([schema.field(name) for name in names]).empty_table(), with_gaps)

    return Table(tuple(schema.names), file.metadata.num_rows, read)


def _columns_with_gaps(file: Any) -> frozenset[str]:
    """Name the columns that lack a value in some row; one that came without a count is taken as such."""
    found: set[str] = set()
    for number in range(file.metadata.num_row_groups):
        group = file.metadata.row_group(number)
        for place in range(group.num_columns):
            column = group.column(place)
            counts = column.statistics
            if counts is None or not counts.has_null_count or counts.null_count:
                found.add(column.path_in_schema)
    return frozenset(found)


def _frame_of(group: pa.Table, with_gaps: frozenset[str]) -> pd.DataFrame:
    """Give whole numbers and booleans the wider type that gaps anywhere in the table ask for, as pandas would."""
    from pyarrow import types  # heavy: only where data are read

    wider: dict[Hashable, Any] = {}
    for field in group.schema:
        if field.name in with_gaps and types.is_integer(field.type):
            wider[field.name] = "float64"
        elif field.name in with_gaps and types.is_boolean(field.type):
            wider[field.name] = object
    frame: pd.DataFrame = group.to_pandas()
    return frame.astype(wider) if wider else frame


def _held(file: Any, columns: Sequence[str] | None) -> list[str]:
    held: list[str] = file.schema_arrow.names
    if columns is not None and (absent := [name for name in columns if name not in held]):
        raise InputRefused("the stored frame lacks columns", found=absent, allowed=", ".join(held))
    return held if columns is None else list(columns)


class _Draft:
    """A table on its way to a file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._columns: Columns | None = None
        self._waiting: list[pa.RecordBatch] = []
        self._rows = self._waiting_rows = 0
        self._writer: Any = None

    def add(self, batch: pa.RecordBatch) -> None:
        """Take rows in; a type that must widen widens what is already written too."""
        if self._columns is None:
            self._columns = Columns(batch.schema.names)
        before = self._columns.schema
        fitted = self._columns.fit(batch)
        if self._columns.schema != before:
            self._widen()
        self._waiting.append(fitted)
        self._waiting_rows += fitted.num_rows
        while self._waiting_rows >= self._group_rows:
            self._write(self._group_rows)

    def finish(self) -> int:
        """Write what waits and close the file."""
        if self._columns is None:
            raise InputRefused("a table needs at least one batch, so that its columns are known")
        if self._waiting_rows or self._writer is None:
            self._write(self._waiting_rows)
        self.close()
        return self._rows

    def close(self) -> None:
        """Let the file go, finished or not."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    @property
    def _group_rows(self) -> int:
        assert self._columns is not None
        return max(1_024, min(ROW_GROUP_ROWS, ROW_GROUP_CELLS // len(self._columns.schema)))

    def _write(self, rows: int) -> None:
        import pyarrow as pa  # heavy: only where data is written
        import pyarrow.parquet

        assert self._columns is not None
        waiting = pa.Table.from_batches(self._waiting, schema=self._columns.schema)
        group, rest = waiting.slice(0, rows).combine_chunks(), waiting.slice(rows)
        if self._writer is None:
            self._writer = pyarrow.parquet.ParquetWriter(
                self._path,
                self._columns.schema,
                version="2.6",
                data_page_version="1.0",
                compression="zstd",
                compression_level=3,
                use_dictionary=True,
                write_statistics=True,
                store_schema=False,
            )
        self._writer.write_table(group, row_group_size=max(rows, 1))
        self._waiting, self._waiting_rows = rest.to_batches(), rest.num_rows
        self._rows += rows

    def _widen(self) -> None:
        """Give all earlier rows the new types; what was written goes through the same door again."""
        assert self._columns is not None
        self._waiting = [self._columns.cast(batch) for batch in self._waiting]
        if self._writer is None:
            return
        self.close()
        narrow = self._path.with_name(f"{self._path.name}-narrow")
        self._path.rename(narrow)
        later, self._waiting, self._waiting_rows, self._rows = self._waiting, [], 0, 0
        with narrow.open("rb") as file:
            for batch in read_batches(file):
                self._waiting.append(self._columns.cast(batch))
                self._waiting_rows += batch.num_rows
                self._write(self._waiting_rows)
        narrow.unlink()
        self._waiting = later
        self._waiting_rows = sum(batch.num_rows for batch in later)


def _no_rows(schema: pa.Schema) -> pa.RecordBatch:
    import pyarrow as pa  # heavy: only where data is written

    return pa.RecordBatch.from_arrays([pa.array([], field.type) for field in schema], schema=schema)
