"""Prediction logs as they stand at one moment, while endpoints go on writing them."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from flywheel.adapters import prediction_chaining
from flywheel.adapters.prediction_chain import read_chain, strangers
from flywheel.adapters.prediction_chaining import snapshot
from flywheel.adapters.prediction_journal import take_in
from flywheel.adapters.prediction_log import LogWriter
from flywheel.adapters.prediction_segments import faults
from flywheel.adapters.prediction_windows import read_window
from tests.factories.serving import make_contract
from tests.flywheel.adapters.test_prediction_log import DAY, START, entry

PROJECT = "card-default"


def snapshots_under_load(root: Path, places: list[Path]) -> list[int]:
    """Take snapshots while rows are answered as fast as may be; gives how many were answered before each."""
    kept = 0

    async def answer(log: LogWriter) -> None:
        nonlocal kept
        while True:
            await log.keep(log.encode([entry(kept % 20) | {"entity": str(kept)}]))
            kept += 1

    async def run() -> list[int]:
        log = LogWriter(root, make_contract(), settle_seconds=0.005)
        working = asyncio.create_task(answer(log))
        around = []
        try:
            for place in places:
                await asyncio.sleep(0.02)
                before = kept
                await asyncio.to_thread(snapshot, root, place)
                around.append(before)
        finally:
            working.cancel()
            await asyncio.to_thread(log.close)
        return around

    return asyncio.run(run())


def rows_in(place: Path) -> list[str]:
    """Begin again from a snapshot: what was in journals is taken in, and every segment is what its line says."""
    folder = place / PROJECT
    take_in(folder)
    assert (read_chain(folder).problems, faults(folder, wanted=lambda _: True), strangers(folder)) == ((), (), ())
    return read_window(place, PROJECT, START, START + 30 * DAY)["entity"].to_pylist()  # type: ignore[no-any-return]


def test_a_snapshot_holds_each_answered_row_once(tmp_path: Path) -> None:
    places = [tmp_path / f"snapshot-{number}" for number in range(15)]
    around = snapshots_under_load(tmp_path / "predictions", places)
    for place, before in zip(places, around, strict=True):
        found = rows_in(place)
        assert {str(number) for number in range(before)} <= set(found), "a journal may have grown since"
        assert len(found) == len(set(found))
    assert around[-1] > 100


def test_what_counts_in_a_snapshot_does_not_grow_with_the_log(tmp_path: Path) -> None:
    *_, place = places = [tmp_path / f"snapshot-{number}" for number in range(15)]
    snapshots_under_load(tmp_path / "predictions", places)
    counting = read_chain(place / PROJECT).place
    assert counting.lines > 0
    snapshots_under_load(tmp_path / "predictions", [tmp_path / "later"])
    assert read_chain(place / PROJECT).place == counting


def test_without_the_lock_a_chain_may_speak_of_what_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: a segment that comes between the files and the chain has a line and no file."""
    root, place = tmp_path / "predictions", tmp_path / "snapshot"
    snapshots_under_load(root, [tmp_path / "first"])
    listed = os.listdir(root / PROJECT)  # noqa: PTH208  names alone, as they stood
    snapshots_under_load(root, [tmp_path / "second"])
    monkeypatch.setattr(Path, "iterdir", lambda folder: (folder / name for name in listed if (folder / name).exists()))
    (place / PROJECT).mkdir(parents=True)
    for path in (root / PROJECT).iterdir():
        prediction_chaining._copy(path, place / PROJECT / path.name)
    monkeypatch.undo()
    assert faults(place / PROJECT, wanted=lambda _: True)
