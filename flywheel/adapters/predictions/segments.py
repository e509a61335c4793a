"""Segments of the prediction log: Arrow files named by their range of event times, written whole or not at all.

What counts is what the log's chain says (`chain`), and only where the file still is what was written.
Small segments are put together into large ones, which take their place in the chain all at once, so that a reader
sees each row once, whenever the writer died.
"""

from __future__ import annotations

import contextlib
import os
import uuid
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from flywheel.adapters.predictions.chain import Chain, Line, content_of, draft_of, fault_of, read_chain
from flywheel.adapters.predictions.chaining import Part, Rewrite, is_known, plan_rewrite, put
from flywheel.domain.digests import digest_bytes
from flywheel.errors import InputRefused, Unavailable

if TYPE_CHECKING:
    import pyarrow as pa

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FIRST, LAST = (datetime(year, month, day, tzinfo=UTC) for year, month, day in ((1, 1, 1), (9999, 12, 31)))
"""No time lies beyond them."""
SMALL_BYTES, LARGE_BYTES = 4_000_000, 16_000_000
WORTH_IT = 8
"""Fewer small segments than this are left as they are."""
AT_ONCE = 8
"""So many large segments are made at once, so that whoever makes each again is done within seconds."""
SETTLED_SECONDS = 60.0
JOURNAL = ".journal"
"""What a segment is made of; while one of its name is there, the segment may be made again."""

_ATTEMPTS = 5

Answer = TypeVar("Answer")


def each_proven(
    folder: Path, *, wanted: Callable[[Line], bool], look: Callable[[Line, pa.Table], Answer]
) -> list[Answer]:
    """Look into the segments that count and are wanted, each as it was written; `faults` names the others."""
    return _proven(folder, wanted, look)[0]


def faults(folder: Path, *, wanted: Callable[[Line], bool]) -> tuple[Line, ...]:
    """Give the wanted segments whose rows are gone, or no longer those that were written."""
    return _settled_faults(folder, lambda: [o for o in _wanted(folder, wanted) if fault_of(folder, o)])


def _proven(
    folder: Path, wanted: Callable[[Line], bool], look: Callable[[Line, pa.Table], Answer]
) -> tuple[list[Answer], tuple[Line, ...]]:
    found: list[Answer] = []

    def all_of_it() -> list[Line]:
        found.clear()
        lacking = []
        for line in _wanted(folder, wanted):
            content = content_of(folder, line)
            if content is None:
                lacking.append(line)
            else:
                found.append(look(line, parse(line.name, content)))
        return lacking

    lacking = _settled_faults(folder, all_of_it)
    return found, lacking


def _settled_faults(folder: Path, look: Callable[[], list[Line]]) -> tuple[Line, ...]:
    """Look again where a segment was replaced while it was about to be read: only what still counts is at fault."""
    for _ in range(_ATTEMPTS):
        lacking = look()
        counting = read_chain(folder).counting if lacking else {}
        if all(counting.get(line.name) == line for line in lacking):
            return tuple(lacking)
    raise Unavailable(f"{folder} changed while it was being read", next_step="try again")


def _wanted(folder: Path, wanted: Callable[[Line], bool]) -> list[Line]:
    return [line for line in read_chain(folder).counting.values() if wanted(line)]


def parse(name: str, content: bytes) -> pa.Table:
    """Read a segment's bytes."""
    import pyarrow as pa  # heavy: only where segments are written or read

    try:
        return pa.ipc.open_file(pa.BufferReader(content)).read_all()
    except (pa.ArrowException, OSError, ValueError, TypeError, KeyError) as error:
        raise InputRefused(
            f"prediction segment {name} cannot be read: {error}", next_step="restore a backup"
        ) from error


def write(table: pa.Table, folder: Path, *, first: int, last: int, name: str = "") -> Path:
    """Write a segment and have it count; an earlier one of its name, made of the same journal, stays as it is."""
    line = write_draft(table, folder, first=first, last=last, name=name)
    path = folder / line.name
    try:
        put(folder, line)
    except OSError:
        with contextlib.suppress(OSError):
            if not is_known(folder, line):
                draft_of(path).unlink()
        raise
    return path


def write_draft(table: pa.Table, folder: Path, *, first: int, last: int, name: str = "") -> Line:
    """Write a segment that does not count yet; gives what the chain will say of it."""
    path = folder / f"{first}_{last}_{name or uuid.uuid4().hex[:12]}.arrow"
    content = content_from(table)
    try:
        with draft_of(path).open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        with contextlib.suppress(OSError):
            draft_of(path).unlink()
        raise
    return Line(path.name, table.num_rows, content.size, digest_bytes(content))


def content_from(table: pa.Table) -> pa.Buffer:
    """Make a segment's bytes: the same of the same rows."""
    import pyarrow as pa  # heavy: only where segments are written or read

    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue()


def joined(tables: Sequence[pa.Table]) -> pa.Table:
    """Put the rows of segments together, in the order of their times."""
    import pyarrow as pa  # heavy: only where segments are written or read

    return pa.concat_tables(tables).sort_by([("event_at", "ascending")]).combine_chunks()


def without(table: pa.Table, entity: str) -> pa.Table:
    """Leave the rows of an entity out."""
    import pyarrow as pa  # heavy: only where segments are written or read

    others = [number for number, one in enumerate(table["entity"].to_pylist()) if one != entity]
    return table.take(pa.array(others, pa.int64()))


def put_together(folder: Path, chain: Chain, *, now: float) -> Rewrite | None:
    """Write small settled segments of one schema together, as drafts; gives what is to take their place, if anything.

    One process at a time. What is not as it was written stays where it is.
    """
    parts = [Part(tuple(group), _joined(folder, group)) for group in _groups(folder, chain, now)[:AT_ONCE]]
    return plan_rewrite(folder, chain, parts=parts) if parts else None


def micros(moment: datetime) -> int:
    """Count microseconds since 1970."""
    return (moment - EPOCH) // timedelta(microseconds=1)


def _groups(folder: Path, chain: Chain, now: float) -> list[list[Line]]:
    """Choose what goes together: small, settled, of one schema, one after the other by event time."""
    groups: list[list[Line]] = []
    open_groups: dict[str, tuple[list[Line], int]] = {}
    for one in sorted(chain.counting.values(), key=lambda line: line.span[0]):
        content = content_of(folder, one) if one.size < SMALL_BYTES and _is_settled(folder, one, now) else None
        if content is None:
            continue
        schema = parse(one.name, content).schema.to_string()
        group, size = open_groups.get(schema, ([], 0))
        if not group:
            groups.append(group)
        group.append(one)
        is_full = size + one.size >= LARGE_BYTES
        open_groups[schema] = ([], 0) if is_full else (group, size + one.size)
    return [group for group in groups if len(group) >= WORTH_IT]


def _is_settled(folder: Path, line: Line, now: float) -> bool:
    try:
        written_at = (folder / line.name).stat().st_mtime
    except FileNotFoundError:
        return False
    return now - written_at >= SETTLED_SECONDS and not (folder / f"{line.stem}{JOURNAL}").exists()


def _joined(folder: Path, group: list[Line]) -> Line:
    contents = [(one.name, content_of(folder, one)) for one in group]
    tables = [parse(name, content) for name, content in contents if content is not None]
    if len(tables) < len(group):
        raise Unavailable(f"{folder} changed while it was being rewritten", next_step="the next turn goes on")
    return write_draft(joined(tables), folder, first=min(o.span[0] for o in group), last=max(o.span[1] for o in group))
