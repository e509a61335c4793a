"""Reads Parquet files with declared types, their size known before they are loaded."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from flywheel.adapters.sources.tables import Meter, conform, headers_of, no_rows
from flywheel.errors import InputRefused, ending_of
from flywheel.project.charter.headers import Headers

if TYPE_CHECKING:
    import pyarrow as pa

BLOCK_BYTES = 1 << 20
BATCH_ROWS = 65_536
_INDEX = "__index_level_0__"
"""The nameless index that pandas writes; it means nothing."""


class ParquetFile:
    """One Parquet file: its headers are known before its rows are read."""

    def __init__(self, path: Path, *, schema: pa.Schema, meter: Meter) -> None:
        self._path, self._schema, self._meter = path, schema, meter
        with _told_of(path):
            self._own = _own_schema(path)
        names = [field.name for field in self._own]
        self.headers: Headers = headers_of(names, schema, limits=meter.limits, where=path.name)

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Read by batches after the footer has told how much there is; at least one batch."""
        import pyarrow.parquet as pq  # heavy: only where data is read

        own, places = self._own, self.headers.places
        wanted = list(dict.fromkeys(own[place].name for place in places.values()))
        came = [place for place, field in enumerate(own) if field.name in wanted]
        order = [came.index(place) for place in places.values()]
        texts = [own[place].name for place in came if _is_text(own[place].type)]
        # pyarrow's own reading ahead keeps every row group until the file is closed
        with (
            _told_of(self._path),
            pq.ParquetFile(self._path, read_dictionary=texts, pre_buffer=False, buffer_size=BLOCK_BYTES) as file,
        ):
            self._check_footer(file)
            if file.metadata.num_rows == 0:
                yield self._conformed(no_rows(_schema_of([own[place] for place in came])), order)
            # texts stay folded until they are measured, so that a file that unfolds into too much is stopped on the way
            for batch in file.iter_batches(batch_size=BATCH_ROWS, columns=wanted, use_threads=False):
                size = sum(_unfolded(column) for column in batch.columns)
                self._meter.add(rows=batch.num_rows, size=size, where=self._path.name)
                yield self._conformed(batch, order)

    def _conformed(self, batch: pa.RecordBatch, order: list[int]) -> pa.RecordBatch:
        import pyarrow as pa  # heavy: only where data is read

        columns = [batch.column(place) for place in order]
        named = pa.RecordBatch.from_arrays(columns, names=list(self.headers.places))
        return conform(named, self._schema)

    def _check_footer(self, file: pa.parquet.ParquetFile) -> None:
        import pyarrow as pa  # heavy: only where data is read

        metadata, where = file.metadata, self._path.name
        groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
        unpacked = sum(group.total_byte_size for group in groups)
        held = metadata.num_rows * metadata.num_columns * 8  # what a run of equal values unfolds into
        self._meter.foresee(rows=metadata.num_rows, size=max(unpacked, held), where=where)
        for field in self._own:
            if pa.types.is_nested(field.type):
                raise InputRefused(f"{where} nests values in a column", found=field.name, allowed="one value a cell")


@contextmanager
def _told_of(path: Path) -> Iterator[None]:
    import pyarrow as pa  # heavy: only where data is read

    try:
        yield
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError) as error:
        raise InputRefused(f"{path.name} cannot be read as Parquet: {ending_of(str(error))}") from error


def _own_schema(path: Path) -> list[pa.Field]:
    import pyarrow.parquet as pq  # heavy: only where data is read

    return [field for field in pq.read_schema(path) if field.name != _INDEX]


def _schema_of(fields: list[pa.Field]) -> pa.Schema:
    import pyarrow as pa  # heavy: only where data is read

    return pa.schema(fields)


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
