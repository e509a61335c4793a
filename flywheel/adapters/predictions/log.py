"""The prediction log: what was asked and answered, row by row, as one version writes it."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flywheel.adapters.predictions.chaining import clear_drafts
from flywheel.adapters.predictions.journal import Journal, encoded, take_in, unread_in
from flywheel.adapters.predictions.rows import FEATURE_PREFIX, OWN_COLUMNS, own_schema, table_of
from flywheel.adapters.predictions.segments import SETTLED_SECONDS, micros, write
from flywheel.project.charter.data_schema import arrow_type
from flywheel.project.contract import Contract

if TYPE_CHECKING:
    import pyarrow as pa

OUTSIDE = "outside_approval"
STOOD_IN = "rule_stood_in"
"""The rule decided, since the project's own code could not compute the features."""
"""The flag of a row that the approvals leave to the rule."""

IMPLAUSIBLE = "implausible_time"
"""Begins the flag of a row that claimed a time after tomorrow or before 1970, and is kept as of its answer."""


def log_schema(contract: Contract) -> pa.Schema:
    """The columns of one version's segments: ours first, then its features."""
    import pyarrow as pa  # heavy: only where segments are written or read

    features = [pa.field(column_of(feature.name), arrow_type(feature.kind)) for feature in contract.features]
    return pa.schema([*own_schema(), *features])


def column_of(feature: str) -> str:
    """The log's column for a feature."""
    return f"{FEATURE_PREFIX}{feature}"


def encoder_of(contract: Contract) -> Callable[[Sequence[Mapping[str, Any]]], bytes]:
    """What prepares the rows of one request to be kept by the log of this contract, in whatever process."""
    names = (*OWN_COLUMNS, *(column_of(feature.name) for feature in contract.features))
    return lambda rows: encoded(rows, names)


def features_of(table: pa.Table) -> pa.Table:
    """What was asked, under the features' own names, and nothing of ours."""
    columns = [name for name in table.column_names if name.startswith(FEATURE_PREFIX)]
    return table.select(columns).rename_columns([name.removeprefix(FEATURE_PREFIX) for name in columns])


def append(root: Path, project: str, rows: Sequence[Mapping[str, Any]], schema: pa.Schema) -> Path:
    """Write rows as one new segment that is either wholly there or not at all.

    A value that its column cannot hold is left out and named among the flags of its row: the row is kept.
    """
    folder = root / project
    folder.mkdir(parents=True, exist_ok=True)
    table = table_of([[row.get(name) for name in schema.names] for row in rows], schema)
    times = table["event_at"].to_pylist()
    return write(table, folder, first=micros(min(times)), last=micros(max(times)))


class Full(Exception):
    """The log cannot take more for now; the prediction must not be answered."""


class LogWriter:
    """Has rows on the disk before they are answered, in a journal; a thread makes segments of journals.

    What a process that died has left in its journals is taken in by the next writer of the project. Power that fails
    can cost what was answered since the last segment.
    """

    def __init__(
        self, root: Path, contract: Contract, *, settle_seconds: float = 0.5, unsettled_bytes: int = 64_000_000
    ) -> None:
        self._folder = root / contract.project
        self._schema = log_schema(contract)
        self._settle_seconds = settle_seconds
        self._unsettled_bytes = unsettled_bytes
        self._turn: list[tuple[bytes, asyncio.Future[None]]] = []
        self._journal: Journal | None = None
        self._full: list[Journal] = []
        self._lock = threading.Lock()
        self._is_closing = threading.Event()
        self._refused = self._behind = ""
        self._unread: tuple[str, ...] = ()
        self._thread = threading.Thread(target=self._run, name="prediction-log", daemon=True)
        self._folder.mkdir(parents=True, exist_ok=True)
        self._thread.start()

    @property
    def failure(self) -> str:
        """Why the log cannot be written; nothing where it can."""
        return self._refused or self._behind

    @property
    def unread(self) -> tuple[str, ...]:
        """The journals that were found set aside at the start, as long as they are there."""
        return tuple(name for name in self._unread if os.path.lexists(self._folder / name))

    async def keep(self, frame: bytes) -> None:
        """Return once the rows are on the disk, with what came in the same turn of the loop; raise Full where not."""
        loop = asyncio.get_running_loop()
        kept: asyncio.Future[None] = loop.create_future()
        if not self._turn:
            loop.call_soon(self._write_turn)
        self._turn.append((frame, kept))
        await kept

    def close(self) -> None:
        """Make segments of all that was kept and stop; what cannot be, stays in its journal and is named."""
        self._is_closing.set()
        self._thread.join(timeout=30)
        for journal in self._full:
            sys.stderr.write(f"{self.failure}; the next server takes in what was answered from {journal.path}\n")

    def _write_turn(self) -> None:
        turn, self._turn = self._turn, []
        with self._lock:  # once refused, the thread alone tries again
            self._refused = self._refused or self._written(b"".join(frame for frame, _ in turn))
        for _, kept in turn:
            if kept.cancelled():  # whoever asked went away
                continue
            if self._refused:
                kept.set_exception(Full(self._refused))
            else:
                kept.set_result(None)

    def _written(self, frames: bytes) -> str:
        """Write frames into the journal; gives why not."""
        if sum(journal.size for journal in (*self._full, self._journal) if journal) > self._unsettled_bytes:
            return self._behind or "the prediction log is behind"
        try:
            if self._journal is None:
                self._journal = Journal(self._folder, self._schema)
            self._journal.write(frames)
        except OSError as error:
            self._set_aside()
            return f"the prediction log cannot be written: {error}"
        return ""

    def _set_aside(self) -> None:
        """Write no more into this journal."""
        if self._journal is not None:
            self._full.append(self._journal)
            self._journal = None

    def _run(self) -> None:
        self._attempt(lambda: take_in(self._folder))
        self._attempt(lambda: clear_drafts(self._folder, before=time.time() - SETTLED_SECONDS))
        self._unread = unread_in(self._folder)
        for name in self._unread:
            sys.stderr.write(f"{self._folder / name} holds what nobody can read\n")
        while not self._is_closing.wait(self._settle_seconds):
            self._settle()
        self._settle()

    def _settle(self) -> None:
        """Make segments of what was written; where writing failed, see whether it can be again."""
        with self._lock:
            if not self._full or self._is_closing.is_set():  # while one waits no other is added: each is a descriptor
                self._set_aside()
        for journal in tuple(self._full):
            if self._attempt(journal.settle):
                self._full.remove(journal)
                journal.close()
        with self._lock:
            if not self._full:
                self._behind = ""
            if self._refused and not self._is_closing.is_set():
                self._refused = self._written(b"")

    def _attempt(self, work: Callable[[], object]) -> bool:
        try:
            work()
        except Exception as error:  # noqa: BLE001  a full or lost disk, whatever it says: the thread must not end of it
            self._behind = f"the prediction log cannot be written: {error}"
            return False
        return True
