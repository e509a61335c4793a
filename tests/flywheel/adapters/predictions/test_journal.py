"""Journals: what was acknowledged outlives its process, once and whole."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from flywheel.adapters.predictions.journal import DAMAGED, Journal, encoded, frame, settle, take_in
from flywheel.adapters.predictions.log import log_schema
from flywheel.adapters.predictions.segments import SETTLED_SECONDS, WORTH_IT
from flywheel.errors import Unavailable
from tests.factories.logs import compact
from tests.factories.serving import make_contract
from tests.flywheel.adapters.predictions.test_log import days_in, entry

SCHEMA = log_schema(make_contract())


def folder_in(root: Path) -> Path:
    """Make the project's folder."""
    folder = root / "card-default"
    folder.mkdir(exist_ok=True)
    return folder


def left_behind(folder: Path, *days: int) -> Path:
    """Leave a journal as a process that died would."""
    journal = Journal(folder, SCHEMA)
    for day in days:
        journal.write(encoded([entry(day)], SCHEMA.names))
    journal.close()
    return journal.path


def _write_and_hang(folder: Path, told: Callable[[str], None]) -> None:
    journal = Journal(folder, SCHEMA)
    journal.write(encoded([entry(1)], SCHEMA.names))
    told("written")
    signal.pause()


def test_a_journal_is_taken_in_when_its_writer_was_killed_and_not_before(tmp_path: Path) -> None:
    folder = folder_in(tmp_path)
    context = multiprocessing.get_context("spawn")
    hears, tells = context.Pipe(duplex=False)
    writer = context.Process(target=_write_and_hang, args=(folder, tells.send))
    writer.start()
    assert hears.recv() == "written"
    assert (take_in(folder), days_in(tmp_path, 0, 9)) == (0, [])
    assert writer.pid is not None
    os.kill(writer.pid, signal.SIGKILL)
    writer.join()
    assert (take_in(folder), days_in(tmp_path, 0, 9)) == (1, ["1"])
    assert list(folder.glob("*.journal")) == []


def test_a_row_is_read_once_wherever_the_settling_of_its_journal_died(tmp_path: Path) -> None:
    folder = folder_in(tmp_path)
    path = left_behind(folder, 1, 2)
    kept = path.read_bytes()
    settle(path)
    path.write_bytes(kept)  # died before the journal was taken away
    assert days_in(tmp_path, 0, 9) == ["1", "2"]
    assert take_in(folder) == 2
    assert days_in(tmp_path, 0, 9) == ["1", "2"]


def test_a_segment_whose_journal_is_there_is_not_put_together_with_others(tmp_path: Path) -> None:
    folder = folder_in(tmp_path)
    kept = {path: path.read_bytes() for path in (left_behind(folder, day) for day in range(WORTH_IT + 1))}
    take_in(folder)
    one = next(iter(kept))
    one.write_bytes(kept[one])
    settled = max(found.stat().st_mtime for found in folder.glob("*.arrow")) + SETTLED_SECONDS + 1
    assert compact(folder, now=settled) == WORTH_IT - 1
    take_in(folder)
    assert len(days_in(tmp_path, 0, 30)) == WORTH_IT + 1


@pytest.mark.parametrize("cut", range(1, 60, 7))
def test_a_frame_that_is_not_all_there_costs_none_before_it_and_is_kept_aside(tmp_path: Path, cut: int) -> None:
    folder = folder_in(tmp_path)
    path = left_behind(folder, 1, 2, 3)
    path.write_bytes(path.read_bytes()[:-cut])
    assert take_in(folder) == 2
    assert days_in(tmp_path, 0, 9) == ["1", "2"]
    assert [one.name for one in folder.glob(f"*{DAMAGED}")] == [f"{path.name}{DAMAGED}"]


def test_a_damaged_frame_costs_none_of_the_others(tmp_path: Path) -> None:
    folder = folder_in(tmp_path)
    path = left_behind(folder, 1, 2, 3)
    data = bytearray(path.read_bytes())
    data[-len(encoded([entry(3)], SCHEMA.names)) - 1] ^= 1
    path.write_bytes(data)
    assert take_in(folder) == 2
    assert days_in(tmp_path, 0, 9) == ["1", "3"]
    assert len(list(folder.glob(f"*{DAMAGED}"))) == 1


@pytest.mark.parametrize("byte", range(12))
@pytest.mark.parametrize("number", [1, 2, 3])
def test_whatever_is_changed_in_the_head_of_a_frame_costs_no_frame_after_it(
    tmp_path: Path, number: int, byte: int
) -> None:
    folder = folder_in(tmp_path)
    path = left_behind(folder, 1, 2, 3)
    data, one = bytearray(path.read_bytes()), len(encoded([entry(1)], SCHEMA.names))
    data[len(data) - (4 - number) * one + byte] ^= 0x40
    path.write_bytes(data)
    lost = [number] if byte >= 8 else []  # without its checksum nobody can tell that it is what was written
    assert take_in(folder) == 3 - len(lost)
    assert days_in(tmp_path, 0, 9) == [str(day) for day in (1, 2, 3) if day not in lost]
    assert len(list(folder.glob(f"*{DAMAGED}"))) == 1


@pytest.mark.parametrize("data", [b"", b"\0" * 4096, frame(b"no schema"), b"junk" * 9])
def test_a_journal_that_holds_no_rows_stops_nothing(tmp_path: Path, data: bytes) -> None:
    folder = folder_in(tmp_path)
    (folder / "0123456789ab.journal").write_bytes(data)
    left_behind(folder, 1)
    assert take_in(folder) == 1
    assert days_in(tmp_path, 0, 9) == ["1"]


def test_frames_that_did_not_fit_leave_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = folder_in(tmp_path)
    journal = Journal(folder, SCHEMA)
    journal.write(encoded([entry(1)], SCHEMA.names))
    size, real = journal.path.stat().st_size, os.write

    def half(descriptor: int, data: memoryview) -> int:
        if len(data) < 20:
            raise OSError(28, "No space left on device")
        return real(descriptor, data[: len(data) // 2])

    monkeypatch.setattr(os, "write", half)
    with pytest.raises(OSError, match="No space left"):
        journal.write(encoded([entry(2)], SCHEMA.names))
    monkeypatch.undo()
    assert journal.path.stat().st_size == size
    journal.close()
    assert (take_in(folder), days_in(tmp_path, 0, 9)) == (1, ["1"])


def test_what_cannot_be_taken_in_stops_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = folder_in(tmp_path)
    paths = sorted(left_behind(folder, day) for day in (1, 2, 3))
    real = Path.read_bytes
    monkeypatch.setattr(Path, "read_bytes", lambda path: real(Path("/nowhere") if path == paths[0] else path))
    with pytest.raises(Unavailable, match=f"{paths[0].name}: .*No such file"):
        take_in(folder)
    monkeypatch.undo()
    assert len(days_in(tmp_path, 0, 9)) == 2
    assert take_in(folder) == 1
