"""Reads CSV and Parquet files with declared types, their size known before they are loaded."""

from __future__ import annotations

import codecs
import csv
import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast

from flywheel.adapters.source_tables import Meter, check_names, check_size, conform, no_rows
from flywheel.adapters.source_values import typed
from flywheel.errors import InputRefused, shorten
from flywheel.settings import LimitSettings

if TYPE_CHECKING:
    import pyarrow as pa

BLOCK_BYTES = 1 << 20
BATCH_ROWS = 65_536
LONGEST_HEADER = 1 << 20
_INDEX = "__index_level_0__"
"""The nameless index that pandas writes; it means nothing."""


def parquet_batches(path: Path, *, schema: pa.Schema, meter: Meter) -> Iterator[pa.RecordBatch]:
    """Read one Parquet file by batches after its footer has told how much there is; at least one batch."""
    import pyarrow as pa  # heavy: only where data is read
    import pyarrow.parquet as pq

    try:
        texts = [field.name for field in pq.read_schema(path) if _is_text(field.type)]
        # pyarrow's own reading ahead keeps every row group until the file is closed
        with pq.ParquetFile(path, read_dictionary=texts, pre_buffer=False, buffer_size=BLOCK_BYTES) as file:
            names = [name for name in file.schema_arrow.names if name != _INDEX]
            _check_footer(file, names, meter, path.name)
            kinds = pa.schema([file.schema_arrow.field(name) for name in names])
            if file.metadata.num_rows == 0:
                yield conform(no_rows(kinds), schema)
            # texts stay folded until they are measured, so that a file that unfolds into too much is stopped on the way
            for batch in file.iter_batches(batch_size=BATCH_ROWS, columns=names, use_threads=False):
                meter.add(rows=batch.num_rows, size=sum(_unfolded(column) for column in batch.columns), where=path.name)
                yield conform(batch.select(names), schema)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError) as error:
        raise InputRefused(f"{path.name} cannot be read as Parquet: {shorten(str(error), 300)}") from error


def csv_batches(path: Path, *, schema: pa.Schema, meter: Meter) -> Iterator[pa.RecordBatch]:
    """Read one CSV file by blocks of text, each turned into its declared types; at least one batch."""
    import pyarrow as pa  # heavy: only where data is read
    import pyarrow.csv as pc

    prove_text(path, limits=meter.limits)
    names = _header(path, meter.limits)
    options = pc.ConvertOptions(
        column_types=dict.fromkeys(names, pa.string()), null_values=[], strings_can_be_null=False
    )
    rows = 0
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
            for batch in reader:
                meter.add(rows=batch.num_rows, size=batch.nbytes, where=path.name)
                yield typed(batch, schema, where=path.name, first_row=rows + 1)
                rows += batch.num_rows
            if rows == 0:
                yield typed(no_rows(reader.schema), schema, where=path.name, first_row=1)
    except pa.ArrowInvalid as error:
        raise InputRefused(
            f"{path.name} is not a regular CSV: {shorten(str(error), 300)}", allowed="as many values as the header"
        ) from error


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


def _check_footer(file: pa.parquet.ParquetFile, names: list[str], meter: Meter, where: str) -> None:
    import pyarrow as pa  # heavy: only where data is read

    metadata = file.metadata
    groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
    unpacked = sum(group.total_byte_size for group in groups)
    held = metadata.num_rows * metadata.num_columns * 8  # what a run of equal values unfolds into
    meter.foresee(rows=metadata.num_rows, size=max(unpacked, held), where=where)
    check_names(names, limits=meter.limits, where=where)
    for field in file.schema_arrow:
        if pa.types.is_nested(field.type):
            raise InputRefused(f"{where} nests values in a column", found=field.name, allowed="one value a cell")


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
    try:
        names = next(csv.reader([text], strict=True))
    except csv.Error as error:  # a name that goes on in the next line, or lines that end in a way of their own
        raise InputRefused(f"{path.name} has a header that cannot be read: {error}", allowed="one line") from error
    check_names(names, limits=limits, where=path.name)
    return names
