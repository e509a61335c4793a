"""What comes out of a cell is read as what a stranger sent."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

from flywheel.adapters.cell.answer import Bounds, refusal_of, rows_of
from flywheel.errors import InputRefused

BOUNDS = Bounds(rows=1_000, columns=4, bytes=1_000_000)
PLAIN = pa.table({"x": [1.0, None], "word": ["a", None], "nothing": pa.nulls(2)})


def stream(table: pa.Table, **options: object) -> bytes:
    """A table as Arrow's stream."""
    into = pa.BufferOutputStream()
    with pa.ipc.new_stream(into, table.schema, options=pa.ipc.IpcWriteOptions(**options)) as writer:
        writer.write_table(table)
    found: bytes = into.getvalue().to_pybytes()
    return found


def file_format(table: pa.Table) -> bytes:
    """A table as Arrow's file."""
    into = pa.BufferOutputStream()
    with pa.ipc.new_file(into, table.schema) as writer:
        writer.write_table(table)
    found: bytes = into.getvalue().to_pybytes()
    return found


def read(folder: Path, content: bytes) -> pa.Table:
    """Read an answer to its end."""
    (folder / "answer").write_bytes(content)
    return pa.Table.from_batches(list(rows_of(folder / "answer", BOUNDS)))


def test_plain_rows_come_out_as_they_went_in(tmp_path: Path) -> None:
    assert read(tmp_path, stream(PLAIN)).equals(PLAIN)
    assert read(tmp_path, stream(PLAIN.slice(0, 0))).schema == PLAIN.schema


def test_what_a_writer_says_about_columns_is_left_behind(tmp_path: Path) -> None:
    kind = pa.field("x", pa.float64(), metadata={"ARROW:extension:name": "arrow.py_extension_type"})
    table = pa.table({"x": [1.0]}, schema=pa.schema([kind], metadata={"pandas": "{}"}))
    found = read(tmp_path, stream(table)).schema
    assert (found.metadata, found.field("x").metadata) == (None, None)


@pytest.mark.parametrize(
    ("column", "words"),
    [
        (pa.array([[1]]), "that no kind holds"),
        (pa.array([{"a": 1}]), "that no kind holds"),
        (pa.array(["a"]).dictionary_encode(), "that no kind holds"),
        (pa.array(["a"], pa.string_view()), "that no kind holds"),
        (pa.ExtensionArray.from_storage(pa.uuid(), pa.array([b"0" * 16], pa.binary(16))), "that no kind holds"),
    ],
)
def test_only_plain_columns_come_out(tmp_path: Path, column: pa.Array, words: str) -> None:
    with pytest.raises(InputRefused, match=words):
        read(tmp_path, stream(pa.table({"x": column})))


@pytest.mark.parametrize("codec", ["zstd", "lz4"])
def test_nothing_is_unpacked(tmp_path: Path, codec: str) -> None:
    with pytest.raises(InputRefused, match="not plain rows"):
        read(tmp_path, stream(pa.table({"x": [0.0] * 500}), compression=codec))


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (pa.table({"x": pa.nulls(1_001)}), "too many rows"),
        (pa.table({str(n): [1] for n in range(5)}), "too many columns"),
        (pa.table([[1], [2]], names=["x", "x"]), "distinct names"),
        (pa.table({}), "distinct names"),
    ],
)
def test_an_answer_is_held_to_its_bounds(tmp_path: Path, table: pa.Table, words: str) -> None:
    with pytest.raises(InputRefused, match=words):
        read(tmp_path, stream(table))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        pickle.dumps(PLAIN.to_pylist()),
        b"PAR1" * 100,
        b"\xff" * 64,
        b"\xff\xff\xff\xff\xff\xff\xff\x7f" + b"\0" * 64,
        stream(PLAIN)[:-40],
        file_format(PLAIN),
        stream(PLAIN)[200:],
    ],
    ids=["nothing", "pickle", "parquet", "ones", "a huge head", "cut", "a file", "no schema"],
)
def test_what_is_no_table_is_told_so(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(InputRefused, match="no table that can be read"):
        read(tmp_path, content)


def test_no_byte_that_is_flipped_harms_the_reader(tmp_path: Path) -> None:
    whole, survived = stream(PLAIN), 0
    for place in range(len(whole)):
        broken = bytearray(whole)
        broken[place] ^= 0xFF
        try:
            read(tmp_path, bytes(broken))
        except InputRefused:
            survived += 1
    assert survived > len(whole) // 10


FORGED: dict[str, Callable[[], bytes]] = {
    "no words": lambda: b"\x80\x04",
    "brackets without end": lambda: b"[" * 200_000,
    "a list": lambda: b"[]",
    "half of it": lambda: json.dumps({"what": "x"}).encode(),
}


@pytest.mark.parametrize("name", FORGED)
def test_forged_words_are_no_words(tmp_path: Path, name: str) -> None:
    (tmp_path / "answer").write_bytes(FORGED[name]())
    assert "no table that can be read" in refusal_of(tmp_path / "answer").sentence()


def test_words_are_shown_without_secrets_and_signs_that_steer(tmp_path: Path) -> None:
    said = {"what": "hooks.py:3: \x1b[2Jfailed", "found": "x://a:b@c", "allowed": "", "next_step": ""}
    (tmp_path / "answer").write_text(json.dumps(said), encoding="utf-8")
    assert refusal_of(tmp_path / "answer").sentence() == "hooks.py:3:  [2Jfailed; found x://a:***@c"
