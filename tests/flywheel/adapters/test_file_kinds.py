"""What is no table is refused by its name: what it is, what is taken, what to do."""

from __future__ import annotations

import gzip
import io
import os
import random
import zipfile
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from flywheel.adapters.sources import look as source_look
from flywheel.adapters.sources.look import look_at
from flywheel.errors import InputRefused
from flywheel.services.data.proposals import write_proposed


def _workbook() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as book:
        book.writestr("xl/workbook.xml", "<workbook/>")
    return content.getvalue()


def _parquet(table: pa.Table) -> bytes:
    content = io.BytesIO()
    pq.write_table(table, content)
    return content.getvalue()


NOISE = random.Random(7).randbytes(5_000)
TABLE = pa.table({"a": [1, 2], "y": [0, 1]})
NO_TABLES: dict[str, tuple[str, bytes, str]] = {
    "workbook": ("x.xlsx", _workbook(), "workbook"),
    "workbook called csv": ("x.csv", _workbook(), "workbook"),
    "old workbook": ("x.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + NOISE, "old workbook"),
    "noise": ("x.csv", NOISE, "no text"),
    "noise as parquet": ("x.parquet", NOISE, "does not hold what its ending says"),
    "text as parquet": ("x.parquet", b"a,y\n1,0\n", "does not hold what its ending says"),
    "cut parquet": ("x.parquet", _parquet(TABLE)[:-9], "cannot be read as Parquet"),
    "parquet as csv": ("x.csv", _parquet(TABLE), "ending .parquet"),
    "empty": ("x.csv", b"", "is empty"),
    "empty lines": ("x.csv", b"\n\n\n", "holds no rows"),
    "mark alone": ("x.csv", b"\xef\xbb\xbf", "holds no rows"),
    "header alone": ("x.csv", b"a,b,y\n", "the header a, b, y alone"),
    "parquet without rows": ("x.parquet", _parquet(TABLE.slice(0, 0)), "the header a, y alone"),
    "fake gz": ("x.csv.gz", b"a,y\n1,0\n", "take the ending .gz away"),
    "cut gz": ("x.csv.gz", gzip.compress(NOISE)[:-9], "not a whole gzip file"),
    "empty gz": ("x.csv.gz", gzip.compress(b""), "is empty"),
    "gz in gz": ("x.csv.gz", gzip.compress(gzip.compress(b"a,y\n1,0\n")), "no text"),
    "packed as csv": ("x.csv", gzip.compress(b"a,y\n1,0\n"), "ending .csv.gz"),
    "json": ("x.json", b'[{"a": 1}]', "JSON"),
    "page": ("x.csv", b"<!DOCTYPE html><html></html>", "a web page"),
    "prose": ("x.txt", b"It was a dark night.\nThe end\n", "1 column"),
    "one column": ("x.csv", b"a\n1\n2\n", "1 column"),
    "ragged": ("x.csv", b"a,b,c\n" + b"1\n" * 50, "of 51 rows as long as the first"),
    "lists in cells": ("x.parquet", _parquet(pa.table({"a": [[1], [2]], "y": [0, 1]})), "no single values"),
    "too wide": ("x.csv", (",".join(f"c{n}" for n in range(2_001)) + "\n").encode() * 2, "at most 2,000"),
}


@pytest.mark.parametrize("case", NO_TABLES)
def test_no_table_is_refused_in_one_sentence_and_nothing_is_written(tmp_path: Path, case: str) -> None:
    name, content, said = NO_TABLES[case]
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputRefused) as refused:
        write_proposed("churn", tmp_path / "churn", tmp_path / name)
    sentence = refused.value.sentence()
    assert name in sentence
    assert said in sentence
    assert refused.value.allowed
    assert sentence.isprintable()
    assert [one.name for one in tmp_path.iterdir()] == [name]


def _no_file(folder: Path) -> Path:
    return folder / "x.csv"


def _folder(folder: Path) -> Path:
    (folder / "tables").mkdir()
    (folder / "tables" / "x.csv").touch()
    return folder / "tables"


def _pipe(folder: Path) -> Path:
    os.mkfifo(folder / "pipe.csv")
    return folder / "pipe.csv"


@pytest.mark.parametrize(
    ("make", "said"), [(_no_file, "no such file"), (_folder, "such as x.csv"), (_pipe, "no plain")]
)
def test_what_is_no_file_is_refused_before_it_is_opened(
    tmp_path: Path, make: Callable[[Path], Path], said: str
) -> None:
    with pytest.raises(InputRefused, match=said):
        look_at(make(tmp_path))


def test_a_copy_that_fails_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "x.csv").write_text("a,y\n1,0\n2,1\n")

    def is_full(source: Path, target: Path) -> None:
        raise OSError(28, "No space left on device", str(target))

    monkeypatch.setattr("flywheel.project.charter.starter.shutil.copyfile", is_full)
    with pytest.raises(OSError, match="No space"):
        write_proposed("churn", tmp_path / "churn", tmp_path / "x.csv")
    assert [one.name for one in tmp_path.iterdir()] == ["x.csv"]


def test_an_empty_folder_somebody_stands_in_stays_the_same_folder(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("a,y\n1,0\n2,1\n")
    (tmp_path / "churn").mkdir()
    before = (tmp_path / "churn").stat().st_ino
    write_proposed("churn", tmp_path / "churn", tmp_path / "x.csv")
    assert (tmp_path / "churn").stat().st_ino == before
    assert sorted(one.name for one in (tmp_path / "churn").iterdir()) == ["data", "project.toml"]


def test_of_millions_of_equal_rows_in_one_group_only_the_first_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source_look, "MOST_ROWS", 20_000)
    noughts = pa.table({"a": pa.nulls(3_000_000, pa.int64()), "y": pa.nulls(3_000_000, pa.int64())})
    pq.write_table(noughts, tmp_path / "x.parquet", row_group_size=3_000_000)
    before = pa.total_allocated_bytes()
    look = look_at(tmp_path / "x.parquet")
    assert (look.rows, look.is_whole) == (20_000, False)
    assert pa.total_allocated_bytes() - before < 1_000_000
