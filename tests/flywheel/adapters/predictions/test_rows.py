"""Whatever somebody leaves among the journals, the good ones are taken in once and whole, and what is odd is named."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flywheel.adapters.predictions.chain import read_chain, strangers
from flywheel.adapters.predictions.journal import MARK, frame, take_in, unread_in
from flywheel.adapters.predictions.segments import faults
from tests.flywheel.adapters.predictions.test_journal import SCHEMA, folder_in, left_behind
from tests.flywheel.adapters.predictions.test_log import days_in

ODD = "000000000000.journal"
ROW = [1_767_312_000_000_000, 1_767_312_000_000_000, "odd", "v", "model", 0.1, "approve", [], 600.0, 40]


def said(schema: pa.Schema) -> bytes:
    return frame(schema.serialize().to_pybytes())


def with_rows(payload: bytes) -> bytes:
    return said(SCHEMA) + frame(payload)


def row(**changed: object) -> bytes:
    return json.dumps([list((dict(zip(SCHEMA.names, ROW, strict=False)) | changed).values())]).encode()


STRUCTS = pa.schema([*list(SCHEMA)[:-1], pa.field(SCHEMA.names[-1], pa.struct([("a", pa.int64())]))])
CONTENTS = {
    "no time column": said(pa.schema([("x", pa.int64())])) + frame(b"[[1]]"),
    "only a time column": said(pa.schema([SCHEMA.field("event_at")])) + frame(b"[[1]]"),
    "columns twice": said(pa.schema([*SCHEMA, SCHEMA.field(9)])) + frame(json.dumps([[*ROW, 40]]).encode()),
    "a column of structs": said(STRUCTS) + frame(b"[]"),
    "no time": with_rows(row(event_at=None)),
    "a time that is none": with_rows(row(event_at=2**62)),
    "an answer's time that is none": with_rows(row(at=-(2**62))),
    "an endless time": with_rows(row().replace(b"1767312000000000", b"Infinity")),
    "no list": with_rows(b"5"),
    "a number as row": with_rows(b"[5]"),
    "an object as row": with_rows(b'[{"at": 1}]'),
    "deep": with_rows(b"[" * 100_000),
    "wide": with_rows(b"[[1]]"),
    "empty rows": with_rows(b"[[]]"),
    "no text": with_rows(b"\xff\xfe"),
    "half a surrogate": with_rows(b"[" + b'"\\ud800"' + b"]"),
    "no schema": frame(b"zzz") + frame(b"[[1]]"),
    "marks": MARK * 10_000,
    "lengths made up": b"".join(MARK + (80_000).to_bytes(4) + b"\0\0\0\1" for _ in range(20_000)),
}


def holds_all(root: Path, good: list[int]) -> bool:
    """Whether every good row is read once, in a log that holds."""
    folder = root / "card-default"
    found = [day for day in days_in(root, 0, 40) if day != "odd"]
    assert (read_chain(folder).problems, faults(folder, wanted=lambda _: True), strangers(folder)) == ((), (), ())
    return sorted(found) == sorted(map(str, good))


@pytest.mark.parametrize("content", CONTENTS.values(), ids=CONTENTS)
def test_a_journal_that_is_none_is_set_aside_and_the_others_are_taken_in(tmp_path: Path, content: bytes) -> None:
    folder = folder_in(tmp_path)
    for day in (1, 2):
        left_behind(folder, day)
    (folder / ODD).write_bytes(content)
    assert take_in(folder) == 2
    assert holds_all(tmp_path, [1, 2])
    assert unread_in(folder) == (f"{ODD}.damaged",)
    assert (folder / f"{ODD}.damaged").read_bytes() == content
    assert take_in(folder) == 0


def immense(path: Path) -> None:
    path.touch()
    os.truncate(path, 10**12)


PLANTS: dict[str, Callable[[Path], object]] = {
    "folder": Path.mkdir,
    "pipe": os.mkfifo,
    "link into nothing": lambda path: path.symlink_to("/nowhere/at/all"),
    "link to another file": lambda path: path.symlink_to("/etc/hostname"),
    "link in a circle": lambda path: path.symlink_to(path),
    "larger than any": immense,
}


@pytest.mark.parametrize("plant", PLANTS.values(), ids=PLANTS)
def test_what_is_no_file_is_set_aside(tmp_path: Path, plant: Callable[[Path], object]) -> None:
    folder = folder_in(tmp_path)
    plant(folder / ODD)
    left_behind(folder, 1)
    assert take_in(folder) == 1
    assert holds_all(tmp_path, [1])
    assert unread_in(folder) == (f"{ODD}.damaged",)


@pytest.mark.parametrize("name", ["x.journal", "0123456789AB.journal", "1_2_0123456789ab.journal", ".journal"])
def test_a_name_that_no_server_gives_is_never_written_into_the_chain(tmp_path: Path, name: str) -> None:
    folder = folder_in(tmp_path)
    left_behind(folder, 1).rename(folder / name)
    left_behind(folder, 2)
    take_in(folder)
    assert holds_all(tmp_path, [2])
    assert unread_in(folder) == (f"{name}.damaged",)


def test_an_odd_frame_costs_none_of_the_others_in_its_journal(tmp_path: Path) -> None:
    folder = folder_in(tmp_path)
    path = left_behind(folder, 1, 2)
    with path.open("ab") as journal:
        journal.write(frame(b"[5]") + frame(row(event_at=None)))
    left_behind(folder, 3)
    assert take_in(folder) == 3
    assert holds_all(tmp_path, [1, 2, 3])
    assert unread_in(folder) == (f"{path.name}.damaged",)


def test_what_is_set_aside_takes_the_place_of_nothing_that_was(tmp_path: Path) -> None:
    folder = folder_in(tmp_path)
    for content in (b"first", b"second", b"third"):
        (folder / ODD).write_bytes(content)
        take_in(folder)
    kept = {path.read_bytes() for path in folder.glob("*.damaged")}
    assert kept == {b"first", b"second", b"third"}


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=11) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=30,
)
ANY_TYPE = st.sampled_from([pa.int64(), pa.string(), pa.timestamp("s"), pa.list_(pa.int8()), pa.binary(), pa.null()])
NAMES = st.sampled_from([*SCHEMA.names, "x", ""])
ANY_SCHEMA = st.lists(st.tuples(NAMES, ANY_TYPE), max_size=11).map(pa.schema) | st.just(SCHEMA)
ANY_ROW = st.permutations(ROW) | st.lists(ANY_JSON, min_size=10, max_size=10)
ANY_FRAME = st.one_of(
    st.binary(max_size=60), (ANY_JSON | st.lists(ANY_ROW, max_size=3)).map(json.dumps).map(str.encode)
)
ANY_JOURNAL = st.one_of(
    st.binary(max_size=200),
    st.lists(ANY_FRAME.map(frame), max_size=4).map(b"".join),
    st.tuples(ANY_SCHEMA.map(said), st.lists(ANY_FRAME.map(frame), max_size=4).map(b"".join)).map(b"".join),
)


@given(contents=st.lists(ANY_JOURNAL, min_size=1, max_size=3))
@settings(max_examples=150, deadline=None)
def test_whatever_lies_between_them_good_journals_are_taken_in_once(contents: list[bytes]) -> None:
    with tempfile.TemporaryDirectory() as place:
        root = Path(place)
        folder = folder_in(root)
        for number, content in enumerate(contents):
            (folder / f"{number * 5:x}{'0' * 11}.journal").write_bytes(content)
        good = [1, 2, 3]
        for day in good:
            left_behind(folder, day)
        take_in(folder)
        found = days_in(root, 0, 40)
        assert [found.count(str(day)) for day in good] == [1, 1, 1]
        assert read_chain(folder).problems == ()
        assert list(folder.glob("*.journal")) == []


def test_a_folder_that_goes_away_while_it_is_looked_at_names_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "is_dir", lambda _: True)
    assert unread_in(tmp_path / "gone") == ()
    (tmp_path / "in the way").write_text("x")
    assert unread_in(tmp_path / "in the way") == ()
