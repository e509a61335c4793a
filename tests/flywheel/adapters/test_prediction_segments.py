"""Segments: small ones are put together, and a reader sees each row once, whenever whoever does it dies."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from flywheel.adapters.prediction_log import append, column_of, log_schema
from flywheel.adapters.prediction_segments import SETTLED_SECONDS, WORTH_IT, compact, consistently, segments
from flywheel.adapters.prediction_windows import read_window
from flywheel.project.contract import Feature
from flywheel.project.kinds import Kind
from tests.factories.serving import make_contract

START, DAY = datetime(2026, 1, 1, tzinfo=UTC), timedelta(days=1)
PROJECT = "card-default"


def log(root: Path, day: int, *, feature: str = "bureau") -> Path:
    schema = log_schema(make_contract(features=(Feature(feature, Kind.NUMBER),)))
    own = {**dict.fromkeys(schema.names), "at": START, "flags": ["a"], "entity": f"{feature}:{day}"}
    return append(root, PROJECT, [{**own, column_of(feature): float(day), "event_at": START + day * DAY}], schema)


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
    assert len(list((tmp_path / PROJECT).iterdir())) == 2
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
    assert compact(tmp_path / "nobody", now=later()) == 0


@pytest.mark.parametrize("survived", range(11))
def test_whenever_it_dies_each_row_is_seen_once_and_the_next_turn_ends_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, survived: int
) -> None:
    for day in range(10):
        log(tmp_path, day)
    expected, removed, unlink = entities(tmp_path), [], Path.unlink

    def dying(path: Path, *, missing_ok: bool = False) -> None:
        if len(removed) == survived:
            raise KeyboardInterrupt
        removed.append(path)
        unlink(path, missing_ok=missing_ok)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", dying)
        try:
            compact(tmp_path / PROJECT, now=later())
        except KeyboardInterrupt:
            assert survived < 10
    assert entities(tmp_path) == expected
    for day in range(10, 20):
        log(tmp_path, day)
    expected = entities(tmp_path)
    compact(tmp_path / PROJECT, now=later())
    assert entities(tmp_path) == expected
    assert len(list((tmp_path / PROJECT).iterdir())) == 1


def test_a_segment_that_goes_while_it_is_read_is_looked_for_again() -> None:
    turns = iter([True, True, False])

    def look() -> str:
        if next(turns):
            raise FileNotFoundError
        return "read"

    assert consistently(look) == "read"


def test_a_file_that_is_truly_gone_is_told() -> None:
    def look() -> None:
        raise FileNotFoundError("segment")

    with pytest.raises(FileNotFoundError):
        consistently(look)


def test_a_large_segment_counts_with_what_is_beside_it(tmp_path: Path) -> None:
    for day in range(10):
        log(tmp_path, day)
    compact(tmp_path / PROJECT, now=later())
    log(tmp_path, 50)
    assert sorted(one.is_large for one in segments(tmp_path / PROJECT)) == [False, True]
    assert len(entities(tmp_path)) == 11
