"""The prediction log: appended in segments, read by windows."""

from __future__ import annotations

import asyncio
import errno
import gc
import os
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from flywheel.adapters.predictions.journal import settle
from flywheel.adapters.predictions.log import (
    Full,
    LogWriter,
    append,
    column_of,
    encoder_of,
    features_of,
    log_schema,
)
from flywheel.adapters.predictions.rows import UNWRITABLE, own_schema
from flywheel.adapters.predictions.windows import read_window
from flywheel.project.contract import Contract, Feature
from flywheel.project.reading.kinds import Kind
from tests.factories.serving import make_contract

START = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def entry(day: int, **features: Any) -> dict[str, Any]:
    """A row of the log."""
    at = START + day * DAY
    ours = {"at": at, "event_at": at, "entity": str(day), "version": "card-default:3", "served_by": "model"}
    asked = {"bureau": 600.0, "age": 40, **features}
    said = {"score": 0.1, "decision": "approve", "flags": []}
    return {**ours, **said, **{column_of(name): value for name, value in asked.items()}}


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
    table = features_of(read_window(tmp_path, "card-default", START, START + 9 * DAY))
    assert table["income"].to_pylist() == [None, 5.0]
    assert table["bureau"].to_pylist() == [600.0, None]


def test_a_feature_whose_kind_changed_between_versions_reads_as_text(tmp_path: Path) -> None:
    for kind, income in ((Kind.INTEGER, 5), (Kind.CATEGORY, "high"), (Kind.NUMBER, 5.5)):
        schema = log_schema(make_contract(features=(Feature("income", kind),)))
        append(tmp_path, "card-default", [entry(1, income=income)], schema)
    table = features_of(read_window(tmp_path, "card-default", START, START + 9 * DAY))
    assert sorted(table["income"].to_pylist()) == ["5", "5.5", "high"]


def test_whole_numbers_and_others_read_as_numbers(tmp_path: Path) -> None:
    for kind, income in ((Kind.INTEGER, 5), (Kind.NUMBER, 5.5)):
        schema = log_schema(make_contract(features=(Feature("income", kind),)))
        append(tmp_path, "card-default", [entry(1, income=income)], schema)
    table = features_of(read_window(tmp_path, "card-default", START, START + 9 * DAY))
    assert sorted(table["income"].to_pylist()) == [5.0, 5.5]


def test_what_is_ours_and_what_was_asked_never_mix_whatever_a_feature_is_called(tmp_path: Path) -> None:
    ours = own_schema().names
    schema = log_schema(make_contract(features=tuple(Feature(name, Kind.NUMBER) for name in ours)))
    append(tmp_path, "card-default", [entry(1, **dict.fromkeys(ours, 700.0))], schema)
    table = read_window(tmp_path, "card-default", START, START + 9 * DAY)
    assert (table["score"].to_pylist(), table["entity"].to_pylist()) == ([0.1], ["1"])
    assert features_of(table).to_pylist() == [dict.fromkeys(ours, 700.0)]


def test_unfinished_and_broken_files_are_not_read(tmp_path: Path) -> None:
    path = append(tmp_path, "card-default", [entry(1)], log_schema(make_contract()))
    path.with_suffix(".part").write_bytes(b"half")
    assert days_in(tmp_path, 0, 9) == ["1"]
    path.write_bytes(b"junk")
    assert days_in(tmp_path, 0, 9) == []  # `lacking` names it, and no window is judged on what is left


def kept(writer: LogWriter, *requests: list[dict[str, Any]], contract: Contract | None = None) -> None:
    """Have requests kept as an endpoint would that is asked them in one turn of its loop."""
    encode = encoder_of(contract or make_contract())

    async def ask() -> None:
        await asyncio.gather(*(writer.keep(encode(rows)) for rows in requests))

    asyncio.run(ask())


def in_the_way(folder: Path) -> None:
    """Put a file where the folder was, as a lost disk would."""
    shutil.rmtree(folder)
    folder.write_text("in the way")


def test_a_writer_that_is_closed_has_made_segments_of_everything(tmp_path: Path) -> None:
    writer = LogWriter(tmp_path, make_contract(), settle_seconds=60)
    for day in range(20):
        kept(writer, [entry(day)])
    writer.close()
    assert len(days_in(tmp_path, 0, 30)) == 20
    assert sorted(path.suffix for path in (tmp_path / "card-default").iterdir()) == ["", ".arrow"]


def test_what_comes_in_one_turn_of_the_loop_is_written_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = LogWriter(tmp_path, make_contract(), settle_seconds=60)
    kept(writer, [entry(1)])
    real, writes = os.write, list[int]()

    def counted(descriptor: int, data: Any) -> int:
        writes.append(len(data))
        return real(descriptor, data)

    monkeypatch.setattr(os, "write", counted)
    kept(writer, *([entry(day)] for day in range(2, 10)))
    monkeypatch.undo()
    writer.close()
    assert len([size for size in writes if size > 100]) == 1
    assert len(days_in(tmp_path, 0, 30)) == 9


def test_a_writer_takes_no_more_than_may_wait_for_its_segment(tmp_path: Path) -> None:
    writer = LogWriter(tmp_path, make_contract(), settle_seconds=60, unsettled_bytes=10)
    kept(writer, [entry(1), entry(2)])
    writer._set_aside()
    with pytest.raises(Full, match="behind"):
        kept(writer, [entry(3)])
    writer.close()
    assert days_in(tmp_path, 0, 30) == ["1", "2"]


def test_a_writer_on_a_lost_disk_refuses_and_goes_on_by_itself_when_it_is_back(tmp_path: Path) -> None:
    writer = LogWriter(tmp_path, make_contract(), settle_seconds=60)
    folder = tmp_path / "card-default"
    in_the_way(folder)
    with pytest.raises(Full, match="cannot be written"):
        kept(writer, [entry(1)])
    assert "cannot be written" in writer.failure
    writer._settle()
    assert "cannot be written" in writer.failure
    folder.unlink()
    folder.mkdir()
    writer._settle()
    assert writer.failure == ""
    kept(writer, [entry(2)])
    writer.close()
    assert days_in(tmp_path, 0, 30) == ["2"]


@pytest.mark.parametrize("is_made_again", [True, False])
def test_what_was_answered_before_the_folder_went_away_is_kept_and_the_log_goes_on(
    tmp_path: Path, is_made_again: bool
) -> None:
    writer = LogWriter(tmp_path, make_contract(), settle_seconds=60)
    kept(writer, [entry(1)])
    shutil.rmtree(tmp_path / "card-default")
    if is_made_again:
        (tmp_path / "card-default").mkdir()
    kept(writer, [entry(2)])
    writer._settle()
    assert (writer.failure, days_in(tmp_path, 0, 30)) == ("", ["1", "2"])
    kept(writer, [entry(3)])
    writer.close()
    assert days_in(tmp_path, 0, 30) == ["1", "2", "3"]


def test_journals_that_cannot_become_segments_eat_no_descriptors(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    writer = LogWriter(tmp_path, make_contract(), settle_seconds=60)
    monkeypatch.setattr(os, "fsync", full)
    for day in range(20):
        kept(writer, [entry(day)])
        writer._settle()
    assert len(list((tmp_path / "card-default").glob("*.journal"))) == 2
    monkeypatch.undo()
    writer._settle()
    assert writer.failure == ""
    writer.close()
    assert len(days_in(tmp_path, 0, 30)) == 20


def test_while_writing_is_refused_no_request_makes_a_file(tmp_path: Path) -> None:
    writer = LogWriter(tmp_path, make_contract(), settle_seconds=60)
    in_the_way(tmp_path / "card-default")
    for day in range(3):
        with pytest.raises(Full):
            kept(writer, [entry(day)])
    (tmp_path / "card-default").unlink()
    with pytest.raises(Full):  # the thread alone tries again
        kept(writer, [entry(4)])
    writer._settle()
    assert writer.failure != ""
    (tmp_path / "card-default").mkdir()
    writer._settle()
    kept(writer, [entry(5)])
    writer.close()
    assert days_in(tmp_path, 0, 30) == ["5"]


def test_what_was_kept_and_cannot_become_a_segment_waits_in_its_journal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    writer = LogWriter(tmp_path, make_contract(), settle_seconds=60)
    kept(writer, [entry(1)])

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    writer._settle()
    assert "No space left" in writer.failure
    kept(writer, [entry(2)])
    writer.close()
    assert capsys.readouterr().err.count("the next server takes in") == 2
    monkeypatch.undo()
    del writer
    gc.collect()
    for journal in (tmp_path / "card-default").glob("*.journal"):
        assert settle(journal) == 1
    assert sorted(days_in(tmp_path, 0, 30)) == ["1", "2"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        (column_of("age"), "forty"),
        (column_of("age"), 2**70),
        (column_of("bureau"), object()),
        ("entity", "\ud800"),
        ("event_at", "yesterday"),
        ("flags", 3),
    ],
)
def test_a_value_that_arrow_refuses_costs_neither_its_row_nor_the_others_nor_the_writer(
    tmp_path: Path, name: str, value: object
) -> None:
    writer = LogWriter(tmp_path, make_contract(), settle_seconds=60)
    kept(writer, [entry(1), {**entry(2), name: value}, entry(3)])
    writer._settle()
    assert writer.failure == ""
    kept(writer, [entry(4)])
    writer.close()
    rows = read_window(tmp_path, "card-default", START, START + 9 * DAY).to_pylist()
    assert len(rows) == 4
    (odd,) = [row for row in rows if row["flags"]]
    assert (odd["flags"], odd["at"]) == ([f"{UNWRITABLE}{name}"], START + 2 * DAY)
    assert odd["event_at"] == START + 2 * DAY, "a time that is none is when it was answered"


def test_every_kind_of_value_comes_back_from_the_log_as_it_was_answered(tmp_path: Path) -> None:
    kinds: dict[str, tuple[Kind, list[Any]]] = {
        "n": (Kind.NUMBER, [0.1, -0.0, 1e-308, float("inf"), None]),
        "i": (Kind.INTEGER, [2**53 + 1, -(2**63), 0, 7, None]),
        "c": (Kind.CATEGORY, ["", "ü\u2028", '"', "null", None]),
        "t": (Kind.TIME, [START, START + timedelta(microseconds=1), datetime(9999, 1, 1, tzinfo=UTC), START, None]),
        "b": (Kind.BOOLEAN, [True, False, True, False, None]),
    }
    contract = make_contract(features=tuple(Feature(name, kind) for name, (kind, _) in kinds.items()))
    rows = [entry(i, **{name: values[i] for name, (_, values) in kinds.items()}) for i in range(5)]
    writer = LogWriter(tmp_path, contract, settle_seconds=60)
    kept(writer, rows, contract=contract)
    writer.close()
    table = features_of(read_window(tmp_path, "card-default", START, START + 9 * DAY))
    assert {name: table[name].to_pylist() for name in kinds} == {name: values for name, (_, values) in kinds.items()}
