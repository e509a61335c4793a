"""The prediction log by windows: what was asked in a stretch of time, who answered it, and what was written since."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from flywheel.adapters.predictions.chain import Line, fault_of, read_chain
from flywheel.adapters.predictions.log import OUTSIDE
from flywheel.adapters.predictions.rows import own_schema
from flywheel.adapters.predictions.segments import EPOCH, FIRST, LAST, each_proven, faults, micros
from flywheel.errors import counted
from flywheel.project.contract import Mode

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, order=True)
class Answerer:
    """Who answered: a version, by its model or by its rule."""

    version: str
    served_by: str


def read_window(
    root: Path, project: str, start_at: datetime, end_at: datetime, *, by: Answerer | None = None
) -> pa.Table:
    """All predictions whose event time lies in [start_at, end_at), oldest first; of one answerer where it is named.

    Rows of a segment that is not as it was written are not among them: `lacking` names those.
    """

    def rows_of(line: Line, table: pa.Table) -> pa.Table:
        table = _within(line, table, start_at, end_at)
        return table if by is None else table.filter(_is_by(table, by))

    found = each_proven(root / project, wanted=_overlaps(start_at, end_at), look=rows_of)
    kept = [table for table in found if table.num_rows or by is None]
    return _together([own_schema().empty_table(), *kept]).sort_by([("event_at", "ascending")])


def lacking(root: Path, project: str, start_at: datetime, end_at: datetime) -> tuple[str, ...]:
    """Name the segments with rows of [start_at, end_at) that are gone or no longer what was written."""
    found = faults(root / project, wanted=_overlaps(start_at, end_at))
    return tuple(words_of(root / project, line) for line in found)


def words_of(folder: Path, line: Line) -> str:
    """Say what is wrong with a segment, and which rows it holds."""
    first, last = (f"{_moment(at):%Y-%m-%d %H:%M:%S}" for at in line.span)
    fault = fault_of(folder, line) or "had been altered"
    return f"segment {line.name} ({counted(line.rows, 'row')} of {first} to {last} UTC) {fault}"


def answered_by(root: Path, project: str, start_at: datetime, end_at: datetime) -> dict[Answerer, int]:
    """Count the predictions of [start_at, end_at) by who answered them."""

    def pairs_of(line: Line, table: pa.Table) -> Counter[Answerer]:
        table = _within(line, table, start_at, end_at)
        pairs = zip(table["version"].to_pylist(), _served_by(table).to_pylist(), strict=True)
        return Counter(Answerer(str(version), str(served_by)) for version, served_by in pairs)

    counts: Counter[Answerer] = Counter()
    for one in each_proven(root / project, wanted=_overlaps(start_at, end_at), look=pairs_of):
        counts.update(one)
    return dict(sorted(counts.items()))


def first_at(root: Path, project: str, since: datetime) -> datetime | None:
    """The earliest event time that was logged from a moment on; nothing where there is none."""
    earliest = _earliest(root / project, micros(since))
    return None if earliest is None else EPOCH + timedelta(microseconds=earliest)


def written_since(
    root: Path, project: str, moment: datetime, *, before: datetime
) -> tuple[tuple[datetime, datetime], ...]:
    """Name the stretches of event time, up to a moment, of what was written since another."""
    folder = root / project
    fresh = [
        one for one in read_chain(folder).counting.values() if _written_at(folder / one.name) >= moment.timestamp()
    ]
    times = (one.span for one in fresh if one.span[0] < micros(before))
    return tuple(sorted((_moment(first), _moment(last)) for first, last in times))


def _written_at(path: Path) -> float:
    """When a segment was written; one that has just been replaced, or is gone, counts as fresh."""
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return math.inf


def _earliest(folder: Path, low: int) -> int | None:
    earliest: int | None = None
    for one in sorted(read_chain(folder).counting.values(), key=lambda line: line.span[0]):
        first, last = one.span
        if earliest is not None and first >= earliest:
            break
        if first >= low:
            earliest = first
        elif last >= low:
            at = _first_from(folder, one, low)
            earliest = at if earliest is None else min(at, earliest)
    return earliest


def _first_from(folder: Path, line: Line, low: int) -> int:
    """Find the first event time in a segment from a moment on; one that cannot be read may begin right there."""
    times = each_proven(folder, wanted=lambda one: one == line, look=lambda _, table: _times_of(table))
    return next((at for at in (times[0] if times else ()) if at >= low), low)


def _overlaps(start_at: datetime, end_at: datetime) -> Callable[[Line], bool]:
    low, high = micros(start_at), micros(end_at)
    return lambda line: line.span[0] < high and line.span[1] >= low


def _within(line: Line, table: pa.Table, start_at: datetime, end_at: datetime) -> pa.Table:
    import pyarrow.compute as pc  # heavy: only where segments are written or read

    if line.span[0] >= micros(start_at) and line.span[1] < micros(end_at):
        return table
    at = table["event_at"]
    return table.filter(pc.and_(pc.greater_equal(at, start_at), pc.less(at, end_at)))


def _is_by(table: pa.Table, by: Answerer) -> pa.ChunkedArray:
    import pyarrow.compute as pc  # heavy: only where segments are written or read

    return pc.and_(pc.equal(table["version"], by.version), pc.equal(_served_by(table), by.served_by))


def _served_by(table: pa.Table) -> pa.Array:
    """Who was to answer: what an approval leaves to the rule, row by row, is traffic of the model all the same."""
    import pyarrow as pa  # heavy: only where segments are written or read
    import pyarrow.compute as pc

    flags = table["flags"].combine_chunks()
    parents = pc.list_parent_indices(flags).filter(pc.equal(pc.list_flatten(flags), OUTSIDE))
    is_left = pc.is_in(pa.array(range(table.num_rows), pa.int64()), value_set=parents.cast(pa.int64()))
    return pc.if_else(is_left, Mode.MODEL.value, table["served_by"].combine_chunks())


def _times_of(table: pa.Table) -> list[int]:
    import pyarrow as pa  # heavy: only where segments are written or read

    times: list[int] = table["event_at"].cast(pa.int64()).to_pylist()
    return sorted(times)


def _moment(at: int) -> datetime:
    return EPOCH + timedelta(microseconds=max(micros(FIRST), min(at, micros(LAST))))


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
