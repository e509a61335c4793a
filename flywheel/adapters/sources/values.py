"""Turns text into declared kinds, value by value, and names every value that is of no such kind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flywheel.adapters.sources.tables import as_words
from flywheel.project.charter.data_schema import kind_in, missing_texts, unit_in
from flywheel.project.checking.faults import SHOWN_VALUES, Faults
from flywheel.project.reading.moments import moment_of
from flywheel.project.reading.text_form import BLANKS, NO_CENTS, SAME_SIGNS, TextForm, groups_of
from flywheel.project.reading.written_units import WITHOUT, beside

if TYPE_CHECKING:
    import pyarrow as pa

_ZONED = r"[T ]\d\d(:\d\d(:\d\d(\.\d+)?)?)?(Z|[+-]\d\d(:?\d\d)?)$"
_TOO_FINE = r"(:\d\d\.\d{6})\d{1,3}((Z|[+-]\d\d(:?\d\d)?)?)$"
"""A second with more decimals than are kept."""
MOST_WRONG = 1_000
"""Different wrong values that are looked for one by one; where there are more, the column is of another kind."""


@dataclass(frozen=True)
class Rows:
    """Where a batch of rows stands: in which file, from which row on, and which rows of the file were skipped."""

    where: str
    first: int
    skipped: tuple[int, ...] = ()

    def number(self, place: int) -> int:
        """Count from 1 below the header, rows that were skipped included."""
        number = self.first + place
        for row in self.skipped:
            number += row <= number
        return number


def typed(batch: pa.RecordBatch, schema: pa.Schema, *, form: TextForm, rows: Rows, faults: Faults) -> pa.RecordBatch:
    """Read columns of text as declared; what is not declared stays text, and what cannot be read is a fault."""
    import pyarrow as pa  # heavy: only where data is read
    import pyarrow.compute as pc

    columns = []
    for name, written in zip(batch.schema.names, batch.columns, strict=True):
        column = pc.utf8_trim(written, BLANKS)
        field = schema.field(name) if name in schema.names else pa.field(name, column.type)
        columns.append(_typed(column, field, form=form, rows=rows, faults=faults))
    return pa.RecordBatch.from_arrays(columns, names=batch.schema.names)


def _typed(column: pa.Array, field: pa.Field, *, form: TextForm, rows: Rows, faults: Faults) -> pa.Array:
    import pyarrow as pa  # heavy: only where data is read
    import pyarrow.compute as pc

    absent = missing_texts(field) if field.type != column.type else ("",)
    is_absent = pc.is_in(column, value_set=pa.array([*absent, *form.missing], pa.string()))
    column = pc.if_else(is_absent, None, column)
    if column.type == field.type:
        return as_words(column, field)
    bare = _without_unit(column, unit_in(field))
    try:
        return _finite(_cast(bare, field.type, form))
    except pa.ArrowInvalid:
        wrong = _wrong(bare, field.type, form)
    places = pc.indices_nonzero(wrong).to_pylist()
    found = column.take(places[: 100 * SHOWN_VALUES]).to_pylist()
    faults.unread(
        field.name,
        kind_in(field),
        where=rows.where,
        row=rows.number(places[0]),
        count=len(places),
        values=dict.fromkeys(found),
        is_all=len(places) == len(column) - column.null_count,
        has_points=bool(pc.any(pc.match_substring(column.filter(pc.invert(wrong)), form.decimal)).as_py()),
    )
    return _cast(pc.if_else(wrong, None, bare), field.type, form)


def _without_unit(column: pa.Array, unit: str) -> pa.Array:
    """Take off what stands beside the numbers of a column."""
    import pyarrow.compute as pc  # heavy: only where data is read

    if not unit:
        return column
    return pc.replace_substring_regex(_with_plain_signs(column), pattern=beside(unit), replacement=WITHOUT)


def _wrong(column: pa.Array, wanted: pa.DataType, form: TextForm) -> pa.Array:
    """Mark the values that cannot be read: each different one is tried, halves of them at a time."""
    import pyarrow as pa  # heavy: only where data is read
    import pyarrow.compute as pc

    different = column.unique().drop_null()
    bad: list[str] = []
    parts = [different]
    while parts:
        part = parts.pop()
        if not len(part) or _reads(part, wanted, form):
            continue
        if len(part) == 1 or len(bad) >= MOST_WRONG:
            bad += part.to_pylist()
            continue
        middle = len(part) // 2
        parts += [part.slice(middle), part.slice(0, middle)]
    return pc.fill_null(pc.is_in(column, value_set=pa.array(bad, pa.string())), False)  # noqa: FBT003  pyarrow's


def _reads(part: pa.Array, wanted: pa.DataType, form: TextForm) -> bool:
    import pyarrow as pa  # heavy: only where data is read

    try:
        _finite(_cast(part, wanted, form))
    except pa.ArrowInvalid:
        return False
    return True


def _finite(values: pa.Array) -> pa.Array:
    """Refuse inf and nan, which Arrow takes for numbers."""
    import pyarrow as pa  # heavy: only where data is read
    import pyarrow.compute as pc

    if pa.types.is_floating(values.type) and not pc.all(pc.is_finite(values), min_count=0).as_py():
        raise pa.ArrowInvalid("not finite")
    return values


def _cast(column: pa.Array, wanted: pa.DataType, form: TextForm) -> pa.Array:
    import pyarrow as pa  # heavy: only where data is read

    if pa.types.is_timestamp(wanted):
        return _times(column, wanted, form)
    if pa.types.is_integer(wanted) or pa.types.is_floating(wanted):
        return _plain_numbers(column, form).cast(wanted)
    return column.cast(wanted)


def _plain_numbers(column: pa.Array, form: TextForm) -> pa.Array:
    """Write numbers as Arrow reads them: groups of thousands closed up, a point before the decimals."""
    import pyarrow as pa  # heavy: only where data is read
    import pyarrow.compute as pc

    column = pc.replace_substring_regex(_with_plain_signs(column), pattern=NO_CENTS, replacement=r"\1")
    if form.thousands:
        is_grouped = pc.match_substring_regex(column, groups_of(form))
        closed = pc.replace_substring(column, form.thousands, "")
        column = pc.if_else(is_grouped, closed, column)
    if form.decimal == ".":
        return column
    if pc.any(pc.match_substring(column, "."), min_count=0).as_py():
        raise pa.ArrowInvalid("a point where the decimals begin with a comma")
    return pc.replace_substring(column, form.decimal, ".")


def _with_plain_signs(column: pa.Array) -> pa.Array:
    """Write numbers with the signs of a keyboard."""
    import pyarrow.compute as pc  # heavy: only where data is read

    for sign, same in SAME_SIGNS.items():
        column = pc.replace_substring(column, sign, same)
    return column


def _times(column: pa.Array, wanted: pa.DataType, form: TextForm) -> pa.Array:
    """Read each value by the first of the source's formats that fits, else by ISO 8601; without a zone it is UTC."""
    import pyarrow as pa  # heavy: only where data is read
    import pyarrow.compute as pc

    if not form.date_format:
        return _iso(column, wanted)
    different = column.unique()  # Arrow's own strptime takes 31 February for 2 March
    moments = [None if text is None else moment_of(text, form.date_format) for text in different.to_pylist()]
    read = pa.array(moments, wanted).take(pc.index_in(column, value_set=different))
    if read.null_count > column.null_count:
        raise pa.ArrowInvalid("no moment")
    return read


def _iso(column: pa.Array, wanted: pa.DataType) -> pa.Array:
    import pyarrow as pa  # heavy: only where data is read
    import pyarrow.compute as pc

    column = pc.replace_substring_regex(column, pattern=_TOO_FINE, replacement=r"\1\2")
    try:
        return column.cast(wanted)
    except pa.ArrowInvalid:  # some times have no zone: those are UTC
        is_zoned = pc.match_substring_regex(column, _ZONED)
        naive = pc.if_else(is_zoned, None, column).cast(pa.timestamp("us"))
        zoned = pc.if_else(is_zoned, column, None).cast(wanted)
        return pc.coalesce(zoned, pc.assume_timezone(naive, "UTC"))
