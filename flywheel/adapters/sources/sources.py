"""Reads a project's sources a batch at a time: its files, scikit-learn's own sets, and databases by configured name."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flywheel.adapters.sources.parquet import ParquetFile
from flywheel.adapters.sources.paths import data_files, path_values
from flywheel.adapters.sources.queries import QueryReader
from flywheel.adapters.sources.tables import Meter, conform, headers_of
from flywheel.adapters.sources.text import TextFile
from flywheel.adapters.sources.values import Rows, typed
from flywheel.domain.digests import Digest, digest_of
from flywheel.errors import InputRefused
from flywheel.project.charter.data_schema import aliases_in
from flywheel.project.charter.headers import NO_HEADERS, Headers
from flywheel.project.charter.source import SKLEARN_SETS, Source, SourceForm
from flywheel.project.checking.faults import Faults
from flywheel.setting_groups import LimitSettings

if TYPE_CHECKING:
    import pyarrow as pa
    from sqlalchemy import Engine


@dataclass(frozen=True)
class Origin:
    """Something raw that a source was read from: a file, a query, a bundled set, another project's dataset version."""

    kind: str
    name: str
    digest: Digest


@dataclass(frozen=True)
class SharedTable:
    """Another project's dataset version: its id and content, and a way to read the columns that may be used."""

    id: str
    digest: Digest
    batches: Callable[[], Iterator[pa.RecordBatch]]


@dataclass(frozen=True)
class Ground:
    """Where sources may lie: `engine` is the database that a name stands for, `shared` the table of a dataset."""

    project_path: Path
    roots: tuple[Path, ...] = ()
    engine: Engine | None = None
    shared: SharedTable | None = None


class Reading:
    """One reading of a source: its batches, and then what they were read from and what was wrong with them."""

    def __init__(self, name: str, source: Source, ground: Ground) -> None:
        self.name, self.source, self._ground = name, source, ground
        self._query = QueryReader(source, ground.engine)
        self.headers: Headers = NO_HEADERS
        self.faults = Faults(name)

    def batches(self, schema: pa.Schema, limits: LimitSettings) -> Iterator[pa.RecordBatch]:
        """Read every row with its declared types, at least one batch of one form; refuse all faults at the end."""
        yield from self.look(schema, limits)
        self.faults.refuse()

    def look(self, schema: pa.Schema, limits: LimitSettings) -> Iterator[pa.RecordBatch]:
        """Read every row and collect the faults: what could not be read is null."""
        source, meter = self.source, Meter(limits)
        match source.form:
            case SourceForm.SKLEARN:
                yield self._named(_bundled(source.uri.removeprefix("sklearn://"), schema), schema, meter)
            case SourceForm.SQL:
                for batch in self._query.batches(schema, meter):
                    self.headers = self._query.headers
                    yield batch
            case SourceForm.DATASET:
                for batch in _shared(source, self._ground).batches():
                    meter.add(rows=batch.num_rows, size=batch.nbytes, where=source.uri)
                    yield self._named(batch, schema, meter)
            case _:
                yield from self._of_files(schema, meter)

    def origins(self) -> tuple[Origin, ...]:
        """Digest what the batches were read from: of a query the rows that came, of files what they hold now."""
        if self.source.form is SourceForm.SQL:
            return (_query_origin(self.source, self._query.digest),)
        return origins(self.source, self._ground)

    def _named(self, batch: pa.RecordBatch, schema: pa.Schema, meter: Meter) -> pa.RecordBatch:
        """Give the columns of a table their names here."""
        self.headers = headers_of(batch.schema.names, schema, limits=meter.limits, where=self.source.uri)
        kept = batch.select(list(self.headers.places.values()))
        return conform(kept.rename_columns(list(self.headers.places)), schema)

    def _of_files(self, schema: pa.Schema, meter: Meter) -> Iterator[pa.RecordBatch]:
        base, files = _files(self.source, self._ground)
        names: list[str] = []
        for path in files:
            file = self._opened(path, schema, meter)
            self.headers = self.headers if names else file.headers
            for batch in file.batches():
                whole = self._with_path_values(batch, path_values(path.relative_to(base)), schema, path.name)
                names = names or whole.schema.names
                if odd := set(names) ^ set(whole.schema.names):
                    raise InputRefused(
                        f"the files of {self.source.uri} do not have the same columns",
                        found=f"{path.relative_to(base)}: {', '.join(sorted(odd)[:10])}",
                    )
                yield whole.select(names)

    def _opened(self, path: Path, schema: pa.Schema, meter: Meter) -> TextFile | ParquetFile:
        if path.suffix == ".parquet":
            return ParquetFile(path, schema=schema, meter=meter)
        return TextFile(path, schema=schema, form=self.source.text, meter=meter, faults=self.faults)

    def _with_path_values(
        self, batch: pa.RecordBatch, values: dict[str, str | None], schema: pa.Schema, where: str
    ) -> pa.RecordBatch:
        """Add the columns that a partitioned folder keeps in the names of its folders (`year=2024/`)."""
        import pyarrow as pa  # heavy: only where data is read

        added = {name: value for name, value in values.items() if name not in batch.schema.names}
        if not added:
            return batch
        columns = [pa.repeat(pa.scalar(value, pa.string()), batch.num_rows) for value in added.values()]
        texts = pa.RecordBatch.from_arrays(columns, names=list(added))
        more = typed(texts, schema, form=self.source.text, rows=Rows(where, 1), faults=self.faults)
        return pa.RecordBatch.from_arrays([*batch.columns, *more.columns], names=[*batch.schema.names, *added])


def origins(source: Source, ground: Ground) -> tuple[Origin, ...]:
    """Digest what the source holds now, without parsing it."""
    if source.form is SourceForm.SKLEARN:
        import sklearn  # heavy; its version stands for the data it brings

        return (Origin("bundled", source.uri, digest_of([source.uri, sklearn.__version__])),)
    if source.form is SourceForm.SQL:
        query = QueryReader(source, ground.engine)
        for _ in query.blocks():
            continue
        return (_query_origin(source, query.digest),)
    if source.form is SourceForm.DATASET:
        shared = _shared(source, ground)
        return (Origin("dataset", shared.id, shared.digest),)
    base, files = _files(source, ground)
    return tuple(Origin("file", str(file.relative_to(base)), _digest_of_file(file)) for file in files)


def _shared(source: Source, ground: Ground) -> SharedTable:
    if ground.shared is None:
        raise InputRefused("a dataset can be read only where there is a record of datasets", found=source.uri)
    return ground.shared


def _files(source: Source, ground: Ground) -> tuple[Path, tuple[Path, ...]]:
    return data_files(source.uri, project_path=ground.project_path, roots=ground.roots)


def _query_origin(source: Source, rows: str) -> Origin:
    return Origin("query", source.uri, digest_of([source.query, rows]))


def _digest_of_file(path: Path) -> Digest:
    with path.open("rb") as file:
        return Digest(f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}")


def _bundled(name: str, schema: pa.Schema) -> pa.RecordBatch:
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
    wanted = {*schema.names, *(alias for some in aliases_in(schema).values() for alias in some)}
    kept = {label: values for label, values in columns.items() if label in wanted} or columns
    return pa.record_batch({label: pa.array(values) for label, values in kept.items()})
