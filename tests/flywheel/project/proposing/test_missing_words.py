"""Every word that is proposed to mean missing stands where a person is asked about it; undeclared it is a fault."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from flywheel.project.charter.marks import open_marks
from flywheel.project.loader import load_project
from flywheel.project.proposing.deciding import settled
from flywheel.project.reading.missing import SAFE_WORDS, USUAL_WORDS
from flywheel.services.data.data_check import check_data
from flywheel.services.data.proposals import write_proposed
from flywheel.settings import Settings

ROWS = 400
AMOUNT = [f"{n * 7 % 391}.5" for n in range(ROWS)]


def text_of(folder: Path, columns: dict[str, list[str]], *, ending: str = ".csv") -> str:
    columns = {**columns, "y": ["yes" if n % 3 else "no" for n in range(ROWS)]}
    file = folder / f"table{ending}"
    if ending == ".parquet":
        pq.write_table(pa.table(columns), file)
    else:
        file.write_text("\n".join([";".join(columns), *map(";".join, zip(*columns.values(), strict=True))]))
    write_proposed("table", folder / "table", file, owner="a@example.com", target="y")
    return (folder / "table" / "project.toml").read_text()


def with_word(values: list[str], word: str) -> list[str]:
    return [word if n % 10 == 0 else value for n, value in enumerate(values)]


@pytest.mark.parametrize("word", sorted(USUAL_WORDS | {"k.A.", "n/b", "<5"}))
@pytest.mark.parametrize("ending", [".csv", ".parquet"])
def test_no_word_means_missing_where_nobody_is_asked(tmp_path: Path, word: str, ending: str) -> None:
    text = text_of(tmp_path, {"x": with_word(AMOUNT, word), "w": ["a", "b"] * 200}, ending=ending)
    lines = [line for line in text.splitlines() if f'"{word}"'.replace("\\", "\\\\") in line.partition("  # ")[0]]
    assert lines or ending == ".parquet"
    assert all("# decide:" in line and word in line.partition("# decide:")[2] for line in lines)


@pytest.mark.parametrize("word", ["-", "nil", "none"])
def test_what_may_be_nought_is_asked_so_and_a_no_has_reading_name_it(tmp_path: Path, word: str) -> None:
    text = text_of(tmp_path, {"x": with_word(AMOUNT, word)})
    (mark,) = (mark for mark in open_marks(text) if mark.key == "data.columns.x")
    assert mark.question.startswith(f"{word} among numbers: does it mean missing, and not 0?")
    path = tmp_path / "table" / "project.toml"
    path.write_text(settled(text, mark, "no"))
    project, settings = load_project(tmp_path / "table"), Settings.load(home=tmp_path, environ={})
    (fault,) = check_data(project, settings=settings).faults
    assert (fault.column, fault.count) == ("x", 40)
    assert "if it means 0, write 0 at the source" in fault.cure


def test_of_several_columns_the_source_asks_and_names_nought(tmp_path: Path) -> None:
    text = text_of(tmp_path, {"x": with_word(AMOUNT, "-"), "z": with_word(AMOUNT, "-")})
    (mark,) = (mark for mark in open_marks(text) if mark.key == "data.sources.main.missing")
    assert mark.question.endswith("- among numbers may mean 0 too: strike it then, and write 0 at the source")


def test_the_same_words_of_several_columns_are_asked_about_once(tmp_path: Path) -> None:
    words = with_word(["a", "b"] * 200, "NULL")
    text = text_of(tmp_path, {"one": words, "two": words}, ending=".parquet")
    asked = [mark for mark in open_marks(text) if "NULL among words" in mark.question]
    assert [mark.key for mark in asked] == ["data.columns.one"]
    assert "here and in 1 column below" in asked[0].question
    assert "# NULL as in one" in text
    assert "NULL" in SAFE_WORDS


def test_a_word_that_is_declared_nowhere_is_refused(tmp_path: Path) -> None:
    text = text_of(tmp_path, {"x": with_word(AMOUNT, "-")})
    (tmp_path / "table" / "project.toml").write_text(text.replace('codes = ["-"], ', ""))
    project, settings = load_project(tmp_path / "table"), Settings.load(home=tmp_path, environ={})
    faults = check_data(project, settings=settings).faults
    assert [(fault.column, fault.values) for fault in faults] == [("x", ("-",))]
