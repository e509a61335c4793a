"""Joins a project's sources into the one table that everything else is made from, a batch of its rows at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, Any

from flywheel.errors import counted
from flywheel.project.charter.headers import alike_header
from flywheel.project.checking.faults import SHOWN_VALUES, Fault, refusal_of
from flywheel.project.reading.matches import Meeting

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa


@dataclass(frozen=True)
class Lookup:
    """A source that is joined to the others by one key: it is held in memory, the rows that ask it are not."""

    name: str
    where: str
    key: str
    table: pa.Table

    @cached_property
    def index(self) -> pd.Index[Any]:
        """The keys, whose hash table pandas keeps; pyarrow would build it again for each batch."""
        import pandas as pd

        keys: pd.Series[Any] = self.table[self.key].to_pandas()
        index: pd.Index[Any] = pd.Index(keys)
        return index

    @cached_property
    def meeting(self) -> Meeting:
        """How the rows' keys met these so far."""
        return Meeting(self.name, self.where, self.key, lambda: self.index)

    @property
    def brought(self) -> list[str]:
        """The columns that it brings."""
        return [name for name in self.table.column_names if name != self.key]


def joining_faults(schema: pa.Schema, lookups: Iterable[Lookup], *, target: str | None = None) -> Iterator[Fault]:
    """Say what keeps sources from being joined, each at the rows of `schema` and what those before it bring."""
    kinds = {field.name: field.type for field in schema}
    for other in lookups:
        yield from _own_faults(other)
        if other.key not in kinds:
            yield _without_key("the rows that it is joined to have", other, list(kinds))
        elif other.key in other.table.column_names:
            yield from _of_another_kind(kinds[other.key], other)
        for name in other.brought:
            if name in kinds:
                yield _brought_twice(name, other, is_target=name == target)
        kinds |= {name: other.table.schema.field(name).type for name in other.brought}


def assemble(
    batches: Iterable[pa.RecordBatch], lookups: Sequence[Lookup], *, target: str | None = None
) -> Iterator[pa.RecordBatch]:
    """Left-join every lookup to the rows; none is doubled, no column comes twice, a row without a key joins nothing."""
    rest = iter(batches)
    first = next(rest)
    if faults := tuple(joining_faults(first.schema, lookups, target=target)):
        raise refusal_of(faults)
    for batch in chain([first], rest):
        joined = batch
        for other in lookups:
            joined = _joined(joined, other)
        yield joined


def _joined(batch: pa.RecordBatch, other: Lookup) -> pa.RecordBatch:
    import pyarrow as pa  # heavy: only where data is read

    keys = batch.column(other.key)
    # pandas makes floats of whole numbers with gaps, among which long ones are equal; no key is looked up for a gap
    whole = (keys.fill_null(0) if pa.types.is_integer(keys.type) else keys).to_pandas()
    places, is_missing = other.index.get_indexer(whole), keys.is_null().to_numpy(zero_copy_only=False)
    strangers = whole[(places < 0) & ~is_missing].value_counts(sort=False).to_dict()
    other.meeting.see(rows=len(batch), keyless=int(is_missing.sum()), strangers=strangers)
    found = pa.array(places, mask=(places < 0) | is_missing)
    columns = [other.table[name].take(found).combine_chunks() for name in other.brought]
    return pa.RecordBatch.from_arrays([*batch.columns, *columns], names=[*batch.schema.names, *other.brought])


def _own_faults(other: Lookup) -> Iterator[Fault]:
    """Each row of a joined source needs a key, and each its own."""
    import pyarrow.compute as pc  # heavy: only where data is read

    names, key = other.table.column_names, other.key
    if key not in names:
        yield _without_key("it has", other, names)
        return
    column = other.table[key]
    if column.null_count:
        what = f"{counted(column.null_count, 'row', 'have')} no key, by which {other.name} is joined"
        row = int(pc.index(pc.is_null(column), True).as_py()) + 1
        cure = f"give each row its {key}, or leave such rows out at the source"
        yield Fault(other.where, key, what, column.null_count, (), row, cure)
    keys = other.index.to_series().reset_index(drop=True)
    is_again = keys.duplicated() & keys.notna()
    again = keys[is_again].unique()
    if len(again):
        what = f"{counted(len(again), 'key', 'stand')} in several rows, and one row of each is joined"
        row = int(is_again.to_numpy().argmax()) + 1
        cure = f"one row for each {key} at the source; or data.sources.{other.name}.join names another key"
        yield Fault(other.where, key, what, len(again), tuple(map(str, again[:SHOWN_VALUES])), row, cure)


def _without_key(side: str, other: Lookup, names: Sequence[str]) -> Fault:
    key = other.key
    what = f"{other.name} is joined by {key}, and {side} no such column"
    meant = alike_header(key, names)
    alias = f'data.columns.{key}.alias = ["{key}", "{meant}"] with its kind' if meant else ""
    cure = alias or f"data.columns.{key}.alias names its header; or data.sources.{other.name}.join another column"
    return Fault(other.where, key, what, 1, tuple(names[:SHOWN_VALUES]), cure=cure)


def _of_another_kind(kind: pa.DataType, other: Lookup) -> Iterator[Fault]:
    from pyarrow import types  # heavy: only where data is read

    theirs = other.table.schema.field(other.key).type
    if kind == theirs or types.is_null(kind) or types.is_null(theirs):
        return
    what = f"cannot be joined: its kind differs, {theirs} here and {kind} in the rows that it is joined to"
    yield Fault(other.where, other.key, what, cure=f'data.columns.{other.key}.kind = "category" reads both alike')


def _brought_twice(name: str, other: Lookup, *, is_target: bool) -> Fault:
    what = "is the target and already there" if is_target else "is already there"
    what = f"{what}, and {other.name} brings it once more"
    return Fault(other.where, name, what, cure=f"take it out of {other.where}, or give it another header there")
