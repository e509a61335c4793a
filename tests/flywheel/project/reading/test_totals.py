"""Rows that are no cases are known: lines of totals by their word and what they leave empty, headers by themselves."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flywheel.adapters.sources.look import look_at
from flywheel.adapters.sources.tables import Meter
from flywheel.adapters.sources.text import TextFile
from flywheel.project.charter.marks import open_marks
from flywheel.project.checking.faults import Faults
from flywheel.project.loader import load_project
from flywheel.project.reading.text_form import TextForm
from flywheel.project.reading.totals import no_cases
from flywheel.services.data.data_check import check_data
from flywheel.services.data.proposals import write_proposed
from flywheel.setting_groups import LimitSettings
from flywheel.settings import Settings

CASE = ["K1", "12", "north", "yes"]
WORDS: tuple[str, ...] = (
    "Total",
    "TOTAL:",
    "Summe",
    "Gesamt",
    "Totale",
    "Totaal",
    "Totalt",
    "Suma",
    "Razem",
    "Celkem",
    "Összesen",
)
WORDS += ("Toplam", "Итого", "Σύνολο", "Grand total", "Total général", "Total 5203", "Total (5 203)", "Totals", "Sum")


HEADER = ["id", "visits", "part", "churn"]


@pytest.mark.parametrize("word", WORDS)
def test_totals_are_known_in_the_languages_of_europe_alone_and_beside_a_sum(word: str) -> None:
    for row in ([word, "", "", ""], ["", word, "", "1200"]):
        assert no_cases([CASE, row, CASE, CASE, row], HEADER) == {1: word, 4: word}


@pytest.mark.parametrize(
    "row", [["Total", "7", "south", "no"], ["K9", "", "", ""], ["Totalschaden", "", "", ""], ["", "", "", ""]]
)
def test_a_case_is_no_line_of_totals(row: list[str]) -> None:
    assert no_cases([CASE, CASE, CASE, row], HEADER) == {}


@pytest.mark.parametrize(
    "row", [HEADER, ["ID", "Visits", "PART", "churn"], ["\ufeffid", *HEADER[1:]], [f" {name}\u00a0" for name in HEADER]]
)
def test_a_header_that_stands_again_is_none_whatever_its_case(row: list[str], tmp_path: Path) -> None:
    assert no_cases([CASE, row, CASE], HEADER) == {1: ""}
    assert no_cases([CASE, [*row[:3], "no"], CASE], HEADER) == {}
    file = tmp_path / "x.csv"
    file.write_text("\n".join(",".join(one) for one in (HEADER, CASE, row, CASE)), encoding="utf-8")
    faults = Faults("main")
    schema = pa.schema([(name, pa.string()) for name in HEADER])
    read = TextFile(file, schema=schema, form=TextForm(), meter=Meter(LimitSettings()), faults=faults)
    assert sum(batch.num_rows for batch in read.batches()) == 2
    assert "row 2" in str([fault.sentence() for fault in faults.listed()])
    assert "row 2 repeats the header" in look_at(file, has_header=True).no_cases


def test_a_word_that_full_rows_hold_too_is_an_answer() -> None:
    assert no_cases([CASE, CASE, ["K2", "3", "Total", "no"], ["", "", "Total", ""]], HEADER) == {}


@given(
    places=st.sets(st.integers(0, 199), max_size=6),
    sums=st.sets(st.integers(0, 199), max_size=4),
    ragged=st.sets(st.integers(0, 199), max_size=4),
    columns=st.integers(2, 5),
)
@settings(max_examples=40, deadline=None)
def test_rows_that_are_no_cases_are_named_wherever_they_stand_and_are_none(
    places: set[int], sums: set[int], ragged: set[int], columns: int
) -> None:
    """The class: headers put in between, totals of parts, both beside rows that are torn, among words and numbers."""
    header = ["id", "amount", "part", "day", "churn"][-columns:]
    lines, again, totals = [",".join(header)], set[int](), set[int]()
    for row in range(200):
        values = [f"K{row}", f"{row % 37}.5", "ns"[row % 2], f"2024-01-{row % 28 + 1:02}", "yn"[row % 3 == 0]]
        if row in places:
            lines.append(",".join(header))
            again.add(len(lines) - 1)
        if row in sums:
            lines.append(",".join(["Subtotal", *[""] * (columns - 1)]))
            totals.add(len(lines) - 1)
        if row in ragged:
            lines.append(",".join([*values, "x", "y"]))
        lines.append(",".join(values[-columns:]))
    with TemporaryDirectory() as scratch:
        path, faults = Path(scratch) / "x.csv", Faults("main")
        path.write_text("\n".join(lines) + "\n")
        file = TextFile(path, schema=pa.schema([]), form=TextForm(), meter=Meter(LimitSettings()), faults=faults)
        assert sum(batch.num_rows for batch in file.batches()) == 200 + len(totals)
        told = [one for one in faults.listed() if "the header" in one.what]
        assert [(one.count, one.row) for one in told] == ([(len(again), min(again))] if again else [])
        counts = (faults.totals.count, faults.totals.row) if faults.totals else None
        assert counts == ((len(totals), min(totals)) if totals else None)
        look = look_at(path)
        assert look.rows == 200 + len(ragged)
        assert ("repeat" in look.no_cases, "totals" in look.no_cases) == (bool(again), bool(totals))
        assert all(set(header).isdisjoint(column.values) for column in look.columns)


@pytest.mark.parametrize("written", ["{:.2f}", "{:,.2f}", "{:.0f}", "{:.2f} €", "DE {:,.2f}"])
@pytest.mark.parametrize("place", [0, 200, 400])
def test_a_line_that_holds_nothing_but_the_sum_of_a_column_is_one_of_totals(
    tmp_path: Path, written: str, place: int
) -> None:
    amounts = [n % 97 + (n % 7 / 4 if ".2f" in written else 0.0) for n in range(400)]

    def text(amount: float) -> str:
        shown = written.removeprefix("DE ").format(amount)
        return shown.translate({44: ".", 46: ","}) if written.startswith("DE") else shown

    rows = [[f"K{n}", f"2024-01-{n % 28 + 1:02}", text(amount), "ny"[n % 3 == 0]] for n, amount in enumerate(amounts)]
    rows.insert(place, ["", "", text(sum(amounts)), ""])
    header = ["id", "day", "paid", "churn"]
    assert no_cases(rows, header) == {place: text(sum(amounts))}
    for other in (sum(amounts) * 1.01, max(amounts), 0.0):
        assert no_cases([*rows[:place], ["", "", text(other), ""], *rows[place + 1 :]], header) == {}
    (tmp_path / "x.csv").write_text("\n".join(";".join(row) for row in [header, *rows]), encoding="utf-8")
    look = look_at(tmp_path / "x.csv")
    assert look.rows == 400
    assert f"row {place + 1} looks like a line of totals ({text(sum(amounts))})" in look.no_cases
    (paid,) = (
        one for one in write_proposed("sums", tmp_path / "sums", tmp_path / "x.csv").columns if one.name == "paid"
    )
    assert paid.between is not None
    assert paid.between[1] < sum(amounts)


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
