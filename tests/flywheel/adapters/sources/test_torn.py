"""A quote that is not closed swallows rows: they are counted and told; texts of several lines are left in peace."""

from __future__ import annotations

from pathlib import Path

import pytest

from flywheel.adapters.sources.torn import rows_in
from flywheel.errors import InputRefused
from flywheel.project.reading.text_form import TextForm
from tests.factories.sources import put, read

COLUMNS = 5


def torn(*places: tuple[int, int], rows: int = 12) -> str:
    """A table in which a quote opens a value, and nothing closes it, at each of these rows and places."""
    lines = [["x", "n", "country", "other", "more"], *([str(row), "1", "a", "b", "c"] for row in range(rows))]
    for row, place in places:
        lines[row + 1][place] = '"' + lines[row + 1][place]
    return "".join(",".join(line) + "\n" for line in lines)


@pytest.mark.parametrize(
    "places",
    [
        *([(3, place), (5, place)] for place in range(2, COLUMNS)),
        *([(3, place), (4, place)] for place in range(2, COLUMNS - 1)),
        [(3, 2), (7, 4)],
        [(3, 4)],
        [(3, 4), (5, 4), (7, 4), (9, 4)],
    ],
)
def test_rows_that_a_quote_swallowed_are_told(tmp_path: Path, places: list[tuple[int, int]]) -> None:
    put(tmp_path, "x.csv", torn(*places))
    with pytest.raises(InputRefused, match=r"became part of one value by a quote|in a row of 5 columns"):
        read(tmp_path, "x.csv")


def test_the_fault_names_how_many_rows_and_the_first_value(tmp_path: Path) -> None:
    put(tmp_path, "x.csv", torn((3, 4)))
    with pytest.raises(
        InputRefused, match=r"8 rows became part of one value.*first 'c.*in row 4; cure: close the quote"
    ):
        read(tmp_path, "x.csv")


@pytest.mark.parametrize(
    "value",
    ["a\nb", "Dear all,\nthe line is down, again\nand again.", "one\n\ntwo\n", "1,2\n3,4", "a,b,c\nd", "x\n" * 50],
)
@pytest.mark.parametrize("place", range(COLUMNS))
def test_a_text_of_several_lines_is_a_value(value: str, place: int) -> None:
    assert rows_in(value, place=place, of=COLUMNS, form=TextForm()) == 0
