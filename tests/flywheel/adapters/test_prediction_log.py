"""The prediction log: appended in segments, read by windows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from flywheel.adapters.prediction_log import UNWRITABLE, Full, LogWriter, append, column_of, log_schema
from flywheel.adapters.prediction_windows import read_window
from flywheel.errors import InputRefused
from flywheel.project.contract import Feature
from flywheel.project.kinds import Kind
from tests.factories.serving import make_contract

START = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def entry(day: int, **changes: Any) -> dict[str, Any]:
    at = START + day * DAY
    own = {"at": at, "event_at": at, "entity": str(day), "version": "card-default:3", "served_by": "model"}
    return {**own, "score": 0.1, "decision": "approve", "flags": [], "bureau": 600.0, "age": 40, **changes}


def days_in(root: Path, first: int, last: int) -> list[str]:
    table = read_window(root, "card-default", START + first * DAY, START + last * DAY)
    return table["entity"].to_pylist()  # type: ignore[no-any-return]


def test_a_window_holds_its_start_and_not_its_end_across_segments(tmp_path: Path) -> None:
    schema = log_schema(make_contract())
    append(tmp_path, "card-default", [entry(5), entry(2)], schema)
    append(tmp_path, "card-default", [entry(day) for day in range(3, 5)], schema)
    assert days_in(tmp_path, 2, 5) == ["2", "3", "4"]


def test_a_project_without_predictions_reads_as_an_empty_table(tmp_path: Path) -> None:
    table = read_window(tmp_path, "card-default", START, START + DAY)
    assert table.num_rows == 0
    assert "event_at" in table.column_names


def test_segments_of_versions_with_other_features_are_read_together(tmp_path: Path) -> None:
    append(tmp_path, "card-default", [entry(1)], log_schema(make_contract()))
    newer = make_contract(features=(Feature("income", Kind.NUMBER),))
    append(tmp_path, "card-default", [entry(2, income=5.0)], log_schema(newer))
    table = read_window(tmp_path, "card-default", START, START + 9 * DAY)
    assert table["income"].to_pylist() == [None, 5.0]
    assert table["bureau"].to_pylist() == [600.0, None]


def test_a_feature_whose_kind_changed_between_versions_reads_as_text(tmp_path: Path) -> None:
    for kind, income in ((Kind.INTEGER, 5), (Kind.CATEGORY, "high"), (Kind.NUMBER, 5.5)):
        schema = log_schema(make_contract(features=(Feature("income", kind),)))
        append(tmp_path, "card-default", [entry(1, income=income)], schema)
    table = read_window(tmp_path, "card-default", START, START + 9 * DAY)
    assert sorted(table["income"].to_pylist()) == ["5", "5.5", "high"]


def test_whole_numbers_and_others_read_as_numbers(tmp_path: Path) -> None:
    for kind, income in ((Kind.INTEGER, 5), (Kind.NUMBER, 5.5)):
        schema = log_schema(make_contract(features=(Feature("income", kind),)))
        append(tmp_path, "card-default", [entry(1, income=income)], schema)
    table = read_window(tmp_path, "card-default", START, START + 9 * DAY)
    assert sorted(table["income"].to_pylist()) == [5.0, 5.5]


def test_a_feature_named_like_a_column_of_the_log_does_not_hide_it(tmp_path: Path) -> None:
    schema = log_schema(make_contract(features=(Feature("score", Kind.NUMBER),)))
    append(tmp_path, "card-default", [entry(1, **{column_of("score"): 700.0})], schema)
    table = read_window(tmp_path, "card-default", START, START + 9 * DAY)
    assert (table["score"].to_pylist(), table["feature.score"].to_pylist()) == ([0.1], [700.0])


def test_unfinished_files_are_not_read_and_broken_ones_are_named(tmp_path: Path) -> None:
    path = append(tmp_path, "card-default", [entry(1)], log_schema(make_contract()))
    path.with_suffix(".part").write_bytes(b"half")
    assert days_in(tmp_path, 0, 9) == ["1"]
    path.write_bytes(b"junk")
    with pytest.raises(InputRefused, match="cannot be read"):
        days_in(tmp_path, 0, 9)


def test_a_writer_that_is_closed_has_written_everything(tmp_path: Path) -> None:
    writer = LogWriter(tmp_path, make_contract(), flush_seconds=60)
    for day in range(20):
        writer.append([entry(day)])
    writer.close()
    assert len(days_in(tmp_path, 0, 30)) == 20
    assert len(list((tmp_path / "card-default").iterdir())) == 1


def test_a_writer_takes_no_more_than_its_capacity(tmp_path: Path) -> None:
    writer = LogWriter(tmp_path, make_contract(), flush_seconds=60, capacity=2)
    writer.append([entry(1), entry(2)])
    with pytest.raises(Full):
        writer.append([entry(3)])
    writer.close()
    assert days_in(tmp_path, 0, 30) == ["1", "2"]


def test_a_writer_keeps_what_a_lost_disk_refuses_until_it_is_back(tmp_path: Path) -> None:
    writer = LogWriter(tmp_path, make_contract(), flush_seconds=60)
    folder = tmp_path / "card-default"
    folder.rmdir()
    folder.write_text("in the way")
    writer.append([entry(1)])
    writer._flush()
    assert "cannot be written" in writer.failure
    folder.unlink()
    writer.close()
    assert days_in(tmp_path, 0, 30) == ["1"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("age", "forty"),
        ("age", 2**70),
        ("bureau", object()),
        ("entity", "\ud800"),
        ("event_at", "yesterday"),
        ("flags", 3),
    ],
)
def test_a_value_that_arrow_refuses_costs_neither_its_row_nor_the_others_nor_the_writer(
    tmp_path: Path, name: str, value: object
) -> None:
    writer = LogWriter(tmp_path, make_contract(), flush_seconds=60)
    writer.append([entry(1), entry(2, **{name: value}), entry(3)])
    writer._flush()
    assert writer.failure == ""
    writer.append([entry(4)])
    writer.close()
    rows = read_window(tmp_path, "card-default", START, START + 9 * DAY).to_pylist()
    assert len(rows) == 4
    (odd,) = [row for row in rows if row["flags"]]
    assert (odd["flags"], odd["at"]) == ([f"{UNWRITABLE}{name}"], START + 2 * DAY)
    assert odd["event_at"] == START + 2 * DAY, "a time that is none is when it was answered"


def test_a_writer_outlives_whatever_a_disk_says(tmp_path: Path) -> None:
    writer = LogWriter(tmp_path, make_contract(), flush_seconds=0.01)
    folder = tmp_path / "card-default"
    folder.rmdir()
    folder.write_text("in the way")
    writer.append([entry(1)])
    writer._flush()
    assert writer._thread.is_alive()
    folder.unlink()
    writer.close()
    assert days_in(tmp_path, 0, 30) == ["1"]
