"""The prediction log: what was asked and answered, row by row, as one version writes it."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flywheel.adapters.prediction_segments import micros, write
from flywheel.project.contract import Contract
from flywheel.project.kinds import Kind

if TYPE_CHECKING:
    import pyarrow as pa

TRIALS = "_trials"
"""Beside the projects' folders, and no project's name: what delivery asked to try an endpoint."""
FEATURE_PREFIX = "feature."
"""Goes before a feature whose name is one of the log's own columns."""

OUTSIDE = "outside_approval"
"""The flag of a row that the approvals leave to the rule."""
UNWRITABLE = "unwritable:"
"""Goes before the column whose value could not be kept, among the flags of its row."""

_OWN_COLUMNS = ("at", "event_at", "entity", "version", "served_by", "score", "decision", "flags")


def log_schema(contract: Contract) -> pa.Schema:
    """The columns of one version's segments: ours first, then its features under their own names."""
    import pyarrow as pa  # heavy: only where segments are written or read

    kinds = {
        Kind.NUMBER: pa.float64(),
        Kind.INTEGER: pa.int64(),
        Kind.CATEGORY: pa.string(),
        Kind.TEXT: pa.string(),
        Kind.TIME: pa.timestamp("us", tz="UTC"),
        Kind.BOOLEAN: pa.bool_(),
    }
    features = [pa.field(column_of(feature.name), kinds[feature.kind]) for feature in contract.features]
    return pa.schema([*own_schema(), *features])


def column_of(feature: str) -> str:
    """The log's column for a feature."""
    return f"{FEATURE_PREFIX}{feature}" if feature in _OWN_COLUMNS else feature


def append(root: Path, project: str, rows: Sequence[Mapping[str, Any]], schema: pa.Schema) -> Path:
    """Write rows as one new segment that is either wholly there or not at all.

    A value that its column cannot hold is left out and named among the flags of its row: the row is kept.
    """
    folder = root / project
    folder.mkdir(parents=True, exist_ok=True)
    table = _table_of(list(rows), schema)
    times = table["event_at"].to_pylist()
    return write(table, folder, first=micros(min(times)), last=micros(max(times)))


def _table_of(rows: list[Mapping[str, Any]], schema: pa.Schema) -> pa.Table:
    import pyarrow as pa  # heavy: only where segments are written or read

    try:
        return pa.Table.from_pylist(rows, schema=schema)
    except _REFUSALS:
        return pa.Table.from_pylist([_writable(row, schema) for row in rows], schema=schema)


def _writable(row: Mapping[str, Any], schema: pa.Schema) -> dict[str, Any]:
    """Take away what its column cannot hold; a time that is none is when the row was answered."""
    import pyarrow as pa  # heavy: only where segments are written or read

    kept, lost = dict(row), []
    for field in schema:
        try:
            pa.scalar(row.get(field.name), type=field.type)
        except _REFUSALS:
            lost.append(field.name)
            kept[field.name] = kept["at"] if field.name == "event_at" else None
    said = kept["flags"] or []
    return {**kept, "flags": [*said, *(f"{UNWRITABLE}{name}" for name in lost)]} if lost else kept


_REFUSALS = (ValueError, TypeError, OverflowError)
"""What Arrow raises for a value that a column cannot hold; its own errors are among these."""


class Full(Exception):
    """The log cannot take more for now; the prediction must not be answered."""


class LogWriter:
    """Takes rows at once and writes them in batches on a thread of its own, until it is closed."""

    def __init__(
        self,
        root: Path,
        contract: Contract,
        *,
        flush_seconds: float = 0.5,
        batch_rows: int = 5_000,
        capacity: int = 100_000,
    ) -> None:
        self._root = root
        self._project = contract.project
        self._schema = log_schema(contract)
        self._flush_seconds = flush_seconds
        self._batch_rows = batch_rows
        self._capacity = capacity
        self._waiting: list[Mapping[str, Any]] = []
        self._lock = threading.Lock()
        self._is_closing = threading.Event()
        self._wake = threading.Event()
        self.failure = ""
        self._thread = threading.Thread(target=self._run, name="prediction-log", daemon=True)
        (root / contract.project).mkdir(parents=True, exist_ok=True)
        self._thread.start()

    def append(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Take rows in, without waiting for the disk; raise Full where the disk has fallen too far behind."""
        new = list(rows)
        with self._lock:
            if len(self._waiting) + len(new) > self._capacity:
                raise Full(self.failure or "the prediction log is behind")
            self._waiting.extend(new)
            if len(self._waiting) >= self._batch_rows:
                self._wake.set()

    def close(self) -> None:
        """Write what is left and stop."""
        self._is_closing.set()
        self._wake.set()
        self._thread.join(timeout=30)

    def _run(self) -> None:
        while not self._is_closing.is_set():
            self._wake.wait(self._flush_seconds)
            self._wake.clear()
            self._flush()
        self._flush()

    def _flush(self) -> None:
        with self._lock:
            batch, self._waiting = self._waiting, []
        if not batch:
            return
        try:
            append(self._root, self._project, batch, self._schema)
            self.failure = ""
        except Exception as error:  # noqa: BLE001  a full or lost disk, whatever it says: the thread must not end of it
            self.failure = f"the prediction log cannot be written: {error}"  # kept, and new ones refused over capacity
            with self._lock:
                self._waiting[:0] = batch


def own_schema() -> pa.Schema:
    """The columns of every segment, whatever the version."""
    import pyarrow as pa  # heavy: only where segments are written or read

    instant = pa.timestamp("us", tz="UTC")
    types = (instant, instant, pa.string(), pa.string(), pa.string(), pa.float64(), pa.string(), pa.list_(pa.string()))
    return pa.schema(list(zip(_OWN_COLUMNS, types, strict=True)))
