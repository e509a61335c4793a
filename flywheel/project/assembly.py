"""Joins a project's sources into the one table that everything else is made from, a batch of its rows at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flywheel.errors import InputRefused, counted

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa


@dataclass(frozen=True)
class Lookup:
    """A source that is joined to the others by one key: it is held in memory, the rows that ask it are not."""

    name: str
    key: str
    table: pa.Table
    index: pd.Index[Any]


def lookup(name: str, key: str, table: pa.Table) -> Lookup:
    """Index a joined source by its key; each row needs one, and each its own."""
    # pandas keeps the hash table of an index, pyarrow would build it again for each batch
    import pandas as pd

    _must_hold(name, table.column_names, key)
    column = table[key]
    if column.null_count:
        raise InputRefused(
            f"{name} holds {counted(column.null_count, 'row')} without a key", found=key, allowed="a key each row"
        )
    index = pd.Index(column.to_pandas())
    doubled = int(index.duplicated().sum())
    if doubled:
        raise InputRefused(
            f"{name} holds {counted(doubled, 'key')} more than once", found=key, allowed="one row for each key"
        )
    return Lookup(name, key, table, index)


def assemble(batches: Iterable[pa.RecordBatch], lookups: Iterable[Lookup]) -> Iterator[pa.RecordBatch]:
    """Left-join every lookup to the rows; none is doubled, no column comes twice, a row without a key joins nothing."""
    lookups = tuple(lookups)
    for batch in batches:
        joined = batch
        for other in lookups:
            joined = _joined(joined, other)
        yield joined


def _joined(batch: pa.RecordBatch, other: Lookup) -> pa.RecordBatch:
    import pyarrow as pa  # heavy: only where data is read

    names, key = batch.schema.names, other.key
    _must_hold("the rows so far", names, key)
    brought = [name for name in other.table.column_names if name != key]
    if twice := [name for name, count in Counter([*names, *brought]).items() if count > 1]:
        raise InputRefused(f"{other.name} brings columns that are already there", found=twice, allowed="new columns")
    keys, kind = batch.column(key), other.table.schema.field(key).type
    if len({keys.type, kind}) > 1 and keys.null_count < len(keys):
        raise InputRefused(
            f"{other.name} cannot be joined by {key}: its kind differs",
            found=f"{keys.type} and {kind}",
            allowed="one kind",
            next_step=f"declare [data.columns.{key}]",
        )
    # pandas makes floats of whole numbers with gaps, among which long ones are equal; no key is looked up for a gap
    whole = keys.fill_null(0) if pa.types.is_integer(keys.type) else keys
    places = other.index.get_indexer(whole.to_pandas())
    found = pa.array(places, mask=(places < 0) | keys.is_null().to_numpy(zero_copy_only=False))
    columns = [other.table[name].take(found).combine_chunks() for name in brought]
    return pa.RecordBatch.from_arrays([*batch.columns, *columns], names=[*names, *brought])


def _must_hold(side: str, names: Iterable[str], key: str) -> None:
    if key not in names:
        raise InputRefused(f"{side} cannot be joined", found=sorted(names)[:20], allowed=f"a column {key}")
