"""The prediction log by windows: what was asked in a stretch of time, who answered it, and what was written since."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from flywheel.adapters.prediction_log import OUTSIDE, own_schema
from flywheel.adapters.prediction_segments import EPOCH, Segment, consistently, micros, read, segments
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
    """All predictions whose event time lies in [start_at, end_at), oldest first; of one answerer where it is named."""

    def look() -> pa.Table:
        found = [_within(one, start_at, end_at) for one in _overlapping(root / project, start_at, end_at)]
        if by is not None:
            found = [table.filter(_is_by(table, by)) for table in found]
        return [table for table in found if table.num_rows or by is None]

    return _together([own_schema().empty_table(), *consistently(look)]).sort_by([("event_at", "ascending")])


def answered_by(root: Path, project: str, start_at: datetime, end_at: datetime) -> dict[Answerer, int]:
    """Count the predictions of [start_at, end_at) by who answered them."""

    def look() -> dict[Answerer, int]:
        counts: dict[Answerer, int] = {}
        for one in _overlapping(root / project, start_at, end_at):
            table = _within(one, start_at, end_at)
            pairs = zip(table["version"].to_pylist(), _served_by(table).to_pylist(), strict=True)
            for version, served_by in pairs:
                answerer = Answerer(str(version), str(served_by))
                counts[answerer] = counts.get(answerer, 0) + 1
        return counts

    return dict(sorted(consistently(look).items()))


def first_at(root: Path, project: str, since: datetime) -> datetime | None:
    """The earliest event time that was logged from a moment on; nothing where there is none."""
    earliest = consistently(lambda: _earliest(root / project, micros(since)))
    return None if earliest is None else EPOCH + timedelta(microseconds=earliest)


def written_since(
    root: Path, project: str, moment: datetime, *, before: datetime
) -> tuple[tuple[datetime, datetime], ...]:
    """Name the stretches of event time, up to a moment, of what was written since another."""

    def look() -> tuple[tuple[datetime, datetime], ...]:
        fresh = [one for one in segments(root / project) if one.path.stat().st_mtime >= moment.timestamp()]
        times = ((_moment(one.first), _moment(one.last)) for one in fresh if one.first < micros(before))
        return tuple(sorted(times))

    return consistently(look)


def _earliest(folder: Path, low: int) -> int | None:
    earliest: int | None = None
    for one in sorted(segments(folder), key=lambda segment: segment.first):
        if earliest is not None and one.first >= earliest:
            break
        if one.first >= low:
            earliest = one.first
        elif one.last >= low:
            at = next(at for at in _times_of(one.path) if at >= low)
            earliest = at if earliest is None else min(at, earliest)
    return earliest


def _overlapping(folder: Path, start_at: datetime, end_at: datetime) -> list[Segment]:
    low, high = micros(start_at), micros(end_at)
    return [one for one in segments(folder) if one.first < high and one.last >= low]


def _within(one: Segment, start_at: datetime, end_at: datetime) -> pa.Table:
    import pyarrow.compute as pc  # heavy: only where segments are written or read

    table = read(one.path)
    if one.first >= micros(start_at) and one.last < micros(end_at):
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


def _times_of(path: Path) -> list[int]:
    import pyarrow as pa  # heavy: only where segments are written or read

    times: list[int] = read(path)["event_at"].cast(pa.int64()).to_pylist()
    return sorted(times)


def _moment(at: int) -> datetime:
    return EPOCH + timedelta(microseconds=at)


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
