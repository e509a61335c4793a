"""A bounded, seeded look at a data file: its form, its headers and how often each value stands in each column."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from flywheel.adapters.file_kinds import TABLES, require_table
from flywheel.adapters.sources.text import opened
from flywheel.errors import InputRefused, counted, ending_of
from flywheel.project.charter.headers import numbered, told_apart
from flywheel.project.proposing.encodings import encoding_of
from flywheel.project.proposing.first_row import FirstRow, first_row_of
from flywheel.project.proposing.form import layout_of, rows_of, with_numbers_and_words
from flywheel.project.proposing.no_table import why_no_table
from flywheel.project.reading.calendar_grains import ROWS_AT_MOST
from flywheel.project.reading.durations import CURE
from flywheel.project.reading.kinds import Kind
from flywheel.project.reading.text_form import BLANKS, ENCODINGS, TextForm
from flywheel.project.reading.totals import no_cases, said_of
from flywheel.setting_groups import LimitSettings

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

WHOLE_BYTES = 24 << 20
"""A file up to this size is looked at whole."""
HEAD_BYTES, BLOCK_BYTES, BLOCKS = 4 << 20, 256 << 10, 32
MOST_ROWS = 200_000
ROWS = "a header, and below it rows of as many values"
_BATCH_ROWS, _MOST_BYTES = 16_384, 256 << 20
_FIRST_TIME, _LAST_TIME = (
    int((datetime(*day, tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()) * 1_000_000
    for day in ((1, 1, 1), (9999, 12, 31))
)
"""The first and the last day that a date can say, in microseconds."""


@dataclass(frozen=True)
class SeenColumn:
    """A column as it was seen: how often each value was there, written as text; its kind where the file says it."""

    header: str
    values: Counter[str]
    kind: Kind | None = None
    codes: tuple[str, ...] = ()
    """What its cells hold that means missing, beside cells that hold nothing."""
    unusable: str = ""
    """Why no kind holds its values, where that is so."""


@dataclass(frozen=True)
class Look:
    """What a look at a file found."""

    columns: tuple[SeenColumn, ...]
    rows: int
    is_whole: bool
    form: TextForm | None = None
    asked: str = ""
    """What is open about the encoding, which is a guess wherever the bytes do not show it."""
    no_cases: str = ""
    """Which rows are no cases, such as lines of totals, and were not looked at."""
    asked_header: str = ""
    """What is open about the first row, where nothing shows whether it names the columns."""
    some_rows: tuple[tuple[str, ...], ...] = ()
    """Rows spread evenly over those that were seen, for what columns only show beside one another."""


def look_at(path: Path, *, seed: int = 7, has_header: bool | None = None) -> Look:
    """Look at a CSV or Parquet file: all of a small one, seeded parts of a large one.

    A person may say whether the first row of a text names the columns.
    """
    look = _look_at_parquet(path, seed) if require_table(path) else _look_at_text(path, seed, has_header)
    if not look.rows:
        found = f"the header {', '.join(column.header for column in look.columns)[:200]} alone"
        raise InputRefused(f"{path.name} holds no rows", found=found, allowed=ROWS, next_step="export it with its rows")
    return look


def _look_at_text(path: Path, seed: int, has_header: bool | None) -> Look:  # noqa: FBT001  None where nobody says
    content, is_whole = _content(path, seed)
    encoding = encoding_of(content[0])
    texts = [part.decode(encoding.name, errors="replace").removeprefix("\ufeff") for part in content]
    _require_text(path, texts)
    form = replace(layout_of(texts[0]), encoding=encoding.name)
    rows = _rows(path, texts[0], form)
    if not is_whole:
        rows = rows[:-1]  # the last one is cut
    width = _width(path, texts[0], rows, form)
    first = first_row_of(rows) if has_header is None else FirstRow(has_header)
    form = replace(form, header=first.is_header)
    headers = told_apart(rows[0]) if form.header else numbered(width)
    body = rows[1:] if form.header else rows
    for text in texts[1:]:
        inner = text.split("\n", 1)[-1].rsplit("\n", 1)[0]  # begun and cut in the middle of a row
        body += [row for row in rows_of(inner, form) if len(row) == width]
    strange = no_cases(body, rows[0] if form.header else [])
    body = [row for place, row in enumerate(body) if place not in strange][:MOST_ROWS]
    even = [row for row in body if len(row) == width]
    counts = [Counter(row[place] for row in even) for place in range(width)]
    columns = tuple(SeenColumn(header, values) for header, values in zip(headers, counts, strict=True))
    return Look(
        columns,
        len(body),
        is_whole,
        with_numbers_and_words(form, counts),
        encoding.asked,
        said_of(strange),
        first.asked,
        tuple(map(tuple, even[:: _step(len(even))])),
    )


def _step(rows: int) -> int:
    return max(1, -(-rows // ROWS_AT_MOST))


def _rows(path: Path, text: str, form: TextForm) -> list[list[str]]:
    """Cut a text into rows, of which the first one begins it."""
    rows = rows_of(text, form)
    if not rows:
        raise InputRefused(f"{path.name} holds no rows", found="empty lines", allowed=ROWS)
    if text[0] in "\r\n":
        raise InputRefused(
            f"{path.name} begins with an empty line",
            allowed=ROWS,
            next_step="take the empty lines above the header away",
        )
    return rows


def _require_text(path: Path, texts: Iterable[str]) -> None:
    """Refuse what no encoding that is read makes text of, such as UTF-32."""
    if any("\0" in text for text in texts):
        raise InputRefused(
            f"{path.name} is no text in an encoding that is read",
            found="NUL characters",
            allowed=", ".join(ENCODINGS),
            next_step="save it as UTF-8",
        )


def _width(path: Path, text: str, rows: list[list[str]], form: TextForm) -> int:
    """Say how many columns there are; refuse what has one, too many, or as many as it likes in each row."""
    width, limit = len(rows[0]), LimitSettings().columns
    if width > limit:
        raise InputRefused(f"{path.name} has too many columns", found=f"{width:,}", allowed=f"at most {limit:,}")
    if wrong := why_no_table(text, rows, form):
        what = f"{path.name} does not read as a table"
        raise InputRefused(what, found=wrong.found, allowed=ROWS, next_step=wrong.next_step)
    return width


def _content(path: Path, seed: int) -> tuple[list[bytes], bool]:
    """Read the whole of a small file; of a large one its beginning, and blocks that chance chooses by the seed."""
    with opened(path) as file:
        head = file.read(WHOLE_BYTES + 1)
        if len(head) <= WHOLE_BYTES:
            return [head], True
        if path.name.endswith(".gz"):
            return [head[:WHOLE_BYTES]], False
        size, chance, parts = path.stat().st_size, random.Random(seed), [head[:HEAD_BYTES]]  # noqa: S311  not a secret
        for place in sorted(chance.sample(range(HEAD_BYTES, size - BLOCK_BYTES), BLOCKS)):
            file.seek(place)
            parts.append(file.read(BLOCK_BYTES))
        return parts, False


def _look_at_parquet(path: Path, seed: int) -> Look:
    import pyarrow as pa  # heavy: only where data is read
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            groups = file.metadata.num_row_groups
            rows_in = file.metadata.num_rows
            chosen = list(range(groups))
            if rows_in > MOST_ROWS and groups > 1:
                share = max(1, groups * MOST_ROWS // rows_in)
                chosen = sorted(random.Random(seed).sample(chosen, share))  # noqa: S311  not a secret
            table = _first_rows(file, chosen)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError) as error:
        raise InputRefused(f"{path.name} cannot be read as Parquet: {ending_of(str(error))}", allowed=TABLES) from error
    _require_plain(path, table.schema)
    names = [name for name in table.schema.names if name != "__index_level_0__"]
    headers = told_apart(names)
    columns = tuple(_seen(header, table.column(place)) for place, header in enumerate(headers))
    some = table.take(pa.array(range(0, table.num_rows, _step(table.num_rows)), pa.int64()))
    written = [
        _texts(some.column(place)) if not one.unusable else [""] * len(some) for place, one in enumerate(columns)
    ]
    rows = tuple(zip(*written, strict=True))
    return Look(columns, table.num_rows, table.num_rows == rows_in, some_rows=rows)


def _texts(column: pa.ChunkedArray) -> list[str]:
    """Write the cells of a column of Parquet, each as a text file would."""
    import pyarrow as pa  # heavy: only where data is read

    given = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    plain = column.cast(pa.timestamp("us"), safe=False) if _kind_of(given) is Kind.TIME else column
    return [_written(value).strip(BLANKS) for value in plain.to_pylist()]


def _seen(header: str, column: pa.ChunkedArray) -> SeenColumn:
    """Count the values of a column of Parquet, each written as a text file would."""
    import pyarrow as pa  # heavy: only where data is read
    import pyarrow.compute as pc

    given = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    kind = _kind_of(given)
    if kind is None:
        is_span = pa.types.is_duration(given) or pa.types.is_time(given)
        cure = f": {CURE}" if is_span else ""
        return SeenColumn(header, Counter(), unusable=f"its cells are {given}, which no kind holds{cure}")
    if kind is Kind.TIME:
        column = column.cast(pa.timestamp("us"), safe=False)
        ends = pc.min_max(column.cast(pa.int64())).as_py().values()
        if any(end is not None and not _FIRST_TIME <= end <= _LAST_TIME for end in ends):
            return SeenColumn(header, Counter(), unusable="it holds times outside the years 1 to 9999")
    if pa.types.is_float16(given):
        column = column.cast(pa.float32())  # which can be counted
    values = Counter[str]()
    for entry in pc.value_counts(column.combine_chunks()).to_pylist():
        values[_written(entry["values"]).strip(BLANKS)] += int(entry["counts"])
    has_empty = kind is Kind.TEXT and bool(pc.any(pc.equal(pc.utf8_trim(column.cast(pa.string()), BLANKS), "")).as_py())
    return SeenColumn(header, values, kind, ("",) if has_empty else ())


def _first_rows(file: pq.ParquetFile, groups: list[int]) -> pa.Table:
    """Read as many rows as a look takes, bounded in rows and in memory, whatever one group holds."""
    import pyarrow as pa  # heavy: only where data is read

    batches, rows, size = [], 0, 0
    for batch in file.iter_batches(batch_size=_BATCH_ROWS, row_groups=groups):
        batches.append(batch.slice(0, MOST_ROWS - rows))
        rows, size = rows + batch.num_rows, size + batch.nbytes
        if rows >= MOST_ROWS or size >= _MOST_BYTES:
            break
    return pa.Table.from_batches(batches, schema=file.schema_arrow)


def _require_plain(path: Path, schema: pa.Schema) -> None:
    """Refuse columns that hold more than one value in a cell, or bytes."""
    from pyarrow import types  # heavy: only where data is read

    tests = (types.is_nested, types.is_binary, types.is_large_binary, types.is_fixed_size_binary)
    odd = [field for field in schema if any(test(field.type) for test in tests)]
    if odd:
        found = ", ".join(f"{field.name} ({field.type})" for field in odd[:5])
        what = f"{path.name} holds {counted(len(odd), 'column')} whose cells are no single values"
        raise InputRefused(
            what, found=found, allowed="numbers, texts, times, true and false", next_step="export without"
        )
    limit = LimitSettings().columns
    if not 2 <= len(schema) <= limit:
        allowed = f"2 to {limit:,}"
        raise InputRefused(
            f"{path.name} does not read as a table", found=counted(len(schema), "column"), allowed=allowed
        )


def _kind_of(given: object) -> Kind | None:
    """Say which kind a type of Parquet has; text there is words, for its numbers would be no text."""
    from pyarrow import types  # heavy: only where data is read

    tests = (
        (types.is_integer, Kind.INTEGER),
        (types.is_floating, Kind.NUMBER),
        (types.is_decimal, Kind.NUMBER),
        (types.is_boolean, Kind.BOOLEAN),
        (types.is_timestamp, Kind.TIME),
        (types.is_date, Kind.TIME),
        (types.is_string, Kind.TEXT),
        (types.is_large_string, Kind.TEXT),
        (types.is_string_view, Kind.TEXT),
        (types.is_null, Kind.TEXT),
    )
    return next((kind for is_kind, kind in tests if is_kind(given)), None)


def _written(value: object) -> str:
    """Write a value as a text file would; what is missing is an empty field."""
    if value is None or value != value:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
