"""Reads CSV and Parquet files with declared types, their size known before they are loaded."""

from __future__ import annotations

import codecs
import csv
import gzip
import zlib
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast

from flywheel.adapters.source_tables import check_names, check_size, conform
from flywheel.errors import InputRefused, shorten
from flywheel.project.data_schema import missing_texts
from flywheel.settings import LimitSettings

if TYPE_CHECKING:
    import pyarrow as pa

BLOCK_BYTES = 1 << 20
LONGEST_HEADER = 1 << 20
_INDEX = "__index_level_0__"
"""The nameless index that pandas writes; it means nothing."""


def read_parquet(path: Path, *, schema: pa.Schema, limits: LimitSettings) -> pa.Table:
    """Read one Parquet file after its footer has told how much there is."""
    import pyarrow as pa  # heavy: only where data is read
    import pyarrow.parquet as pq

    try:
        texts = [field.name for field in pq.read_schema(path) if _is_text(field.type)]
        with pq.ParquetFile(path, read_dictionary=texts) as file:
            names = [name for name in file.schema_arrow.names if name != _INDEX]
            _check_footer(file, names, limits, path.name)
            return conform(_batches(file, names, limits, path.name), schema)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError) as error:
        raise InputRefused(f"{path.name} cannot be read as Parquet: {shorten(str(error), 300)}") from error


def read_csv(path: Path, *, schema: pa.Schema, limits: LimitSettings) -> pa.Table:
    """Read one CSV file as text, then turn each column into its declared type, value by value."""
    import pyarrow as pa  # heavy: only where data is read
    import pyarrow.csv as pc

    prove_text(path, limits=limits)
    names = _header(path, limits)
    options = pc.ConvertOptions(
        column_types=dict.fromkeys(names, pa.string()), null_values=[], strings_can_be_null=False
    )
    try:
        with (
            _opened(path) as content,
            pc.open_csv(
                content,
                read_options=pc.ReadOptions(block_size=4 * BLOCK_BYTES, use_threads=False),
                parse_options=pc.ParseOptions(newlines_in_values=True),
                convert_options=options,
            ) as reader,
        ):
            batches, rows, size = [], 0, 0
            for batch in reader:
                rows, size = rows + batch.num_rows, size + batch.nbytes
                check_size(rows=rows, size=size, limits=limits, where=path.name)
                batches.append(batch)
            table = pa.Table.from_batches(batches, schema=reader.schema)
    except pa.ArrowInvalid as error:
        raise InputRefused(
            f"{path.name} is not a regular CSV: {shorten(str(error), 300)}", allowed="as many values as the header"
        ) from error
    return _typed(table, schema, path.name)


def prove_text(path: Path, *, limits: LimitSettings) -> None:
    """Read a file through once: bounded when unpacked, UTF-8 throughout, no NUL."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    offset = begun = 0
    try:
        with _opened(path) as content:
            while block := content.read(BLOCK_BYTES):
                begun = offset - len(decoder.getstate()[0])
                decoder.decode(block)
                if (nul := block.find(b"\0")) >= 0:
                    raise InputRefused(
                        f"{path.name} holds a NUL byte", found=f"at offset {offset + nul}", allowed="text"
                    )
                offset += len(block)
                check_size(rows=0, size=offset, limits=limits, where=path.name)
        begun = offset - len(decoder.getstate()[0])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        found = f"a wrong byte at offset {begun + error.start}"
        raise InputRefused(f"{path.name} is not UTF-8", found=found, allowed="UTF-8") from error
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise InputRefused(f"{path.name} is not a whole gzip file: {error}") from error


def _check_footer(file: pa.parquet.ParquetFile, names: list[str], limits: LimitSettings, where: str) -> None:
    import pyarrow as pa  # heavy: only where data is read

    metadata = file.metadata
    groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
    unpacked = sum(group.total_byte_size for group in groups)
    held = metadata.num_rows * metadata.num_columns * 8  # what a run of equal values unfolds into
    check_size(rows=metadata.num_rows, size=max(unpacked, held), limits=limits, where=where)
    check_names(names, limits=limits, where=where)
    for field in file.schema_arrow:
        if pa.types.is_nested(field.type):
            raise InputRefused(f"{where} nests values in a column", found=field.name, allowed="one value a cell")


def _batches(file: pa.parquet.ParquetFile, names: list[str], limits: LimitSettings, where: str) -> pa.Table:
    """Read by batches, texts still folded, so that a file that unfolds into too much is stopped on the way."""
    import pyarrow as pa  # heavy: only where data is read

    batches, rows, size = [], 0, 0
    for batch in file.iter_batches(batch_size=65_536, columns=names, use_threads=False):
        rows += batch.num_rows
        size += sum(_unfolded(column) for column in batch.columns)
        check_size(rows=rows, size=size, limits=limits, where=where)
        batches.append(batch)
    schema = batches[0].schema if batches else pa.schema([file.schema_arrow.field(name) for name in names])
    return pa.Table.from_batches(batches, schema=schema)


def _unfolded(column: pa.Array) -> int:
    import pyarrow as pa  # heavy: only where data is read
    import pyarrow.compute as pc

    if not pa.types.is_dictionary(column.type):
        return int(column.nbytes)
    lengths = pc.binary_length(column.dictionary)
    return int(pc.sum(lengths.take(column.indices)).as_py() or 0) + 4 * len(column)


def _is_text(given: pa.DataType) -> bool:
    import pyarrow as pa  # heavy: only where data is read

    return bool(pa.types.is_string(given) or pa.types.is_large_string(given))


def _opened(path: Path) -> IO[bytes]:
    return cast("IO[bytes]", gzip.open(path, "rb")) if path.name.endswith(".gz") else path.open("rb")


def _header(path: Path, limits: LimitSettings) -> list[str]:
    with _opened(path) as content:
        line = content.readline(LONGEST_HEADER)
    text = line.decode("utf-8-sig", errors="replace").rstrip("\r\n")
    if not text:
        raise InputRefused(f"{path.name} begins with an empty line", allowed="a header that names the columns")
    names = next(csv.reader([text]))
    check_names(names, limits=limits, where=path.name)
    return names


def _typed(table: pa.Table, schema: pa.Schema, where: str) -> pa.Table:
    import pyarrow.compute as pc  # heavy: only where data is read

    for position, name in enumerate(table.column_names):
        field = schema.field(name) if name in schema.names else table.schema.field(name)
        column = table.column(position)
        absent = missing_texts(field) if name in schema.names and field.type != column.type else ("",)
        is_absent = pc.is_in(column, value_set=_texts(absent))
        column = pc.if_else(is_absent, None, column)
        table = table.set_column(position, name, _cast(column, field.type, f"{where}: column {name}"))
    return table


def _texts(values: tuple[str, ...]) -> pa.Array:
    import pyarrow as pa  # heavy: only where data is read

    return pa.array(values, pa.string())


def _cast(column: pa.ChunkedArray, wanted: pa.DataType, where: str) -> pa.ChunkedArray:
    import pyarrow as pa  # heavy: only where data is read
    import pyarrow.compute as pc

    if column.type == wanted:
        return column
    try:
        if pa.types.is_timestamp(wanted):
            return _times(column, wanted)
        cast_column = column.cast(wanted)
    except pa.ArrowInvalid as error:
        raise InputRefused(
            f"{where} holds what is not of its kind: {shorten(str(error), 200)}", allowed=str(wanted)
        ) from error
    if pa.types.is_floating(wanted) and not pc.all(pc.is_finite(cast_column), min_count=0).as_py():
        raise InputRefused(f"{where} holds inf or nan", allowed="finite numbers, or nothing where one is missing")
    return cast_column


def _times(column: pa.ChunkedArray, wanted: pa.DataType) -> pa.ChunkedArray:
    import pyarrow as pa  # heavy: only where data is read
    import pyarrow.compute as pc

    try:
        return column.cast(wanted)
    except pa.ArrowInvalid:
        return pc.assume_timezone(column.cast(pa.timestamp("us")), "UTC")  # a time without a zone is UTC
