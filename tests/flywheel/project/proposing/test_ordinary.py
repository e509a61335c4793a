"""A word that mostly means missing is an answer where its column shows that it may be one, and it is asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from flywheel.project.charter.marks import open_marks
from flywheel.project.loader import load_project
from flywheel.project.proposing.deciding import settled
from flywheel.services.data.proposals import write_proposed

ROWS = 300


def text_of(folder: Path, columns: dict[str, list[str]]) -> str:
    file = folder / "table.csv"
    lines = [";".join(columns), *(";".join(row) for row in zip(*columns.values(), strict=True))]
    file.write_text("\n".join(lines), encoding="utf-8")
    write_proposed("table", folder / "table", file, owner="a@example.com")
    return (folder / "table" / "project.toml").read_text()


def cycle(*values: str) -> list[str]:
    return [values[place % len(values)] for place in range(ROWS)]


NUMBERS = [str(place) for place in range(ROWS - 3)] + ["NA"] * 3


@pytest.mark.parametrize("word", ["NA", "N/A", "null", "Null"])
def test_an_answer_that_is_written_like_missing_is_one_and_is_asked(tmp_path: Path, word: str) -> None:
    numbers = [one.replace("NA", word) for one in NUMBERS]
    text = text_of(tmp_path, {"x": numbers, "region": cycle(word, "EMEA", "APAC", word), "y": cycle("EU", word, "EU")})
    assert 'target = "y"' in text
    assert f"{word}" not in next((line for line in text.splitlines() if line.startswith("missing = ")), "")
    (line,) = (line for line in text.splitlines() if line.startswith("x = "))
    assert f'codes = ["{word}"]' in line
    (mark,) = (mark for mark in open_marks(text) if mark.key == "data.columns.region")
    assert f"{word} (150 rows)" in mark.question
    assert f'missing = {{ codes = ["{word}"]' in settled(text, mark, "no")


def test_a_name_that_is_null_is_asked_however_rare_it_is(tmp_path: Path) -> None:
    names = [f"Name{place % 70}" for place in range(ROWS - 1)] + ["Null"]
    text = text_of(tmp_path, {"surname": [one.replace("0", "o") for one in names], "x": NUMBERS, "y": cycle("a", "b")})
    assert "Null (1 row) may mean missing" in text


@pytest.mark.parametrize(
    ("column", "words"),
    [(cycle("yes", "no", "NA"), "NA"), (cycle("a", "b", "c", "d", "e", "NULL"), "NULL"), (cycle("a", "b", "?"), "?")],
)
def test_a_word_among_yes_and_no_or_in_few_rows_means_missing(tmp_path: Path, column: list[str], words: str) -> None:
    text = text_of(tmp_path, {"x": NUMBERS, "it": column, "y": cycle("a", "b")})
    (missing,) = (line for line in text.splitlines() if "does each of these mean missing" in line)
    assert f'"{words}"' in missing
    assert "may mean missing" not in text


def test_all_that_is_missing_beside_such_an_answer_is_counted(tmp_path: Path) -> None:
    text = text_of(tmp_path, {"x": NUMBERS, "it": cycle("NA", "?", "-", "b", "c"), "y": cycle("a", "b")})
    (line,) = (line for line in text.splitlines() if line.startswith("it = {"))
    assert "NA (60 rows) may mean missing" in line
    assert "missing = { at_most = 0.49 }" in line


def test_a_column_of_such_words_alone_holds_no_value(tmp_path: Path) -> None:
    text = text_of(tmp_path, {"x": NUMBERS, "none": cycle("NA", "?", "-"), "y": cycle("a", "b")})
    assert "# none is left out: it holds no value at all" in text


def test_what_is_proposed_loads(tmp_path: Path) -> None:
    text_of(tmp_path, {"x": NUMBERS, "region": cycle("NA", "EMEA", "APAC"), "y": cycle("EU", "NA", "EU")})
    assert load_project(tmp_path / "table").charter.data
