"""Sources for tests: a folder with a file in it, read under a small schema and small limits."""

from pathlib import Path
from typing import Any

import pyarrow as pa

from flywheel.adapters.sources import read_source
from flywheel.project.charter_data import Data, Source
from flywheel.project.data_schema import reading_schema
from flywheel.settings import LimitSettings

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


def read(folder: Path, uri: str, *, limits: LimitSettings = SMALL, **more: Any) -> pa.Table:
    source = Source.model_validate({"uri": uri, **({"query": more.pop("query")} if "query" in more else {})})
    return read_source(source, project_path=folder, schema=reading_schema(DATA), limits=limits, **more)


def put(folder: Path, name: str, content: bytes | str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path
