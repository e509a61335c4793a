"""Sources for tests: a folder with a file in it, read under a small schema and small limits."""

import tempfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from flywheel.adapters.parquet import write_batches
from flywheel.adapters.sources.sources import Ground, Reading
from flywheel.project.charter.data import Data
from flywheel.project.charter.data_schema import reading_schema
from flywheel.project.charter.source import Source
from flywheel.setting_groups import LimitSettings

SMALL = LimitSettings(rows=1_000, bytes=1_000_000, columns=20)
DATA = Data.model_validate(
    {
        "target": "y",
        "sources": {"main": {"uri": "x.csv"}},
        "columns": {
            "x": {"kind": "number", "missing": {"codes": ["n/a"]}},
            "n": {"kind": "integer"},
            "country": {"kind": "category"},
            "at": {"kind": "time"},
        },
    }
)


def read(folder: Path, uri: str, *, limits: LimitSettings = SMALL, data: Data = DATA, **more: Any) -> pa.Table:
    """Read a source as ingestion does, into a canonical file that lies beside the folder and not in it."""
    source = Source.model_validate({"uri": uri, **({"query": more.pop("query")} if "query" in more else {})})
    return read_whole(source, Ground(folder, **more), data=data, limits=limits)


def read_whole(source: Source, ground: Ground, *, data: Data = DATA, limits: LimitSettings = SMALL) -> pa.Table:
    with tempfile.TemporaryDirectory() as elsewhere:
        path = Path(elsewhere) / "table.parquet"
        write_batches(Reading("main", source, ground).batches(reading_schema(data), limits), path)
        return pq.read_table(path)


def put(folder: Path, name: str, content: bytes | str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path
