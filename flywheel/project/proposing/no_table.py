"""Says why a text does not read as a table from its first line on, and what to change so that it does."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from flywheel.errors import counted, shorten
from flywheel.project.proposing.first_row import first_row_of
from flywheel.project.proposing.form import DELIMITERS, LEAST_REGULAR, rows_of
from flywheel.project.reading.text_form import TextForm

_MOST_ABOVE = 20
_LOOKED_ROWS = 400
_NEARLY_ALL = 0.9
_SEPARATOR = re.compile(r"sep=.?", flags=re.IGNORECASE)
"""What spreadsheets write above a table for themselves."""
_BY_BACKSLASH = '\\"'
Rows = Sequence[Sequence[str]]


@dataclass(frozen=True)
class NoTable:
    """What was found instead of a table, and what would make one of it."""

    found: str
    next_step: str


def why_no_table(text: str, rows: Rows, form: TextForm) -> NoTable | None:
    """Say what keeps rows from being a table with its header first; nothing where they are one."""
    looked = rows[:_LOOKED_ROWS]
    lengths = Counter(len(row) for row in looked[1:] or looked)
    width, often = lengths.most_common(1)[0]
    if width > 1 and (above := _above(looked, width)):
        line = _line_of(above, text, form)
        said = shorten(form.delimiter.join(rows[0]).strip(form.delimiter), 60)
        header = shorten(form.delimiter.join(rows[above]), 60)
        found = f"{said} above the header, which is line {line:,}: {header}"
        return NoTable(found, f"take away what stands above line {line:,}")
    fitting = sum(len(row) == len(rows[0]) for row in rows)
    is_torn = _BY_BACKSLASH in text and fitting < LEAST_REGULAR * len(rows)  # else they are signs of a folder's name
    doubled = rows_of(text.replace(_BY_BACKSLASH, '""'), form) if is_torn else []
    if doubled and sum(len(row) == len(doubled[0]) for row in doubled) >= _NEARLY_ALL * len(doubled):
        found = f"quotes within texts that are written as {_BY_BACKSLASH}"
        return NoTable(found, f'write them doubled, as "", at the source: replace {_BY_BACKSLASH} by "" in the file')
    if width > 1 and len(rows[0]) == width - 1 and often >= LEAST_REGULAR * len(looked):
        return _header_one_short(looked, width, form)
    if len(rows[0]) > 1 and fitting >= LEAST_REGULAR * len(rows):
        return None
    found = "1 column" if len(rows[0]) < 2 else f"{fitting:,} of {counted(len(rows), 'row')} as long as the first"
    signs = " ".join(map(repr, DELIMITERS))
    return NoTable(found, f"save it with one of {signs} between values, and texts that hold it in double quotes")


def _above(rows: Rows, width: int) -> int:
    """Count the rows above the header: titles, comments, what a spreadsheet says of its delimiter."""
    if _SEPARATOR.fullmatch("".join(rows[0]).strip()):
        return 1
    begun = next((place for place, row in enumerate(rows) if len(row) == width and 2 * _filled(row) > width), 0)
    if not 0 < begun <= _MOST_ABOVE or begun + 1 >= len(rows):
        return 0
    header = first_row_of(rows[begun:])
    is_sure = header.is_header and not header.asked
    are_few = any(map(_filled, rows[:begun])) and all(2 * _filled(row) <= width for row in rows[:begun])
    return begun if is_sure and (are_few or any(len(row) != width for row in rows[:begun])) else 0


def _header_one_short(rows: Rows, width: int, form: TextForm) -> NoTable:
    found = f"{counted(width - 1, 'name')} in the header over rows of {counted(width, 'value')}"
    of_width = [row for row in rows[1:] if len(row) == width]
    if sum(not row[-1] for row in of_width) >= _NEARLY_ALL * len(of_width):
        return NoTable(
            f"{found}, each of which ends in {form.delimiter!r}",
            f"put {form.delimiter!r} behind the header too, or take it away at the end of each row",
        )
    return NoTable(
        found,
        "give each column a name: where the first one has none, as write.table of R leaves it, write with row.names = "
        f"FALSE, or put a name and {form.delimiter!r} before the header",
    )


def _line_of(place: int, text: str, form: TextForm) -> int:
    """Say in which line of a text a row ends, counted from 1."""
    quoting = {"quotechar": form.quote} if form.quote else {"quoting": csv.QUOTE_NONE}
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=form.delimiter, **quoting)
    for row in reader:
        place -= bool(row)
        if place < 0:
            break
    return reader.line_num


def _filled(row: Sequence[str]) -> int:
    return sum(map(bool, row))
