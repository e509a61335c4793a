"""The declared schema that data is read with: nothing about a column's kind is ever guessed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from flywheel.project.kinds import Kind

if TYPE_CHECKING:
    import pyarrow as pa

    from flywheel.project.charter_data import Data

MISSING_TEXTS = "missing_texts"


def declared_kinds(data: Data) -> dict[str, Kind]:
    """Say the kind of every declared column; keys without a kind of their own get the one that their use implies."""
    kinds = {name: column.kind for name, column in data.columns.items()}
    if data.target:
        kinds.setdefault(data.target, _kind_of(data.positive))
    if data.time:
        kinds.setdefault(data.time, Kind.TIME)
    for name in (data.entity, *(source.join for source in data.sources.values())):
        if name:
            kinds.setdefault(name, Kind.TEXT)
    return kinds


def reading_schema(data: Data) -> pa.Schema:
    """Give the Arrow type of every declared column, with the texts that mean missing as the field's metadata."""
    import pyarrow as pa  # heavy: only where data is read

    fields = []
    for name, kind in declared_kinds(data).items():
        codes = data.columns[name].missing.codes if name in data.columns else ()
        texts = [code for code in codes if isinstance(code, str)]
        fields.append(pa.field(name, arrow_type(kind), metadata={MISSING_TEXTS: json.dumps(texts)}))
    return pa.schema(fields)


def missing_texts(field: pa.Field) -> tuple[str, ...]:
    """Say which texts mean missing where a column is not itself text."""
    written = (field.metadata or {}).get(MISSING_TEXTS.encode(), b"[]")
    return ("", *json.loads(written))


def arrow_type(kind: Kind) -> pa.DataType:
    """Give the Arrow type that values of a kind are held in."""
    import pyarrow as pa  # heavy: only where data is read

    types = {
        Kind.NUMBER: pa.float64(),
        Kind.INTEGER: pa.int64(),
        Kind.CATEGORY: pa.string(),
        Kind.TEXT: pa.string(),
        Kind.TIME: pa.timestamp("us", tz="UTC"),
        Kind.BOOLEAN: pa.bool_(),
    }
    return types[kind]


def _kind_of(positive: object) -> Kind:
    if isinstance(positive, bool):
        return Kind.BOOLEAN
    if isinstance(positive, int) or (isinstance(positive, float) and positive.is_integer()):
        return Kind.INTEGER
    return Kind.NUMBER if isinstance(positive, float) else Kind.CATEGORY
