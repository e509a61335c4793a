"""Data preparation: the charter's sources become one canonical table in the artifact store, a batch at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import Engine, create_engine
from sqlalchemy.exc import ArgumentError

from flywheel.adapters.artifacts import Artifacts
from flywheel.adapters.cell.cell import Cell
from flywheel.adapters.cell.guards import Guards, enough
from flywheel.adapters.sources.queries import source_name
from flywheel.adapters.sources.sources import Ground, Origin, Reading, SharedTable, origins
from flywheel.catalog.engine import Catalog
from flywheel.domain.digests import Digest, Json, canonical_json, digest_of
from flywheel.domain.own_code import Hook
from flywheel.domain.policy import Tier
from flywheel.errors import InputRefused, SettingsError, counted
from flywheel.project.charter.data_schema import missing_codes, reading_schema
from flywheel.project.charter.source import Source, SourceForm
from flywheel.project.checking.assembly import Lookup, assemble
from flywheel.project.framing import Framing
from flywheel.project.loader import Project
from flywheel.project.reading.matches import Match
from flywheel.project.reading.missing import Codes
from flywheel.project.reading.table_facts import TableFacts
from flywheel.services.data.reuse import Shared, find_shared
from flywheel.setting_groups import LimitSettings
from flywheel.settings import Settings

if TYPE_CHECKING:
    import pyarrow as pa


JOINS = "joins"
"""Under this name the facts of a dataset version say how the keys of joined sources met."""
OWN_CODE = "own_code"
"""Under this name they say how the project's own code ran, where it has some."""
LISTED_ORIGINS = 200
"""A record names so many raw files of a source one by one."""


@dataclass(frozen=True)
class Ingested:
    """A source as it was read: its table, and the raw things that the table came from."""

    digest: Digest
    origins: tuple[Origin, ...]
    left_out: tuple[str, ...] = ()
    """Headers that no rule could name and no alias brings in."""


@dataclass(frozen=True)
class Prepared:
    """The table that everything later is made from."""

    digest: Digest
    rows: int
    facts: Mapping[str, Json]
    matches: tuple[Match, ...] = ()
    """How the rows' keys met those of each joined source."""
    guards: Guards | None = None
    """What closed the cell that the project's own code ran in; nothing where it has none."""


def fingerprint_sources(project: Project, *, settings: Settings, catalog: Catalog | None = None) -> Digest:
    """Digest what the sources hold now, without reading them as tables."""
    found, artifacts = {}, Artifacts(settings.artifacts_root)
    for name, source in Framing(project.charter).data.sources.items():
        with ground_of(project, source, settings, artifacts, catalog) as ground:
            found[name] = origins(source, ground)
    return fingerprint_of(found)


def fingerprint_of(found: Mapping[str, tuple[Origin, ...]]) -> Digest:
    """Digest what sources were read from."""
    return digest_of(found)


def ingest(
    project: Project,
    *,
    settings: Settings,
    artifacts: Artifacts,
    catalog: Catalog | None = None,
    shared_from: Artifacts | None = None,
) -> dict[str, Ingested]:
    """Read every source under the declared types and keep each as canonical Parquet.

    Other projects' datasets are read from the same store, unless another one is named.
    """
    data = Framing(project.charter).data
    kept = {}
    for name, source in data.sources.items():
        with ground_of(project, source, settings, shared_from or artifacts, catalog) as ground:
            reading = Reading(name, source, ground)
            digest = artifacts.put_batches(reading.batches(reading_schema(data), settings.limits))
            kept[name] = Ingested(digest, reading.origins(), reading.headers.left_out)
    return kept


def listed(origins: tuple[Origin, ...], artifacts: Artifacts) -> list[dict[str, str]]:
    """List what a source was read from, for the record; a long list is kept as a file and named by its digest."""
    found = [{"kind": origin.kind, "name": origin.name, "digest": str(origin.digest)} for origin in origins]
    if len(found) <= LISTED_ORIGINS:
        return found
    digest = artifacts.put_bytes(canonical_json(found).encode())
    return [{"kind": "files", "name": counted(len(found), "file"), "digest": str(digest)}]


def prepare(project: Project, *, artifacts: Artifacts, tables: Mapping[str, Digest], settings: Settings) -> Prepared:
    """Join the sources, let the project's own hook shape them in a cell, and keep the result.

    Only what is joined to the rows is held in memory; a hook takes the whole table, so its cell holds all of it.
    """
    data, limits = Framing(project.charter).data, settings.limits
    guards = None
    facts = TableFacts({name: Codes.of(missing_codes(data, name)) for name in data.columns})
    batches, lookups = join(project, artifacts=artifacts, tables=tables, limits=limits)
    if project.hook_source is not None and project.has_hook(Hook.PREPARE):
        cell = Cell.of(settings)
        guards = enough(cell.guards, is_high_risk=project.charter.tier is Tier.HIGH)
        rows = _bounded(batches, "the table that the hook prepare takes", limits, _SMALLER_FOR_A_HOOK)
        with cell.shaped(project.hook_source, rows) as shaped:
            digest = artifacts.put_batches(shaped)
        _look(facts, artifacts.batches_of(digest))
    elif lookups:
        digest = artifacts.put_batches(facts.watched(batches))
    else:
        digest = next(tables[name] for name, source in data.sources.items() if source.join is None)
        _look(facts, batches)
    target = Framing(project.charter).problem.target
    if target not in facts.names:
        raise InputRefused(f"the prepared table lacks the target {target}", found=list(facts.names)[:20])
    matches = tuple(one.meeting.match for one in lookups)
    return Prepared(digest, facts.rows, facts.facts(), matches, guards)


def join(
    project: Project, *, artifacts: Artifacts, tables: Mapping[str, Digest], limits: LimitSettings
) -> tuple[Iterator[pa.RecordBatch], tuple[Lookup, ...]]:
    """Give the joined rows, and the sources that are joined to them, which count what met as the rows are read."""
    data = Framing(project.charter).data
    if missing := sorted(data.sources.keys() - tables.keys()):
        raise InputRefused("some sources were not read", found=missing)
    base = next(tables[name] for name, source in data.sources.items() if source.join is None)
    lookups = tuple(
        Lookup(name, source.uri, source.join, _held(artifacts, tables[name], name, limits))
        for name, source in data.sources.items()
        if source.join is not None
    )
    return assemble(artifacts.batches_of(base), lookups, target=data.target), lookups


_SMALLER_FOR_A_HOOK = "do it in the source's query, read fewer columns, or raise limits.memory_bytes"
_SMALLER_FOR_A_JOIN = "leave the largest source without `join`, join in a query, or raise limits.memory_bytes"


def _held(artifacts: Artifacts, digest: Digest, name: str, limits: LimitSettings) -> pa.Table:
    where = f"the joined source {name}"
    return _in_memory(artifacts.batches_of(digest), where, limits, _SMALLER_FOR_A_JOIN)


def _in_memory(batches: Iterator[pa.RecordBatch], where: str, limits: LimitSettings, next_step: str) -> pa.Table:
    """Collect batches as long as they fit."""
    import pyarrow as pa  # heavy: only where data is read

    return pa.Table.from_batches(list(_bounded(batches, where, limits, next_step)))


def _bounded(
    batches: Iterator[pa.RecordBatch], where: str, limits: LimitSettings, next_step: str
) -> Iterator[pa.RecordBatch]:
    """Pass batches on as long as all of them fit into memory."""
    size = 0
    for batch in batches:
        size += batch.nbytes
        if size > limits.memory_bytes:
            raise InputRefused(
                f"{where} is too large to be held in memory",
                found=f"more than {limits.memory_bytes:,} bytes",
                allowed=f"at most {limits.memory_bytes:,} bytes",
                next_step=next_step,
            )
        yield batch


def _look(facts: TableFacts, batches: Iterator[pa.RecordBatch]) -> None:
    for batch in batches:
        facts.see(batch)


@contextmanager
def ground_of(
    project: Project, source: Source, settings: Settings, artifacts: Artifacts, catalog: Catalog | None
) -> Iterator[Ground]:
    """Say where a source may lie: open the database that its name stands for, find the dataset that it names."""
    url = settings.sources.get(source_name(source)) if source.form is SourceForm.SQL else None
    engine = _engine(source_name(source), url.get_secret_value()) if url is not None else None
    shared = None
    if source.form is SourceForm.DATASET and catalog is not None:
        found = find_shared(catalog, source=source)
        shared = SharedTable(found.id, found.digest, lambda: _shared_batches(artifacts, found))
    try:
        yield Ground(project.path, settings.source_roots, engine, shared)
    finally:
        if engine is not None:
            engine.dispose()


def _engine(name: str, url: str) -> Engine:
    """Open a database by its address, of which no word is said: it may hold a password."""
    try:
        return create_engine(url)
    except (ArgumentError, ImportError) as error:
        what = f"needs a driver that is not installed: {error.name}" if isinstance(error, ImportError) else "is none"
        raise SettingsError(
            f"the address of the SQL source {name!r} {what}",
            allowed="a SQLAlchemy URL, such as postgresql+psycopg://user:password@host/database",
            next_step=f"correct it under [sources] of the settings or in FLYWHEEL_SOURCES__{name.upper()}",
        ) from None


def _shared_batches(artifacts: Artifacts, found: Shared) -> Iterator[pa.RecordBatch]:
    """Read what may be used, in the order of the owner's table, so that all of it is the same content."""
    with artifacts.table(found.digest) as table:
        names = [str(name) for name in table.columns if name in found.columns]
    return artifacts.batches_of(found.digest, names)
