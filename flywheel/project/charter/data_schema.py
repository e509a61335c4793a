"""The declared schema that data is read with: nothing about a column's kind is ever guessed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from flywheel.project.reading.kinds import Kind
from flywheel.project.reading.missing import written

if TYPE_CHECKING:
    import pyarrow as pa

    from flywheel.project.charter.data import Data
    from flywheel.project.reading.missing import Code

MISSING_TEXTS, ALIASES, KIND, UNIT = "missing_texts", "aliases", "kind", "unit"


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


def missing_codes(data: Data, name: str) -> tuple[Code, ...]:
    """Say what means missing in a column, wherever it is read: its own codes, and the words that every source names.

    A word of one source among several is made null where that source is read, and says nothing of others' columns.
    """
    own = data.columns[name].missing.codes if name in data.columns else ()
    words = [source.missing for source in data.sources.values()]
    shared = (word for word in words[0] if all(word in other for other in words)) if words else ()
    return tuple(dict.fromkeys((*own, *shared)))


def reading_schema(data: Data) -> pa.Schema:
    """Give the Arrow type of every declared column; what else its reading needs is the field's metadata."""
    import pyarrow as pa  # heavy: only where data is read

    fields = []
    for name, kind in declared_kinds(data).items():
        column = data.columns.get(name)
        texts = [_text_of(code) for code in column.missing.codes if _is_text_in(kind, code)] if column else []
        metadata = {
            KIND: kind.value,
            MISSING_TEXTS: json.dumps(texts),
            ALIASES: json.dumps(column.alias if column else ()),
            UNIT: (column.unit if column else None) or "",
        }
        fields.append(pa.field(name, arrow_type(kind), metadata=metadata))
    return pa.schema(fields)


def _is_text_in(kind: Kind, code: Code) -> bool:
    """Whether a code is text in a file: what no value of the kind can hold is nothing as soon as it is read."""
    holds = {Kind.NUMBER: True, Kind.INTEGER: float(code).is_integer()} if not isinstance(code, str) else {}
    return not holds.get(kind, False)


def _text_of(code: Code) -> str:
    return code if isinstance(code, str) else written(code)


def missing_texts(field: pa.Field) -> tuple[str, ...]:
    """Say which texts mean missing where a column is not itself text."""
    return ("", *json.loads(_said(field, MISSING_TEXTS, "[]")))


def aliases_in(schema: pa.Schema) -> Mapping[str, tuple[str, ...]]:
    """Say by which headers of a source each declared column is meant, beside its own name."""
    return {field.name: tuple(json.loads(_said(field, ALIASES, "[]"))) for field in schema}


def kind_in(field: pa.Field) -> Kind:
    """Say a declared column's kind, in the charter's words."""
    return Kind(_said(field, KIND, Kind.TEXT.value))


def unit_in(field: pa.Field) -> str:
    """Say what a text file writes beside the numbers of a column."""
    return _said(field, UNIT, "")


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


def _said(field: pa.Field, key: str, default: str) -> str:
    written: bytes = (field.metadata or {}).get(key.encode(), default.encode())
    return written.decode()


def _kind_of(positive: object) -> Kind:
    if positive is None:
        return Kind.NUMBER
    if isinstance(positive, bool):
        return Kind.BOOLEAN
    if isinstance(positive, int) or (isinstance(positive, float) and positive.is_integer()):
        return Kind.INTEGER
    return Kind.NUMBER if isinstance(positive, float) else Kind.CATEGORY
