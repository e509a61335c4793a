"""Reads a project's sources: its files, scikit-learn's own sets, and SQL databases by their configured name."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flywheel.adapters.source_files import read_csv, read_parquet
from flywheel.adapters.source_paths import data_files
from flywheel.adapters.source_tables import check_names, check_size, conform, stack
from flywheel.domain.digests import Digest, digest_of
from flywheel.errors import InputRefused, SettingsError, shorten
from flywheel.project.charter_data import SKLEARN_SETS, Source, SourceForm
from flywheel.settings import LimitSettings

if TYPE_CHECKING:
    import pyarrow as pa
    from sqlalchemy import Connection, Engine

FETCH_ROWS = 10_000
_READ_ONLY = {
    "postgresql": "SET TRANSACTION READ ONLY",
    "mysql": "SET TRANSACTION READ ONLY",
    "sqlite": "PRAGMA query_only = ON",
}


def read_source(
    source: Source,
    *,
    project_path: Path,
    schema: pa.Schema,
    limits: LimitSettings,
    roots: Iterable[Path] = (),
    engine: Engine | None = None,
) -> pa.Table:
    """Read the whole source with its declared types; `engine` is the database that an SQL source's name stands for."""
    match source.form:
        case SourceForm.SKLEARN:
            return conform(_bundled(source.uri.removeprefix("sklearn://"), schema), schema)
        case SourceForm.SQL:
            return conform(_queried(source, engine, schema, limits), schema)
    _, files = data_files(source.uri, project_path=project_path, roots=roots)
    tables, rows, size = [], 0, 0
    for file in files:
        read = read_parquet if file.suffix == ".parquet" else read_csv
        table = read(file, schema=schema, limits=limits)
        rows, size = rows + table.num_rows, size + table.nbytes
        check_size(rows=rows, size=size, limits=limits, where=source.uri)
        tables.append(table)
    return stack(tables, where=source.uri)


def fingerprint(
    source: Source, *, project_path: Path, roots: Iterable[Path] = (), engine: Engine | None = None
) -> Digest:
    """Digest what the source holds now, without parsing it."""
    if source.form is SourceForm.SKLEARN:
        import sklearn  # heavy; its version stands for the data it brings

        return digest_of([source.uri, sklearn.__version__])
    if source.form is SourceForm.SQL:
        return digest_of([source.uri, source.query, _digest_of_rows(source, engine)])
    base, files = data_files(source.uri, project_path=project_path, roots=roots)
    return digest_of([[str(file.relative_to(base)), _digest_of_file(file)] for file in files])


def source_name(source: Source) -> str:
    """Name the SQL source that settings must know."""
    return source.uri.removeprefix("sql://")


def _digest_of_file(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _bundled(name: str, schema: pa.Schema) -> pa.Table:
    """Read a set that comes with scikit-learn; classes by their names, and of its columns only the declared ones."""
    import numpy as np  # heavy: only where data is read
    import pyarrow as pa
    from sklearn import datasets

    if name not in SKLEARN_SETS:
        raise InputRefused("not a data set of scikit-learn", found=name, allowed=", ".join(SKLEARN_SETS))
    bunch = getattr(datasets, f"load_{name}")()
    columns: dict[str, Any] = {
        re.sub(r"[^A-Za-z0-9]+", "_", str(label)).strip("_"): values
        for label, values in zip(bunch.feature_names, np.asarray(bunch.data, dtype=np.float64).T, strict=True)
    }
    classes = getattr(bunch, "target_names", None)
    columns["target"] = bunch.target if classes is None else [str(classes[place]) for place in bunch.target]
    kept = {label: values for label, values in columns.items() if label in schema.names} or columns
    return pa.table({label: pa.array(values) for label, values in kept.items()})


def _queried(source: Source, engine: Engine | None, schema: pa.Schema, limits: LimitSettings) -> pa.Table:
    import pyarrow as pa  # heavy: only where data is read

    batches: list[dict[str, list[Any]]] = []
    names: list[str] = []
    rows = size = 0
    for names, block in _blocks(source, engine):
        check_names(names, limits=limits, where=source.uri)
        rows += len(block)
        size += sum(len(str(value)) for row in block for value in row)
        check_size(rows=rows, size=size, limits=limits, where=source.uri)
        batches.append({name: [row[place] for row in block] for place, name in enumerate(names)})
    types = {name: schema.field(name).type for name in names if name in schema.names}
    columns = {}
    for name in names:
        values = [value for batch in batches for value in batch[name]]
        try:
            columns[name] = _as_array(values, types.get(name))
        except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError) as error:
            raise InputRefused(f"{source.uri}: column {name} cannot be read: {shorten(str(error), 200)}") from error
    return pa.table(columns)


def _as_array(values: list[Any], wanted: pa.DataType | None) -> pa.Array:
    """Hold database values in Arrow: of the declared type if they are of that kind, else as they came, for the gate."""
    import pyarrow as pa  # heavy: only where data is read

    array = pa.array(values)
    return pa.array(values, wanted) if wanted is not None and pa.types.is_null(array.type) else array


def _digest_of_rows(source: Source, engine: Engine | None) -> str:
    digest = hashlib.sha256()
    for names, block in _blocks(source, engine):
        digest.update(repr(names).encode())
        for row in block:
            digest.update(repr(tuple(row)).encode())
    return digest.hexdigest()


def _blocks(source: Source, engine: Engine | None) -> Iterator[tuple[list[str], list[Any]]]:
    """Run the query read-only and give its rows by the thousand; at least one block, so that the names are known."""
    if engine is None or source.query is None:
        raise SettingsError(
            f"the SQL source {source_name(source)!r} is not set up", next_step="add it under [sources] of the settings"
        )
    from sqlalchemy.exc import SQLAlchemyError  # only where a database is read

    try:
        with engine.connect() as connection:
            _forbid_writing(connection)
            result = connection.execution_options(stream_results=True).exec_driver_sql(source.query)
            if not result.returns_rows:
                raise InputRefused(f"the query of {source.uri} gives no rows", allowed="one SELECT")
            names = [str(name) for name in result.keys()]  # noqa: SIM118  a result is no mapping: iterating gives rows
            block = list(result.fetchmany(FETCH_ROWS))
            yield names, block
            while block := list(result.fetchmany(FETCH_ROWS)):
                yield names, block
    except SQLAlchemyError as error:
        raise InputRefused(
            f"the query of {source.uri} failed: {shorten(str(error), 300)}", allowed="one SELECT"
        ) from error


def _forbid_writing(connection: Connection) -> None:
    statement = _READ_ONLY.get(connection.dialect.name)
    if statement:
        connection.exec_driver_sql(statement)
