"""A bounded, seeded look at a data file: its form, its headers and how often each value stands in each column."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

from flywheel.adapters.source_text import opened
from flywheel.errors import InputRefused
from flywheel.project.headers import numbered, told_apart
from flywheel.project.kinds import Kind
from flywheel.project.proposing.form import encoding_of, has_header, layout_of, rows_of, with_numbers_and_words
from flywheel.project.text_form import TextForm

WHOLE_BYTES = 24 << 20
"""A file up to this size is looked at whole."""
HEAD_BYTES, BLOCK_BYTES, BLOCKS = 4 << 20, 256 << 10, 32
MOST_ROWS = 200_000


@dataclass(frozen=True)
class SeenColumn:
    """A column as it was seen: how often each value was there, written as text; its kind where the file says it."""

    header: str
    values: Counter[str]
    kind: Kind | None = None


@dataclass(frozen=True)
class Look:
    """What a look at a file found."""

    columns: tuple[SeenColumn, ...]
    rows: int
    is_whole: bool
    form: TextForm | None = None


def look_at(path: Path, *, seed: int = 7) -> Look:
    """Look at a CSV or Parquet file: all of a small one, seeded parts of a large one."""
    if not path.is_file():
        raise InputRefused("there is no such file", found=str(path), allowed="a CSV or Parquet file")
    return _look_at_parquet(path, seed) if path.suffix == ".parquet" else _look_at_text(path, seed)


def _look_at_text(path: Path, seed: int) -> Look:
    content, is_whole = _content(path, seed)
    encoding = encoding_of(content[0])
    texts = [part.decode(encoding, errors="replace").removeprefix("\ufeff") for part in content]
    form = replace(layout_of(texts[0]), encoding=encoding)
    rows = rows_of(texts[0], form)
    if not rows:
        raise InputRefused(f"{path.name} holds no rows", allowed="a text file of rows, or Parquet")
    if not is_whole:
        rows = rows[:-1]  # the last one is cut
    form = replace(form, header=has_header(rows))
    width = len(rows[0])
    headers = told_apart(rows[0]) if form.header else numbered(width)
    body = rows[1:] if form.header else rows
    for text in texts[1:]:
        inner = text.split("\n", 1)[-1].rsplit("\n", 1)[0]  # begun and cut in the middle of a row
        body += [row for row in rows_of(inner, form) if len(row) == width]
    body = body[:MOST_ROWS]
    counts = [Counter(row[place] for row in body if len(row) == width) for place in range(width)]
    columns = tuple(SeenColumn(header, values) for header, values in zip(headers, counts, strict=True))
    return Look(columns, len(body), is_whole, with_numbers_and_words(form, counts))


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
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            groups = file.metadata.num_row_groups
            rows_in = file.metadata.num_rows
            chosen = list(range(groups))
            if rows_in > MOST_ROWS and groups > 1:
                share = max(1, groups * MOST_ROWS // rows_in)
                chosen = sorted(random.Random(seed).sample(chosen, share))  # noqa: S311  not a secret
            table = file.read_row_groups(chosen).slice(0, MOST_ROWS) if groups else file.read()
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError) as error:
        raise InputRefused(f"{path.name} cannot be read as Parquet: {error}") from error
    names = [name for name in table.schema.names if name != "__index_level_0__"]
    headers = told_apart(names)
    columns = []
    for place, header in enumerate(headers):
        column = table.column(place)
        kind = _kind_of(column.type)
        if kind is Kind.TIME:
            column = column.cast(pa.timestamp("us"), safe=False)
        counted = pc.value_counts(column.combine_chunks())
        values = {_written(entry["values"]): int(entry["counts"]) for entry in counted.to_pylist()}
        columns.append(SeenColumn(header, Counter(values), kind))
    return Look(tuple(columns), table.num_rows, table.num_rows == rows_in)


def _kind_of(given: object) -> Kind | None:
    from pyarrow import types  # heavy: only where data is read

    tests = (
        (types.is_integer, Kind.INTEGER),
        (types.is_floating, Kind.NUMBER),
        (types.is_decimal, Kind.NUMBER),
        (types.is_boolean, Kind.BOOLEAN),
        (types.is_temporal, Kind.TIME),
    )
    return next((kind for is_kind, kind in tests if is_kind(given)), None)


def _written(value: object) -> str:
    """Write a value as a text file would; what is missing is an empty field."""
    if value is None or value != value:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
