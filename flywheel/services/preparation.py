"""Data preparation: the charter's sources become one canonical table in the artifact store."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine, create_engine

from flywheel.adapters.artifacts import Artifacts
from flywheel.adapters.sources import fingerprint, read_source, source_name
from flywheel.domain.digests import Digest, Json, digest_of
from flywheel.errors import InputRefused
from flywheel.project.assembly import assemble
from flywheel.project.charter_data import Source, SourceForm
from flywheel.project.data_schema import reading_schema
from flywheel.project.framing import Framing
from flywheel.project.hooks import Prepare
from flywheel.project.loader import Project
from flywheel.settings import Settings

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Prepared:
    """The table that everything later is made from."""

    digest: Digest
    rows: int
    facts: Mapping[str, Json]


def fingerprint_sources(project: Project, *, settings: Settings) -> Digest:
    """Digest what the sources hold now, without reading them as tables."""
    marks = {}
    for name, source in Framing(project.charter).data.sources.items():
        with _database(source, settings) as engine:
            marks[name] = fingerprint(source, project_path=project.path, roots=settings.source_roots, engine=engine)
    return digest_of(marks)


def ingest(project: Project, *, settings: Settings, artifacts: Artifacts) -> dict[str, Digest]:
    """Read every source under the declared types and keep each as canonical Parquet."""
    data = Framing(project.charter).data
    kept = {}
    for name, source in data.sources.items():
        with _database(source, settings) as engine:
            table = read_source(
                source,
                project_path=project.path,
                schema=reading_schema(data),
                limits=settings.limits,
                roots=settings.source_roots,
                engine=engine,
            )
        kept[name] = artifacts.put_frame(table.to_pandas())
    return kept


def prepare(project: Project, *, artifacts: Artifacts, tables: Mapping[str, Digest]) -> Prepared:
    """Join the sources, let the project's own hook shape them, and keep the result."""
    frames = {name: artifacts.get_frame(digest) for name, digest in tables.items()}
    frame = assemble(frames, Framing(project.charter).data)
    hooks = project.hooks
    if hooks.prepare is not None:
        frame = _shaped(hooks.prepare, frame)
    target = Framing(project.charter).target
    if target not in frame.columns:
        raise InputRefused(f"the prepared table lacks the target {target}", found=list(frame.columns)[:20])
    frame = frame.reset_index(drop=True)
    return Prepared(artifacts.put_frame(frame), len(frame), _facts(frame))


def _shaped(prepare_rows: Prepare, frame: pd.DataFrame) -> pd.DataFrame:
    """Let the project's hook shape the rows; what it gives back is checked, since nobody but its author typed it."""
    # pandas only where a hook has something to give back
    import pandas as pd

    given: object = prepare_rows(frame)
    if not isinstance(given, pd.DataFrame):
        raise InputRefused(
            "the hook prepare did not give back a table",
            found=type(given).__name__,
            allowed="a pandas DataFrame",
            next_step="end it with `return frame`",
        )
    return given


@contextmanager
def _database(source: Source, settings: Settings) -> Iterator[Engine | None]:
    """Open the database that an SQL source's name stands for; nothing for other sources."""
    url = settings.sources.get(source_name(source)) if source.form is SourceForm.SQL else None
    if url is None:
        yield None
        return
    engine = create_engine(url.get_secret_value())
    try:
        yield engine
    finally:
        engine.dispose()


def _facts(frame: pd.DataFrame) -> dict[str, Json]:
    columns: dict[str, Json] = {str(name): _column_facts(frame[name]) for name in frame.columns}
    return {"rows": len(frame), "columns": columns}


def _column_facts(column: pd.Series[Any]) -> dict[str, Json]:
    """Facts that a record can hold: an empty or endless column has no mean; the gates say what is wrong with it."""
    facts: dict[str, Json] = {"type": str(column.dtype)}
    if len(column):
        facts["missing_share"] = float(column.isna().mean())
    if column.dtype.kind in "iuf" and column.notna().any():
        figures = {"least": float(column.min()), "mean": float(column.mean()), "most": float(column.max())}
        facts |= {name: value for name, value in figures.items() if math.isfinite(value)}
    else:
        facts["distinct"] = int(column.nunique())
    return facts
