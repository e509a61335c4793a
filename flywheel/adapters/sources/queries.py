"""Reads the rows of one query from a database: read-only, by a cursor of the server, a block at a time."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from flywheel.adapters.sources.tables import Meter, conform, headers_of, no_rows
from flywheel.errors import InputRefused, SettingsError, Unavailable, ending_of
from flywheel.project.charter.headers import NO_HEADERS
from flywheel.project.charter.source import Source

if TYPE_CHECKING:
    import pyarrow as pa
    from sqlalchemy import Connection, Engine

FETCH_ROWS = 10_000
_READ_ONLY = {
    "postgresql": ("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY", "SET TRANSACTION READ ONLY"),
    "mysql": ("SET TRANSACTION READ ONLY",),
    "sqlite": ("PRAGMA query_only = ON",),
}
_STEADY = {"postgresql": "SET LOCAL synchronize_seqscans = off"}
"""Else two readers of one large table share a scan, and the second begins in the middle."""


class QueryReader:
    """One reading of a query; afterwards it knows the digest of all rows that it gave."""

    def __init__(self, source: Source, engine: Engine | None) -> None:
        self._source, self._engine = source, engine
        self._seen = hashlib.sha256()
        self.headers = NO_HEADERS

    @property
    def digest(self) -> str:
        """Digest the rows that were read so far."""
        return f"sha256:{self._seen.hexdigest()}"

    def batches(self, schema: pa.Schema, meter: Meter) -> Iterator[pa.RecordBatch]:
        """Read the rows with their declared types; at least one batch."""
        import pyarrow as pa  # heavy: only where data is read

        where = self._source.uri
        for names, block in self.blocks():
            self.headers = headers_of(names, schema, limits=meter.limits, where=where)
            places = self.headers.places
            arrays = [_as_array(block, place, name, where) for name, place in places.items()]
            meter.add(rows=len(block), size=sum(array.nbytes for array in arrays), where=where)
            batch = pa.RecordBatch.from_arrays(arrays, names=list(places))
            yield conform(batch if block else no_rows(_declared(list(places), schema)), schema)

    def blocks(self) -> Iterator[tuple[list[str], list[Any]]]:
        """Give the rows by the thousand; at least one block, so that the names are known."""
        source = self._source
        if self._engine is None or source.query is None:
            raise SettingsError(
                f"the SQL source {source_name(source)!r} is not set up",
                next_step="add it under [sources] of the settings",
            )
        from sqlalchemy.exc import SQLAlchemyError  # only where a database is read

        try:
            connected = self._engine.connect()
        except SQLAlchemyError as error:
            raise Unavailable(
                f"the database of {source.uri} cannot be reached: {self._words(error.__cause__ or error)}",
                next_step=f"see that it runs, and that the address of {source_name(source)!r} under [sources] is right",
            ) from error
        try:
            with connected as connection:
                yield from self._blocks(connection, source.query)
        except SQLAlchemyError as error:
            raise InputRefused(
                f"the query of {source.uri} failed: {self._words(error)}", allowed="one SELECT"
            ) from error

    def _blocks(self, connection: Connection, query: str) -> Iterator[tuple[list[str], list[Any]]]:
        dialect = connection.dialect.name
        for statement in _READ_ONLY.get(dialect, ()):
            connection.exec_driver_sql(statement)
        if dialect in _STEADY:
            connection.exec_driver_sql(_STEADY[dialect])
        streaming = connection.execution_options(stream_results=True, max_row_buffer=FETCH_ROWS)
        result = streaming.exec_driver_sql(query)
        if not result.returns_rows:
            raise InputRefused(f"the query of {self._source.uri} gives no rows", allowed="one SELECT")
        names = [str(name) for name in result.keys()]  # noqa: SIM118  a result is no mapping: iterating gives rows
        self._seen.update(repr(names).encode())
        is_first = True
        while (block := [tuple(row) for row in result.fetchmany(FETCH_ROWS)]) or is_first:
            self._seen.update(repr(block).encode())
            yield names, block
            is_first = False

    def _words(self, error: BaseException) -> str:
        """Give the driver's words, which may hold the address, without its password."""
        assert self._engine is not None
        text, secret = str(error), self._engine.url.password
        return ending_of(text.replace(secret, "***") if secret else text)


def source_name(source: Source) -> str:
    """Name the SQL source that settings must know."""
    return source.uri.removeprefix("sql://")


def _as_array(block: list[Any], place: int, name: str, where: str) -> pa.Array:
    """Hold one column of database values in Arrow as they came."""
    import pyarrow as pa  # heavy: only where data is read

    values = [row[place] for row in block]
    try:
        array = pa.array(values)
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError) as error:
        raise InputRefused(f"{where}: column {name} cannot be read: {ending_of(str(error))}") from error
    if isinstance(array.type, pa.BaseExtensionType):  # a UUID
        return pa.array([None if value is None else str(value) for value in values], pa.string())
    if pa.types.is_nested(array.type):
        raise InputRefused(
            f"{where} nests values in a column",
            found=name,
            allowed="one value a cell",
            next_step="unfold it in the query",
        )
    return array


def _declared(names: list[str], schema: pa.Schema) -> pa.Schema:
    import pyarrow as pa  # heavy: only where data is read

    kinds = {name: schema.field(name).type for name in names if name in schema.names}
    return pa.schema([pa.field(name, kinds.get(name, pa.null())) for name in names])
