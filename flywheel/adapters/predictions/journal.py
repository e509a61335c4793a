"""Journals of the prediction log: answered rows are on the disk before their answers leave, as segments soon after.

A journal is a file of frames, each behind a mark, its length and checksum: first the schema, then the rows of one
request each. No row holds the mark's bytes, so that where a length is wrong the next frame is found all the same.
Whoever writes a journal holds its lock while he lives, so one that is not locked was left by a process that died, and
is taken in by the next. Its segment bears its name, so that it is the same one however often it is made.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import itertools
import os
import re
import stat
import struct
import uuid
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flywheel.adapters.predictions.chaining import tidy
from flywheel.adapters.predictions.rows import encoded_rows, schema_in, table_in
from flywheel.adapters.predictions.segments import JOURNAL, write
from flywheel.errors import Unavailable

if TYPE_CHECKING:
    import pyarrow as pa

DAMAGED = ".damaged"
"""Goes after the name of a journal that holds what nobody can read; its good frames are taken in all the same."""
MOST_BYTES = 256_000_000
"""Four times what a server writes before it has made segments: a file that is larger is none of its journals."""

MARK = b"\xff\x00\xfe\xff"
"""What each frame begins with; no text in UTF-8 holds it."""

_HEAD = struct.Struct(">4sII")
_NAME = re.compile("[0-9a-f]{12}")
_SUMMED = 8
"""So many times its size is summed up of a journal at most."""
_FOR_NOW = (errno.EMFILE, errno.ENFILE, errno.ENOMEM)
"""What keeps us from opening a file and is not the file's fault."""


def frame(payload: bytes) -> bytes:
    """Put mark, length and checksum before what is to be kept."""
    return _HEAD.pack(MARK, len(payload), zlib.crc32(payload)) + payload


def encoded(rows: Sequence[Mapping[str, Any]], names: Sequence[str]) -> bytes:
    """Write rows down as one frame, times as microseconds since 1970."""
    return frame(encoded_rows(rows, names))


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
    table, is_whole = _table_in(data)
    if table is not None:
        _to_segment(path, table)
    with contextlib.suppress(FileNotFoundError):  # somebody took it away, and we had it open
        path.unlink() if is_whole else _set_aside(path)
    return 0 if table is None else table.num_rows


def take_in(folder: Path) -> int:
    """Settle the journals whose writers have died; gives how many rows they held. One that fails stops no other.

    What nobody can read is set aside; what only could not be done now is named in the end, and left to be done again.
    """
    if not folder.is_dir():
        return 0
    count, failures = 0, list[str]()
    try:
        tidy(folder)
    except OSError as error:
        failures.append(str(error))
    for path in sorted(folder.glob(f"*{JOURNAL}")):
        try:
            count += _settle_where_left(path)
        except Exception as error:  # noqa: BLE001  a full disk, whatever it says: the others must not wait for it
            failures.append(f"{path.name}: {error or type(error).__name__}")
    if failures:
        others = f" (and {len(failures) - 1} more)" if len(failures) > 1 else ""
        what = f"what a server left in {folder} cannot be taken in: {failures[0]}{others}"
        raise Unavailable(what, next_step="it stays there, and is tried again within the hour")
    return count


def unread_in(folder: Path) -> tuple[str, ...]:
    """Name the journals that were set aside, since they hold what nobody can read."""
    found: tuple[str, ...] = ()
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):  # it may go away at any moment
        found = tuple(sorted(name for name in os.listdir(folder) if name.endswith(DAMAGED)))  # noqa: PTH208  names alone
    return found


def _set_aside(path: Path) -> None:
    """Give a journal a name under which it is told of and nothing reads it; what has that name already stays."""
    for number in itertools.count():
        aside = path.with_name(f"{path.name}{f'.{number}' if number else ''}{DAMAGED}")
        if not os.path.lexists(aside):
            path.replace(aside)
            return


def _settle_where_left(path: Path) -> int:
    try:
        if not stat.S_ISREG(path.lstat().st_mode):
            raise OSError(errno.ELOOP, "is no file")
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        return 0
    except OSError as error:
        if error.errno in _FOR_NOW:
            raise
        _set_aside(path)
        return 0
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.fstat(descriptor).st_nlink == 0 or not path.exists():
            return 0
        if not _NAME.fullmatch(path.stem) or os.fstat(descriptor).st_size > MOST_BYTES:
            _set_aside(path)
            return 0
        return settle(path)
    except BlockingIOError:  # its writer lives, or somebody else is at it
        return 0
    finally:
        os.close(descriptor)


def _to_segment(path: Path, table: pa.Table) -> None:
    import pyarrow as pa  # heavy: only where segments are written or read
    import pyarrow.compute as pc

    ends = pc.min_max(table["event_at"].cast(pa.int64())).as_py()
    write(table, path.parent, first=ends["min"], last=ends["max"], name=path.stem)


def _table_in(data: bytes) -> tuple[pa.Table | None, bool]:
    """Give the rows of a journal, nothing where it holds none, and whether all that was written could be read."""
    payloads, is_whole = _read(data)
    if not payloads:
        return None, is_whole
    try:
        if payloads[0] is None:
            return None, False
        schema = schema_in(payloads[0])
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001  whoever can write to the folder left it: it is set aside, whatever it is
        return None, False
    frames = [payload for payload in payloads[1:] if payload is not None]
    table = _attempt(frames, schema)
    if table is None:  # frame by frame: an odd one costs none of the others
        readable = [frame for frame in frames if _attempt([frame], schema) is not None]
        table, is_whole = _attempt(readable, schema), False
    return (table if table is not None and table.num_rows else None), is_whole


def _attempt(frames: Sequence[bytes], schema: pa.Schema) -> pa.Table | None:
    try:
        return table_in(frames, schema)
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001  as above
        return None


def _read(data: bytes) -> tuple[list[bytes | None], bool]:
    """Give what each frame holds, nothing for a damaged one, and whether all that was written could be read.

    Where the length of a frame is wrong, its payload ends where the next frame begins.
    """
    payloads, at, is_whole = list[bytes | None](), 0, True
    written = len(data.rstrip(b"\0"))  # beyond it nothing was
    summed = 0
    while at < written:
        if summed > _SUMMED * len(data):  # lengths made up to keep us at it
            return payloads, False
        begun = at
        payload, at, is_as_written = _frame_at(data, at)
        summed += at - begun if is_as_written else _said_length(data, begun)
        payloads.append(payload)
        is_whole = is_whole and is_as_written
    return payloads, is_whole


def _said_length(data: bytes, at: int) -> int:
    """How much was summed up for a frame whose length is not true."""
    length = int(_HEAD.unpack_from(data, at)[1]) if len(data) - at >= _HEAD.size else 0
    return length if length <= len(data) - at else 0


def _frame_at(data: bytes, at: int) -> tuple[bytes | None, int, bool]:
    """Read a frame; gives its payload if that is whole, where the next one begins, and whether nothing was changed."""
    if len(data) - at >= _HEAD.size:
        mark, length, checksum = _HEAD.unpack_from(data, at)
        start = at + _HEAD.size
        is_there = mark == MARK and start + length <= len(data)
        if is_there and zlib.crc32(memoryview(data)[start : start + length]) == checksum:
            return data[start : start + length], start + length, True
        end = _next_mark(data, start)
        if zlib.crc32(data[start:end]) == checksum:
            return data[start:end], end, False
        return None, end, False
    return None, len(data), False


def _next_mark(data: bytes, since: int) -> int:
    found = data.find(MARK, since)
    return len(data) if found < 0 else found
