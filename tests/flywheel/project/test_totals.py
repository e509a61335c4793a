"""A line of totals at the end of a file is known by its word and by what it leaves empty."""

from __future__ import annotations

from pathlib import Path

import pytest

from flywheel.project.loader import load_project
from flywheel.project.marks import open_marks
from flywheel.project.totals import totals_word
from flywheel.services.data.data_check import check_data
from flywheel.services.data.proposals import write_proposed
from flywheel.settings import Settings

CASE = ["K1", "12", "north", "yes"]
WORDS = ("Total", "TOTAL:", "Summe", "Gesamt", "Totale", "Totaal", "Totalt", "Suma", "Razem", "Celkem", "Összesen")
WORDS += ("Toplam", "Итого", "Σύνολο", "Grand total", "Total général", "Total 5203", "Total (5 203)", "Totals", "Sum")


@pytest.mark.parametrize("word", WORDS)
def test_totals_are_known_in_the_languages_of_europe_alone_and_beside_a_sum(word: str) -> None:
    assert totals_word([word, "", "", ""], CASE) == word
    assert totals_word(["", word, None, "1200"], CASE) == word


@pytest.mark.parametrize(
    "row", [["Total", "7", "south", "no"], ["K9", "", "", ""], ["Totalschaden", "", "", ""], ["", "", "", ""]]
)
def test_a_case_is_no_line_of_totals(row: list[str]) -> None:
    assert totals_word(row, CASE) == ""


def test_totals_below_a_table_are_asked_about_left_out_of_the_look_and_named_by_the_check(tmp_path: Path) -> None:
    cases = "".join(f"K{n};{n % 60};{'north' if n % 3 else 'south'};{n % 5 == 0:d}\n" for n in range(400))
    (tmp_path / "x.csv").write_text(f"id;visits;part;churn\n{cases}Total;400;;\n")
    proposal = write_proposed("churn", tmp_path / "churn", tmp_path / "x.csv", target="churn")
    (asked,) = [one for one in open_marks((tmp_path / "churn/project.toml").read_text()) if one.key.endswith(".uri")]
    found = check_data(load_project(tmp_path / "churn"), settings=Settings.load(home=tmp_path, environ={}))
    (told,) = [one for one in found.faults if "totals" in one.what]

    assert (proposal.rows, dict(proposal.keys.answers)) == (400, {"0": 320, "1": 80})
    assert "looks like a line of totals (Total)" in asked.question
    assert (told.row, told.values) == (401, ("Total",))
