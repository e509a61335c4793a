"""Segments: small ones are put together, and a reader sees each row once, whenever whoever does it dies."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from flywheel.adapters.predictions.chain import CHAIN, Line, draft_of, read_chain, strangers
from flywheel.adapters.predictions.chaining import carry_out, clear_drafts, tidy
from flywheel.adapters.predictions.journal import Journal, encoded, take_in
from flywheel.adapters.predictions.log import append, column_of, log_schema
from flywheel.adapters.predictions.segments import SETTLED_SECONDS, WORTH_IT, each_proven, faults, put_together
from flywheel.adapters.predictions.windows import lacking, read_window
from flywheel.project.contract import Feature
from flywheel.project.reading.kinds import Kind
from tests.factories.logs import Killed, compact, dying_at
from tests.factories.serving import make_contract

START, DAY = datetime(2026, 1, 1, tzinfo=UTC), timedelta(days=1)
PROJECT = "card-default"


def schema_of(feature: str) -> pa.Schema:
    return log_schema(make_contract(features=(Feature(feature, Kind.NUMBER),)))


SCHEMA = schema_of("bureau")


def row(day: int, *, feature: str = "bureau") -> dict[str, Any]:
    own = {**dict.fromkeys(schema_of(feature).names), "at": START, "flags": ["a"], "entity": f"{feature}:{day}"}
    return {**own, column_of(feature): float(day), "event_at": START + day * DAY}


def log(root: Path, day: int, *, feature: str = "bureau") -> Path:
    return append(root, PROJECT, [row(day, feature=feature)], schema_of(feature))


def later() -> float:
    return time.time() + 2 * SETTLED_SECONDS


def entities(root: Path) -> list[str]:
    table = read_window(root, PROJECT, START, START + 100 * DAY)
    return sorted(table["entity"].to_pylist())


def test_small_segments_are_put_together_by_schema_and_nothing_is_lost(tmp_path: Path) -> None:
    for day in range(12):
        log(tmp_path, day)
        log(tmp_path, day, feature="income")
    before = read_window(tmp_path, PROJECT, START, START + 100 * DAY)
    assert compact(tmp_path / PROJECT, now=later()) == 22
    assert len(list((tmp_path / PROJECT).iterdir())) == 3
    after = read_window(tmp_path, PROJECT, START, START + 100 * DAY)
    assert by_entity(after.select(before.column_names).to_pylist()) == by_entity(before.to_pylist())
    assert compact(tmp_path / PROJECT, now=later()) == 0


def by_entity(rows: list[dict[str, object]]) -> list[dict[str, object]]:
    return sorted(rows, key=lambda row: str(row["entity"]))


def test_what_is_fresh_or_too_little_is_left_as_it_is(tmp_path: Path) -> None:
    for day in range(WORTH_IT - 1):
        log(tmp_path, day)
    assert compact(tmp_path / PROJECT, now=later()) == 0
    log(tmp_path, WORTH_IT)
    assert compact(tmp_path / PROJECT, now=time.time()) == 0
    assert compact(tmp_path / PROJECT, now=later()) == WORTH_IT - 1


@pytest.mark.parametrize("step", range(20))
def test_whenever_it_dies_each_row_is_seen_once_and_the_next_turn_ends_it(tmp_path: Path, step: int) -> None:
    folder = tmp_path / PROJECT
    for day in range(10):
        log(tmp_path, day)
    expected = entities(tmp_path)
    with dying_at(step) as taken:
        try:
            compact(folder, now=later())
        except Killed:
            assert len(taken) == step
        else:
            assert len(taken) == 14  # two files forced to the disk, two names given, ten files removed
    assert entities(tmp_path) == expected
    assert (strangers(folder), faults(folder, wanted=lambda _: True), read_chain(folder).problems) == ((), (), ())
    for day in range(10, 20):
        log(tmp_path, day)
    expected = entities(tmp_path)
    tidy(folder)
    clear_drafts(folder, before=later())
    compact(folder, now=later())
    assert entities(tmp_path) == expected
    assert sorted(path.suffix for path in folder.iterdir()) == ["", ".arrow"]


@pytest.mark.parametrize("step", range(8))
def test_wherever_the_settling_of_a_journal_dies_its_rows_count_once(tmp_path: Path, step: int) -> None:
    folder = tmp_path / PROJECT
    log(tmp_path, 0)
    journal = Journal(folder, SCHEMA)
    journal.write(encoded([row(1), row(2)], SCHEMA.names))
    with dying_at(step) as taken, suppress(Killed):
        journal.settle()
    assert len(taken) == min(
        step, 5
    )  # the segment is forced, its line written and forced, it is named, the journal goes
    journal.close()
    take_in(folder)
    assert entities(tmp_path) == ["bureau:0", "bureau:1", "bureau:2"]
    assert (strangers(folder), faults(folder, wanted=lambda _: True), read_chain(folder).problems) == ((), (), ())
    clear_drafts(folder, before=later())
    assert sorted(path.suffix for path in folder.iterdir()) == ["", ".arrow", ".arrow"]


def test_a_line_that_its_writer_did_not_end_is_none_and_the_next_takes_its_place(tmp_path: Path) -> None:
    log(tmp_path, 0)
    with (tmp_path / PROJECT / CHAIN).open("ab") as file:
        file.write(b'{"segment": "half')
    assert entities(tmp_path) == ["bureau:0"]
    log(tmp_path, 1)
    assert entities(tmp_path) == ["bureau:0", "bureau:1"]
    assert read_chain(tmp_path / PROJECT).problems == ()


def test_a_chain_that_cannot_be_written_takes_no_segment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / PROJECT
    log(tmp_path, 0)
    before, real = (folder / CHAIN).read_bytes(), os.write

    def half(descriptor: int, data: memoryview) -> int:
        if len(data) < 200:
            raise OSError(28, "No space left on device")
        return real(descriptor, data[:60])

    monkeypatch.setattr(os, "write", half)
    with pytest.raises(OSError, match="No space"):
        log(tmp_path, 1)
    monkeypatch.undo()
    assert (folder / CHAIN).read_bytes() == before
    assert len(list(folder.iterdir())) == 2


def test_what_is_written_while_segments_are_put_together_counts_too(tmp_path: Path) -> None:
    folder = tmp_path / PROJECT
    for day in range(10):
        log(tmp_path, day)
    rewrite = put_together(folder, read_chain(folder), now=later())
    assert rewrite is not None
    log(tmp_path, 10)
    log(tmp_path, 11)
    assert carry_out(rewrite)
    chain = read_chain(folder)
    assert (chain.problems, chain.holds(rewrite.after), chain.place.lines) == ((), True, rewrite.after.lines + 2)
    assert len(entities(tmp_path)) == 12
    assert not carry_out(rewrite)  # what it was to replace is no longer there


def test_a_segment_that_is_replaced_while_it_is_read_is_looked_for_again(tmp_path: Path) -> None:
    for day in range(10):
        log(tmp_path, day)
    folder, seen = tmp_path / PROJECT, list[str]()

    def look(line: Line, _table: object) -> str:
        if not seen:
            compact(folder, now=later())  # what comes next has gone by now
        seen.append(line.name)
        return line.name

    found = each_proven(folder, wanted=lambda _: True, look=look)
    assert found == list(read_chain(folder).counting)
    assert seen[1:] == found


ALTERED: dict[str, Callable[[Path], object]] = {
    "has gone": Path.unlink,
    "was altered": lambda path: path.write_bytes(path.read_bytes().replace(b"bureau:3", b"bureau:9")),
}


@pytest.mark.parametrize("fault", ALTERED)
def test_rows_that_are_not_as_they_were_written_are_named_and_not_read(tmp_path: Path, fault: str) -> None:
    paths = [log(tmp_path, day) for day in range(5)]
    ALTERED[fault](paths[3])
    assert entities(tmp_path) == ["bureau:0", "bureau:1", "bureau:2", "bureau:4"]
    assert lacking(tmp_path, PROJECT, START, START + 3 * DAY) == ()
    (words,) = lacking(tmp_path, PROJECT, START, START + 9 * DAY)
    at = "2026-01-04 00:00:00"
    assert words == f"segment {paths[3].name} (1 row of {at} to {at} UTC) {fault}"


def test_what_is_not_as_it_was_written_is_not_written_anew(tmp_path: Path) -> None:
    paths = [log(tmp_path, day) for day in range(10)]
    ALTERED["was altered"](paths[3])
    assert compact(tmp_path / PROJECT, now=later()) == 8
    assert len(lacking(tmp_path, PROJECT, START, START + 99 * DAY)) == 1


def test_drafts_of_the_dead_are_removed_once_they_are_old_and_only_where_nothing_counts_them(tmp_path: Path) -> None:
    path, folder = log(tmp_path, 1), tmp_path / PROJECT
    path.replace(draft_of(path))  # it counts, and its writer died before it had its name
    (folder / "1_2_0123456789ab.part").write_bytes(b"half")
    clear_drafts(folder, before=0)
    assert len(list(folder.glob("*.part"))) == 2
    clear_drafts(folder, before=later())
    assert [one.name for one in folder.glob("*.part")] == [draft_of(path).name]
    assert entities(tmp_path) == ["bureau:1"]
