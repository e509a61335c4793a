"""Reads text files of rows (CSV) in the form that the charter says, with declared types, bounded when unpacked."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import itertools
import zlib
from bisect import insort
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

from flywheel.adapters.sources.cases import totals_in, without_headers
from flywheel.adapters.sources.tables import Meter, check_size, headers_of, no_rows
from flywheel.adapters.sources.torn import note_torn
from flywheel.adapters.sources.values import Rows, typed
from flywheel.errors import InputRefused, ending_of
from flywheel.project.charter.headers import Headers, numbered
from flywheel.project.checking.faults import Faults
from flywheel.project.reading.text_form import BLANKS, TextForm

if TYPE_CHECKING:
    import pyarrow as pa

BLOCK_BYTES = 1 << 20
LONGEST_LINE = 1 << 20


class TextFile:
    """One text file: its headers are known before its rows are read."""

    def __init__(self, path: Path, *, schema: pa.Schema, form: TextForm, meter: Meter, faults: Faults) -> None:
        self._path, self._schema, self._form, self._meter, self._faults = path, schema, form, meter, faults
        prove_text(path, form=form, meter=meter)
        first, *others = first_rows(path, form, most=2)
        self._first = first if form.header else []
        self._is_bare = form.header and not others
        self._usual = 0.0
        written = first if form.header else numbered(len(first))
        self.headers: Headers = headers_of(written, schema, limits=meter.limits, where=path.name)

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Read by blocks of text, each turned into its declared types; at least one batch."""
        import pyarrow as pa  # heavy: only where data is read
        import pyarrow.csv as pc

        form, places, skipped = self._form, self.headers.places, list[int]()
        texts = [f"c{place}" for place in range(len(self.headers.own))]
        if self._is_bare:  # which Arrow takes for a row that never ends
            yield self._typed(no_rows(pa.schema([(name, pa.string()) for name in places])), Rows(self._path.name, 1))
            return
        wanted = self._wanted(texts)

        def skip(row: pc.InvalidRow) -> str:
            number = row.number - 1 if form.header else row.number
            skipped.append(number)
            found, columns = row.actual_columns, row.expected_columns
            self._faults.ragged(where=self._path.name, row=number, text=row.text, found=found, wanted=columns)
            return "skip"

        read = 0
        try:
            with (
                opened(self._path) as content,
                pc.open_csv(
                    content,
                    read_options=pc.ReadOptions(
                        column_names=texts,
                        skip_rows_after_names=int(form.header),
                        encoding=form.encoding,
                        block_size=4 * BLOCK_BYTES,
                        use_threads=False,
                    ),
                    parse_options=pc.ParseOptions(
                        delimiter=form.delimiter,
                        quote_char=form.quote or False,
                        double_quote=bool(form.quote),
                        newlines_in_values=bool(form.quote),
                        invalid_row_handler=skip,
                    ),
                    convert_options=pc.ConvertOptions(
                        column_types=dict.fromkeys(texts, pa.string()),
                        include_columns=wanted,
                        null_values=[],
                        strings_can_be_null=False,
                    ),
                ) as reader,
            ):
                for batch in reader:
                    self._meter.add(rows=batch.num_rows, size=batch.nbytes, where=self._path.name)
                    kept = self._cases(batch, read, skipped)
                    yield self._typed(kept, Rows(self._path.name, read + 1, tuple(skipped)))
                    read += kept.num_rows
                    self._faults.rows += kept.num_rows
                if read == 0:
                    yield self._typed(no_rows(reader.schema), Rows(self._path.name, 1))
        except pa.ArrowInvalid as error:
            raise InputRefused(
                f"{self._path.name} is not a regular CSV: {ending_of(str(error))}",
                allowed="as many values as the header",
            ) from error

    def _cases(self, batch: pa.RecordBatch, read: int, skipped: list[int]) -> pa.RecordBatch:
        """Tell of rows that are no cases; those that repeat the header are no values either, and are skipped."""
        first = [self._first[place] for place in self.headers.places.values()] if self._first else []
        kept, again = without_headers(batch, first)
        for place in again:
            row = Rows(self._path.name, read + 1, tuple(skipped)).number(place)
            insort(skipped, row)
            self._faults.header_again(where=self._path.name, row=row, text=self._form.delimiter.join(self._first))
        rows = Rows(self._path.name, read + 1, tuple(skipped))
        found, self._usual = totals_in(kept, self._usual)
        for place, word in found.items():
            self._faults.totals_in(where=rows.where, row=rows.number(place), word=word)
        return kept

    def _wanted(self, texts: list[str]) -> list[str]:
        wanted = [texts[place] for place in self.headers.places.values()]
        if not wanted:
            now = self._form.delimiter
            raise InputRefused(
                f"{self._path.name} has no header that is a declared column, or could be one",
                found=", ".join(self.headers.own),
                allowed="a header for each declared column",
                next_step=f"name the right `delimiter` of the source, which is {now!r} now, or aliases",
            )
        return wanted

    def _typed(self, batch: pa.RecordBatch, rows: Rows) -> pa.RecordBatch:
        named = batch.rename_columns(list(self.headers.places))
        if self._form.quote:
            note_torn(
                named,
                list(self.headers.places.values()),
                of=len(self.headers.own),
                form=self._form,
                rows=rows,
                faults=self._faults,
            )
        return typed(named, self._schema, form=self._form, rows=rows, faults=self._faults)


def prove_text(path: Path, *, form: TextForm, meter: Meter) -> None:
    """Read a file through once: bounded when unpacked, of its encoding throughout, no NUL."""
    decoder = codecs.getincrementaldecoder(form.encoding)()
    offset = begun = 0
    has_single_bytes = form.encoding != "utf-16"
    try:
        with opened(path) as content:
            while block := content.read(BLOCK_BYTES):
                begun = offset - len(decoder.getstate()[0])
                decoder.decode(block)
                if has_single_bytes and (nul := block.find(b"\0")) >= 0:
                    raise InputRefused(
                        f"{path.name} holds a NUL byte",
                        found=f"at offset {offset + nul}",
                        allowed="text",
                        next_step='encoding = "utf-16" under the source, if that is what it is',
                    )
                offset += len(block)
                check_size(rows=0, size=offset, limits=meter.limits, where=path.name)
        begun = offset - len(decoder.getstate()[0])
        decoder.decode(b"", final=True)
    except UnicodeError as error:
        at = begun + error.start if isinstance(error, UnicodeDecodeError) else begun
        raise InputRefused(
            f"{path.name} is not {form.encoding.upper()}",
            found=f"a wrong byte at offset {at}",
            allowed=form.encoding.upper(),
            next_step='name its encoding under the source, such as encoding = "cp1252"',
        ) from error
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise InputRefused(f"{path.name} is not a whole gzip file: {error}") from error


def first_rows(path: Path, form: TextForm, *, most: int) -> list[list[str]]:
    """Read the first rows, the headers among them, as the form says."""
    with opened(path) as content:
        text = io.TextIOWrapper(content, encoding=form.encoding, newline="")
        lines = _without_mark(iter(lambda: text.readline(LONGEST_LINE), ""))
        quoting: Any = {"quotechar": form.quote} if form.quote else {"quoting": csv.QUOTE_NONE}
        reader = csv.reader(lines, delimiter=form.delimiter, strict=True, **quoting)
        try:
            rows = [*itertools.islice(reader, 1), *itertools.islice(filter(None, reader), most - 1)]
        except csv.Error as error:  # a value that never ends
            raise InputRefused(
                f"{path.name} begins with rows that cannot be read: {error}",
                allowed="values apart by the delimiter, in quotes that end",
                next_step="name the right `delimiter` and `quote` under the source",
            ) from error
    if not rows or ("".join(rows[0]) == "" and len(rows[0]) < 2):
        raise InputRefused(f"{path.name} begins with an empty line", allowed="a header that names the columns")
    return [[value.strip(BLANKS) for value in row] for row in rows]


def _without_mark(lines: Iterator[str]) -> Iterator[str]:
    """Take the mark off with which some programs begin a text: a quote after it would be no quote."""
    for first in lines:
        yield first.removeprefix("\ufeff")
        yield from lines


def opened(path: Path) -> IO[bytes]:
    """Open a file, unpacked where it is packed."""
    return cast("IO[bytes]", gzip.open(path, "rb")) if path.name.endswith(".gz") else path.open("rb")
