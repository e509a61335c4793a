"""Prediction logs as they stand at one moment, while endpoints go on writing them."""

from __future__ import annotations

import asyncio
import contextlib
import os
import threading
import time
from pathlib import Path

import pytest

from flywheel.adapters.predictions import chaining as prediction_chaining
from flywheel.adapters.predictions.chain import CHAIN, read_chain, strangers
from flywheel.adapters.predictions.chaining import snapshot
from flywheel.adapters.predictions.journal import take_in
from flywheel.adapters.predictions.log import LogWriter, append, encoder_of, log_schema
from flywheel.adapters.predictions.segments import faults
from flywheel.adapters.predictions.windows import read_window
from tests.factories.serving import make_contract
from tests.flywheel.adapters.predictions.test_log import DAY, START, entry

PROJECT = "card-default"


def snapshots_under_load(root: Path, places: list[Path]) -> list[int]:
    """Take snapshots while rows are answered as fast as may be; gives how many were answered before each."""
    kept = 0

    async def answer(log: LogWriter) -> None:
        nonlocal kept
        while True:
            await log.keep(encoder_of(make_contract())([entry(kept % 20) | {"entity": str(kept)}]))
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


def test_a_chain_that_is_a_pipe_keeps_no_log_from_being_copied(tmp_path: Path) -> None:
    append(tmp_path, PROJECT, [entry(1)], log_schema(make_contract()))
    (tmp_path / "odd").mkdir()
    os.mkfifo(tmp_path / "odd" / CHAIN)
    snapshot(tmp_path, tmp_path.parent / "copy")
    assert rows_in(tmp_path.parent / "copy") == ["1"]


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


@pytest.mark.parametrize("is_held", [True, False], ids=["held", "the lock removed"])
def test_no_segment_comes_between_the_files_and_the_chain(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_held: bool
) -> None:
    root, schema, place = tmp_path / "predictions", log_schema(make_contract()), tmp_path / "snapshot"
    append(root, PROJECT, [entry(1)], schema)
    writers: list[threading.Thread] = []

    def slowly(path: Path, copy: Path) -> None:
        """Let another writer try, before anything is copied."""
        if not writers:
            writers.append(threading.Thread(target=append, args=(root, PROJECT, [entry(2)], schema)))
            writers[0].start()
            writers[0].join(0.5 if is_held else 20)
        copied(path, copy)

    copied = prediction_chaining._copy
    monkeypatch.setattr(prediction_chaining, "_copy", slowly)
    if not is_held:
        monkeypatch.setattr(prediction_chaining, "held", lambda _: contextlib.nullcontext())
    snapshot(root, place)
    writers[0].join(20)
    assert (faults(place / PROJECT, wanted=lambda _: True) == ()) is is_held
    assert len(read_chain(root / PROJECT).counting) == 2


def test_a_draft_that_becomes_a_journal_while_drafts_are_looked_through_is_no_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / PROJECT
    folder.mkdir()
    drafts, began = [folder / "old.part", folder / "young.part"], folder / "young.journal"
    for draft in drafts:
        draft.write_bytes(b"x")
    found = Path.glob

    def glob(path: Path, pattern: str) -> list[Path]:
        seen = sorted(found(path, pattern), reverse=True)
        if pattern.endswith(".part"):
            drafts[1].rename(began)
        return seen

    monkeypatch.setattr(Path, "glob", glob)
    prediction_chaining.clear_drafts(folder, before=time.time() + 60)
    assert (drafts[0].exists(), began.exists()) == (False, True)
