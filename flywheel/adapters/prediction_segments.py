"""Segments of the prediction log: Arrow files named by their range of event times, written whole or not at all.

Small segments are put together into large ones that name those they replace. A replaced one counts no more from the
moment when the large one is there, so a reader sees each row once, whenever the writer died.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from flywheel.errors import InputRefused

if TYPE_CHECKING:
    import pyarrow as pa

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SMALL_BYTES, LARGE_BYTES = 4_000_000, 16_000_000
WORTH_IT = 8
"""Fewer small segments than this are left as they are."""
SETTLED_SECONDS = 60.0
JOURNAL = ".journal"
"""What a segment is made of; while one of its name is there, the segment may be made again."""

_NAME = re.compile(r"^(?P<first>-?\d+)_(?P<last>-?\d+)_[0-9a-f]{12}(?P<large>\.large)?\.arrow$")
_REPLACES = b"flywheel.replaces"
_ATTEMPTS = 5

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Segment:
    """One file, and the first and last event time in it, in microseconds."""

    path: Path
    first: int
    last: int
    is_large: bool = False


def segments(folder: Path) -> list[Segment]:
    """List the segments that count."""
    found = _listed(folder)
    replaced = {name for one in found if one.is_large for name in _replaced_by(one.path)}
    return [one for one in found if one.path.name not in replaced]


def consistently(look: Callable[[], Answer]) -> Answer:
    """Look again where a segment was replaced while it was about to be read."""
    for attempt in range(_ATTEMPTS):
        try:
            return look()
        except FileNotFoundError:
            if attempt == _ATTEMPTS - 1:
                raise
    raise AssertionError("unreachable")


def read(path: Path) -> pa.Table:
    """Read a segment."""
    import pyarrow as pa  # heavy: only where segments are written or read

    try:
        with pa.memory_map(str(path)) as source:
            return pa.ipc.open_file(source).read_all()
    except pa.ArrowInvalid as error:
        raise InputRefused(
            f"prediction segment {path.name} cannot be read: {error}", next_step="move it away"
        ) from error


def write(
    table: pa.Table, folder: Path, *, first: int, last: int, replaces: Iterable[str] = (), name: str = ""
) -> Path:
    """Write a segment; what it replaces counts no more once it is there, and so does an earlier one of its name."""
    import pyarrow as pa  # heavy: only where segments are written or read

    names = sorted(replaces)
    path = folder / f"{first}_{last}_{name or uuid.uuid4().hex[:12]}{'.large' if names else ''}.arrow"
    schema = table.schema.with_metadata({_REPLACES: json.dumps(names)} if names else None)
    draft = path.with_suffix(".part")
    try:
        with draft.open("wb") as sink:
            with pa.ipc.new_file(sink, schema) as writer:
                writer.write_table(table.replace_schema_metadata(schema.metadata))
            sink.flush()
            os.fsync(sink.fileno())
        draft.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            draft.unlink()
        raise
    return path


def compact(folder: Path, *, now: float) -> int:
    """Put small settled segments of one schema together; gives how many files are fewer. One process at a time."""
    for one in _listed(folder):  # first of all what an earlier turn has replaced and did not live to remove
        for name in _replaced_by(one.path) if one.is_large else ():
            (folder / name).unlink(missing_ok=True)
    fewer = 0
    for group in _groups(folder, now):
        _put_together(folder, group)
        fewer += len(group) - 1
    return fewer


def micros(moment: datetime) -> int:
    """Count microseconds since 1970."""
    return (moment - EPOCH) // timedelta(microseconds=1)


def _listed(folder: Path) -> list[Segment]:
    if not folder.is_dir():
        return []
    found = ((path, _NAME.match(path.name)) for path in sorted(folder.iterdir()))
    return [Segment(path, int(m["first"]), int(m["last"]), bool(m["large"])) for path, m in found if m]


def _replaced_by(path: Path) -> frozenset[str]:
    import pyarrow as pa  # heavy: only where segments are written or read

    with pa.memory_map(str(path)) as source:
        said = (pa.ipc.open_file(source).schema.metadata or {}).get(_REPLACES, b"[]")
    return frozenset(json.loads(said))


def _groups(folder: Path, now: float) -> list[list[Segment]]:
    """Choose what goes together: small, settled, of one schema, one after the other by event time."""
    import pyarrow as pa  # heavy: only where segments are written or read

    groups: list[list[Segment]] = []
    open_groups: dict[str, tuple[list[Segment], int]] = {}
    for one in sorted(segments(folder), key=lambda segment: segment.first):
        facts = one.path.stat()
        is_settled = now - facts.st_mtime >= SETTLED_SECONDS and not _journal_of(one.path).exists()
        if facts.st_size >= SMALL_BYTES or not is_settled:
            continue
        with pa.memory_map(str(one.path)) as source:
            schema = pa.ipc.open_file(source).schema.remove_metadata().to_string()
        group, size = open_groups.get(schema, ([], 0))
        if not group:
            groups.append(group)
        group.append(one)
        is_full = size + facts.st_size >= LARGE_BYTES
        open_groups[schema] = ([], 0) if is_full else (group, size + facts.st_size)
    return [group for group in groups if len(group) >= WORTH_IT]


def _journal_of(path: Path) -> Path:
    return path.with_name(f"{path.stem.rpartition('_')[2]}{JOURNAL}")


def _put_together(folder: Path, group: list[Segment]) -> None:
    import pyarrow as pa  # heavy: only where segments are written or read

    table = pa.concat_tables([read(one.path).replace_schema_metadata(None) for one in group])
    table = table.sort_by([("event_at", "ascending")]).combine_chunks()
    names = [one.path.name for one in group]
    write(table, folder, first=min(o.first for o in group), last=max(o.last for o in group), replaces=names)
    for one in group:
        one.path.unlink()
