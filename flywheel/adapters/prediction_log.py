"""The prediction log: what was asked and answered, in Arrow segments named by their range of event times."""

from __future__ import annotations

import contextlib
import os
import re
import threading
import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flywheel.errors import InputRefused
from flywheel.project.contract import Contract
from flywheel.project.kinds import Kind

if TYPE_CHECKING:
    import pyarrow as pa

TRIALS = "_trials"
"""Beside the projects' folders, and no project's name: what delivery asked to try an endpoint."""
FEATURE_PREFIX = "feature."
"""Goes before a feature whose name is one of the log's own columns."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SEGMENT = re.compile(r"^(?P<first>-?\d+)_(?P<last>-?\d+)_[0-9a-f]{12}\.arrow$")
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
    return pa.schema([*_own_schema(), *features])


def column_of(feature: str) -> str:
    """The log's column for a feature."""
    return f"{FEATURE_PREFIX}{feature}" if feature in _OWN_COLUMNS else feature


def append(root: Path, project: str, rows: Sequence[Mapping[str, Any]], schema: pa.Schema) -> Path:
    """Write rows as one new segment that is either wholly there or not at all."""
    import pyarrow as pa  # heavy: only where segments are written or read

    table = pa.Table.from_pylist(list(rows), schema=schema)
    folder = root / project
    folder.mkdir(parents=True, exist_ok=True)
    times = [row["event_at"] for row in rows]
    return _write(table, folder, min(times), max(times))


def read_window(root: Path, project: str, start_at: datetime, end_at: datetime) -> pa.Table:
    """All predictions whose event time lies in [start_at, end_at), oldest first; an empty table where there is none."""
    import pyarrow.compute as pc  # heavy: only where segments are written or read

    low, high = _micros(start_at), _micros(end_at)
    tables = [_own_schema().empty_table()]
    for path, first, last in _segments(root / project):
        if first < high and last >= low:
            table = _read(path)
            if not (first >= low and last < high):
                at = table["event_at"]
                table = table.filter(pc.and_(pc.greater_equal(at, start_at), pc.less(at, end_at)))
            tables.append(table)
    return _together(tables).sort_by([("event_at", "ascending")])


def first_at(root: Path, project: str, since: datetime) -> datetime | None:
    """The earliest event time that was logged from a moment on; nothing where there is none."""
    low = _micros(since)
    earliest: int | None = None
    for path, first, last in sorted(_segments(root / project), key=lambda segment: segment[1]):
        if earliest is not None and first >= earliest:
            break
        if first >= low:
            earliest = first
        elif last >= low:
            at = next(micros for micros in _times_of(path) if micros >= low)
            earliest = at if earliest is None else min(at, earliest)
    return None if earliest is None else _EPOCH + timedelta(microseconds=earliest)


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
        except OSError as error:  # a full or lost disk: keep the rows, try again, refuse new ones once over capacity
            self.failure = f"the prediction log cannot be written: {error}"
            with self._lock:
                self._waiting[:0] = batch


def _own_schema() -> pa.Schema:
    import pyarrow as pa  # heavy: only where segments are written or read

    instant = pa.timestamp("us", tz="UTC")
    types = (instant, instant, pa.string(), pa.string(), pa.string(), pa.float64(), pa.string(), pa.list_(pa.string()))
    return pa.schema(list(zip(_OWN_COLUMNS, types, strict=True)))


def _together(tables: Sequence[pa.Table]) -> pa.Table:
    """Put segments into one table; a column whose kind changed between versions becomes text, for a gate to name."""
    import pyarrow as pa  # heavy: only where segments are written or read

    fields: dict[str, pa.Field] = {}
    for schema in dict.fromkeys(table.schema for table in tables):
        for field in schema:
            fields[field.name] = _wide_enough(fields.get(field.name, field), field)
    typed = [table.cast(pa.schema([fields[name] for name in table.column_names])) for table in tables]
    return pa.concat_tables(typed, promote_options="permissive")


def _wide_enough(one: pa.Field, other: pa.Field) -> pa.Field:
    import pyarrow as pa  # heavy: only where segments are written or read

    pair = [pa.schema([one]), pa.schema([other])]
    try:
        return pa.unify_schemas(pair, promote_options="permissive").field(0)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        return pa.field(one.name, pa.string())


def _segments(folder: Path) -> list[tuple[Path, int, int]]:
    if not folder.is_dir():
        return []
    found = ((path, _SEGMENT.match(path.name)) for path in sorted(folder.iterdir()))
    return [(path, int(match["first"]), int(match["last"])) for path, match in found if match]


def _read(path: Path) -> pa.Table:
    import pyarrow as pa  # heavy: only where segments are written or read

    try:
        with pa.memory_map(str(path)) as source:
            return pa.ipc.open_file(source).read_all()
    except pa.ArrowInvalid as error:
        raise InputRefused(
            f"prediction segment {path.name} cannot be read: {error}", next_step="move it away"
        ) from error


def _times_of(path: Path) -> list[int]:
    import pyarrow as pa  # heavy: only where segments are written or read

    times: list[int] = _read(path)["event_at"].cast(pa.int64()).to_pylist()
    return sorted(times)


def _write(table: pa.Table, folder: Path, first: datetime, last: datetime) -> Path:
    import pyarrow as pa  # heavy: only where segments are written or read

    path = folder / f"{_micros(first)}_{_micros(last)}_{uuid.uuid4().hex[:12]}.arrow"
    draft = path.with_suffix(".part")
    try:
        with draft.open("wb") as sink:
            with pa.ipc.new_file(sink, table.schema) as writer:
                writer.write_table(table)
            sink.flush()
            os.fsync(sink.fileno())
        draft.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            draft.unlink()
        raise
    return path


def _micros(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1)
