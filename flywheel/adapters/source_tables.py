"""Holds what was read against its limits and its declared schema, whatever it was read from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

from flywheel.errors import InputRefused, shorten
from flywheel.project.fields import COLUMN
from flywheel.settings import LimitSettings

if TYPE_CHECKING:
    import pyarrow as pa


def check_names(names: Iterable[str], *, limits: LimitSettings, where: str) -> None:
    """Refuse headers that name a column twice, or in a way that no rule could name it."""
    names = list(names)
    if len(names) > limits.columns:
        raise InputRefused(
            f"{where} has too many columns", found=f"{len(names):,}", allowed=f"at most {limits.columns:,}"
        )
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise InputRefused(f"{where} names a column twice", found=twice[0], allowed="each name once")
    for name in names:
        if not COLUMN.fullmatch(name):
            raise InputRefused(
                f"{where} has a column that no rule may name",
                found=name,
                allowed="letters, digits and underscores, beginning with a letter",
                next_step="rename it at the source",
            )


def check_size(*, rows: int, size: int, limits: LimitSettings, where: str) -> None:
    """Refuse more rows or bytes than are read."""
    if rows > limits.rows:
        raise InputRefused(f"{where} has too many rows", found=f"{rows:,}", allowed=f"at most {limits.rows:,}")
    if size > limits.bytes:
        raise InputRefused(
            f"{where} is too large when unpacked", found=f"{size:,} bytes", allowed=f"at most {limits.bytes:,} bytes"
        )


def conform(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """Give typed columns their declared type where nothing is lost; what does not fit stays, for the gate to name."""
    import pyarrow as pa  # heavy: only where data is read

    for position, field in enumerate(table.schema):
        wanted = schema.field(field.name).type if field.name in schema.names else _plain(field.type)
        if field.type == wanted:
            continue
        column = table.column(position)
        try:
            converted = _converted(column, wanted)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError, _NotTheSame):
            converted = column.cast(_plain(field.type))
        table = table.set_column(position, field.name, converted)
    return table.replace_schema_metadata(None)


def stack(tables: list[pa.Table], *, where: str) -> pa.Table:
    """Put the tables of several files under one another; they must agree on their columns."""
    import pyarrow as pa  # heavy: only where data is read

    names = tables[0].column_names
    for table in tables[1:]:
        odd = set(names) ^ set(table.column_names)
        if odd:
            raise InputRefused(f"the files of {where} do not have the same columns", found=sorted(odd)[:10])
    try:
        return pa.concat_tables([table.select(names) for table in tables], promote_options="permissive")
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        raise InputRefused(f"the files of {where} do not have the same types: {shorten(str(error), 300)}") from error


class _NotTheSame(Exception):
    """A conversion that would change what the values mean."""


def _plain(given: pa.DataType) -> pa.DataType:
    import pyarrow as pa  # heavy: only where data is read

    if pa.types.is_dictionary(given):
        return _plain(given.value_type)
    return pa.string() if pa.types.is_large_string(given) or pa.types.is_string_view(given) else given


def _converted(column: pa.ChunkedArray, wanted: pa.DataType) -> pa.ChunkedArray:
    import pyarrow as pa  # heavy: only where data is read

    given, kinds = _plain(column.type), pa.types
    if kinds.is_dictionary(column.type):
        column = column.cast(given)
    is_text, is_number = kinds.is_string(given), kinds.is_integer(given) or kinds.is_floating(given)
    if kinds.is_timestamp(wanted):
        if not (kinds.is_timestamp(given) or kinds.is_date(given) or kinds.is_null(given)):
            raise _NotTheSame
        zone = given.tz if kinds.is_timestamp(given) else None
        naive_or_zoned = column if zone else column.cast(pa.timestamp("us"), safe=False)
        return naive_or_zoned.cast(wanted, safe=False) if zone else _as_utc(naive_or_zoned)
    if is_text and not kinds.is_string(wanted):
        raise _NotTheSame  # text that should be a number is a finding, not a conversion
    if kinds.is_boolean(given) != kinds.is_boolean(wanted) and not kinds.is_null(given):
        raise _NotTheSame
    if kinds.is_string(wanted) and not (is_text or kinds.is_integer(given) or kinds.is_null(given)):
        raise _NotTheSame
    if kinds.is_decimal(given) or is_number or is_text or kinds.is_boolean(given) or kinds.is_null(given):
        return column.cast(wanted)
    raise _NotTheSame


def _as_utc(column: pa.ChunkedArray) -> pa.ChunkedArray:
    import pyarrow.compute as pc  # heavy: only where data is read

    return pc.assume_timezone(column, "UTC")
