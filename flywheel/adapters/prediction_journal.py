"""Journals of the prediction log: answered rows are on the disk before their answers leave, as segments soon after.

A journal is a file of frames, each behind a mark, its length and checksum: first the schema, then the rows of one
request each. No row holds the mark's bytes, so that where a length is wrong the next frame is found all the same.
Whoever writes a journal holds its lock while he lives, so one that is not locked was left by a process that died, and
is taken in by the next. Its segment bears its name, so that it is the same one however often it is made.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import struct
import uuid
import zlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flywheel.adapters.prediction_chaining import tidy
from flywheel.adapters.prediction_segments import JOURNAL, micros, write

if TYPE_CHECKING:
    import pyarrow as pa

DAMAGED = ".damaged"
"""Goes after the name of a journal that holds what nobody can read; its whole frames are taken in all the same."""
UNWRITABLE = "unwritable:"
"""Goes before the column whose value could not be kept, among the flags of its row."""

MARK = b"\xff\x00\xfe\xff"
"""What each frame begins with; no text in UTF-8 holds it."""

_HEAD = struct.Struct(">4sII")


def frame(payload: bytes) -> bytes:
    """Put mark, length and checksum before what is to be kept."""
    return _HEAD.pack(MARK, len(payload), zlib.crc32(payload)) + payload


def encoded(rows: Sequence[Mapping[str, Any]], names: Sequence[str]) -> bytes:
    """Write rows down as one frame, times as microseconds since 1970."""
    return frame(json.dumps([[row.get(name) for name in names] for row in rows], default=_plain).encode())


class Journal:
    """A journal that is being written."""

    def __init__(self, folder: Path, schema: pa.Schema) -> None:
        name = uuid.uuid4().hex[:12]
        self.path, draft = folder / f"{name}{JOURNAL}", folder / f"{name}.part"
        self._descriptor = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self.size = 0
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX)
            self.write(frame(schema.serialize().to_pybytes()))
            draft.rename(self.path)  # nobody finds it before it is locked
        except OSError:
            with contextlib.suppress(OSError):
                draft.unlink()
            self.close()
            raise

    def write(self, frames: bytes) -> None:
        """Append frames; where that fails, take away what came of them, and nothing may follow."""
        left = memoryview(frames)
        try:
            while left:
                left = left[os.write(self._descriptor, left) :]
        except OSError:
            with contextlib.suppress(OSError):  # its last frame is read as unfinished then
                os.ftruncate(self._descriptor, self.size)
            raise
        self.size += len(frames)

    def settle(self) -> int:
        """Make its segment, though its file or folder was taken away meanwhile: what we hold open is still there."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with open(self._descriptor, "rb", closefd=False) as kept:
            kept.seek(0)
            return _settle(self.path, kept.read())

    def close(self) -> None:
        """Let go of its lock."""
        os.close(self._descriptor)


def settle(path: Path) -> int:
    """Make a journal's segment and take the journal away; gives how many rows."""
    return _settle(path, path.read_bytes())


def _settle(path: Path, data: bytes) -> int:
    payloads, is_whole = _read(data)
    rows = [payload for payload in payloads[1:] if payload is not None]
    count = _to_segment(path, payloads[0], rows) if rows and payloads[0] is not None else 0
    with contextlib.suppress(FileNotFoundError):  # somebody took it away, and we had it open
        path.unlink() if is_whole else path.replace(path.with_name(f"{path.name}{DAMAGED}"))
    return count


def take_in(folder: Path) -> int:
    """Settle the journals whose writers have died; gives how many rows they held. One that fails stops no other."""
    if not folder.is_dir():
        return 0
    tidy(folder)
    count, failures = 0, list[Exception]()
    for path in sorted(folder.glob(f"*{JOURNAL}")):
        try:
            count += _settle_where_left(path) if path.is_file() else 0
        except (OSError, ValueError) as error:
            failures.append(error)
    if failures:
        raise failures[0]
    return count


def _settle_where_left(path: Path) -> int:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return 0
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        is_there = os.fstat(descriptor).st_nlink > 0 and path.exists()
        return settle(path) if is_there else 0
    except BlockingIOError:  # its writer lives, or somebody else is at it
        return 0
    finally:
        os.close(descriptor)


def _to_segment(path: Path, said: bytes, payloads: Sequence[bytes]) -> int:
    import pyarrow as pa  # heavy: only where segments are written or read

    schema = pa.ipc.read_schema(pa.py_buffer(said))
    rows = [row for payload in payloads for row in json.loads(payload)]
    table = table_of(rows, schema)
    times = table["event_at"].cast(pa.int64()).to_pylist()
    write(table, path.parent, first=min(times), last=max(times), name=path.stem)
    return len(rows)


def _read(data: bytes) -> tuple[list[bytes | None], bool]:
    """Give what each frame holds, nothing for a damaged one, and whether all that was written could be read.

    Where the length of a frame is wrong, its payload ends where the next frame begins.
    """
    payloads, at, is_whole = list[bytes | None](), 0, True
    written = len(data.rstrip(b"\0"))  # beyond it nothing was
    while at < written:
        payload, at, is_as_written = _frame_at(data, at)
        payloads.append(payload)
        is_whole = is_whole and is_as_written
    return payloads, is_whole


def _frame_at(data: bytes, at: int) -> tuple[bytes | None, int, bool]:
    """Read a frame; gives its payload if that is whole, where the next one begins, and whether nothing was changed."""
    if len(data) - at >= _HEAD.size:
        mark, length, checksum = _HEAD.unpack_from(data, at)
        start = at + _HEAD.size
        payload = data[start : start + length]
        if mark == MARK and length == len(payload) and zlib.crc32(payload) == checksum:
            return payload, start + length, True
        end = _next_mark(data, start)
        if zlib.crc32(data[start:end]) == checksum:
            return data[start:end], end, False
        return None, end, False
    return None, len(data), False


def _next_mark(data: bytes, since: int) -> int:
    found = data.find(MARK, since)
    return len(data) if found < 0 else found


def table_of(rows: Sequence[Sequence[Any]], schema: pa.Schema) -> pa.Table:
    """Make a table of rows; a value that its column cannot hold is left out and named among the flags of its row.

    Column by column: row by row takes ten times as long, during which the server's loop waits for its turn.
    """
    if wrong := next((len(row) for row in rows if len(row) != len(schema)), None):
        raise ValueError(f"a row holds {wrong} values, and its columns are {len(schema)}")
    try:
        return _columns_of(rows, schema)
    except _REFUSALS:
        return _columns_of([_writable(row, schema) for row in rows], schema)


def _columns_of(rows: Sequence[Sequence[Any]], schema: pa.Schema) -> pa.Table:
    import pyarrow as pa  # heavy: only where segments are written or read

    columns = zip(*rows, strict=True)
    arrays = [pa.array(column, type=field.type) for column, field in zip(columns, schema, strict=True)]
    return pa.table(arrays, schema=schema)


def _writable(row: Sequence[Any], schema: pa.Schema) -> list[Any]:
    """Take away what its column cannot hold; a time that is none is when the row was answered."""
    import pyarrow as pa  # heavy: only where segments are written or read

    kept, lost = dict(zip(schema.names, row, strict=True)), []
    for field in schema:
        try:
            pa.scalar(kept[field.name], type=field.type)
        except _REFUSALS:
            lost.append(field.name)
            kept[field.name] = kept["at"] if field.name == "event_at" else None
    if lost:
        kept["flags"] = [*(kept["flags"] or []), *(f"{UNWRITABLE}{name}" for name in lost)]
    return list(kept.values())


def _plain(value: object) -> object:
    """Give a time as its microseconds, and of what no column holds its kind, for the segment to leave it out."""
    return micros(value) if isinstance(value, datetime) else {"kind": type(value).__name__}


_REFUSALS = (ValueError, TypeError, OverflowError)
"""What Arrow raises for a value that a column cannot hold; its own errors are among these."""
