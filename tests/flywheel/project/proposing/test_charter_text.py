"""Whatever stands in a file, the charter that is proposed from it loads, and Enter at every question keeps it so."""

from __future__ import annotations

import csv
import tempfile
import tomllib
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st

from flywheel.adapters.sources.sources import Ground
from flywheel.errors import InputRefused
from flywheel.project.charter.data import Data
from flywheel.project.charter.marks import open_marks
from flywheel.project.loader import load_project, problems_in
from flywheel.project.proposing.deciding import settled, shows_only
from flywheel.services.data.proposals import write_proposed
from tests.factories.sources import read_whole

ODD = (
    "\n",
    "\t",
    "\x07",
    "\x1b[31m",
    "\u200b",
    "\u202e",
    "\u2028",
    '"',
    "'",
    "\\",
    "#",
    " ",
    "{",
    "]",
    "=",
    "é",
    "a",
    "1",
)
WORDS = st.one_of(
    st.lists(st.sampled_from(ODD), min_size=1, max_size=4).map("".join), st.sampled_from(("x" * 101, "y" * 301, "ja"))
)


def faults(text: str) -> list[str]:
    return [f"{one.key} {one.what}" for one in problems_in(text) if "is for you to decide" not in one.what]


def proposed(yes: str, no: str, header: str, word: str, *, ending: str) -> tuple[str, list[str]]:
    """Propose a charter for a file with these values; give its text, and what its loader says but for questions."""
    names = ["id", header, "number", "churn"]
    rows = [[f"K{n}", "b" if n % 3 else word, str(n % 40 or word), no if n % 3 else yes] for n in range(90)]
    with tempfile.TemporaryDirectory() as folder:
        file, project = Path(folder) / f"x{ending}", Path(folder) / "churn"
        if ending == ".parquet":
            pq.write_table(pa.table([*map(pa.array, zip(*rows, strict=True))], names=names), file)
        else:
            with file.open("w", newline="", encoding="utf-8") as target:
                csv.writer(target).writerows([names, *rows])
        write_proposed("churn", project, file, target="churn")
        text = (project / "project.toml").read_text(encoding="utf-8")
        return text, faults(text)


@settings(max_examples=25, phases=(Phase.explicit, Phase.generate))
@given(WORDS, WORDS, WORDS, WORDS, st.sampled_from((".csv", ".parquet")))
@example("ja\n", "nein", "x", "b", ".csv")
@example("ja", "ne\x07in", "x", "b", ".parquet")
@example("ja" * 60, "nein" * 60, "x", "b", ".csv")
@example("\u2028", "nein", "x", "b", ".csv")
@example("\u200b", "\u2028", "\x07", "\u202e", ".parquet")
def test_what_is_proposed_loads_whatever_the_data_hold(yes: str, no: str, header: str, word: str, ending: str) -> None:
    try:
        text, found = proposed(yes, no, header, word, ending=ending)
    except InputRefused:  # no table, or none with such a target, in a sentence: no charter is written
        return
    assert found == []
    while marks := open_marks(text):
        text = settled(text, marks[0])
    assert faults(text) == []


@pytest.mark.parametrize("yes", ["j\na", "j\x07a", "j" * 101])
def test_a_yes_that_no_charter_can_name_is_asked_for_with_the_reason(yes: str) -> None:
    text, found = proposed(yes, "nein", "x", "b", ending=".parquet")
    assert found == []
    (mark,) = [one for one in open_marks(text) if one.key == "data.positive"]
    assert (mark.proposed, "write it otherwise at the source" in mark.question) == ("", True)


THREE = "".join(
    f"F{n % 90:03};2024.{n % 12 + 1:02}.{n % 28 + 1:02}. {n % 24:02}:{n % 60:02};{n % 37 * 100};{n % 7};"
    f"{('igen', 'nem', 'folyamatban')[n % 3]}\n"
    for n in range(400)
)


@pytest.fixture
def of_three(tmp_path: Path) -> str:
    """A charter proposed from a table whose last column has three answers, so that no target is proposed."""
    (tmp_path / "x.csv").write_text(f"lift;visited;repair cost (Ft);stops;broke down\n{THREE}", encoding="utf-8")
    write_proposed("lifts", tmp_path / "lifts", tmp_path / "x.csv")
    return (tmp_path / "lifts" / "project.toml").read_text(encoding="utf-8")


def test_a_target_that_nothing_proposes_is_asked_for_and_then_its_yes(of_three: str) -> None:
    marks = {mark.key: mark for mark in open_marks(of_three)}
    assert marks["data.target"].proposed == ""
    assert "It may be broke_down" in marks["data.target"].question
    assert shows_only(marks["data.target"])
    text = settled(of_three, marks["data.target"], "broke_down")
    (yes,) = (mark for mark in open_marks(text) if mark.key == "data.positive")
    assert yes.question == "which value of broke_down is the yes?"
    assert shows_only(yes)
    data = tomllib.loads(settled(text, yes, "igen"))["data"]
    assert (data["target"], data["positive"]) == ("broke_down", "igen")


def test_without_a_target_two_costs_take_the_place_of_the_example_all_the_same(of_three: str) -> None:
    (asked,) = (mark for mark in open_marks(of_three) if mark.key == "value.payoff")
    paid = tomllib.loads(settled(of_three, asked, "25000; 140000"))["value"]["payoff"]
    assert paid == {"true_positive": 0, "false_positive": -25_000, "true_negative": 0, "false_negative": -140_000}


def test_a_currency_in_a_header_and_times_as_hungarians_write_them_are_proposed(of_three: str) -> None:
    read = tomllib.loads(of_three)
    assert read["value"]["currency"] == "HUF"
    assert (read["data"]["time"], read["data"]["sources"]["main"]["date_format"]) == ("visited", ["%Y.%m.%d. %H:%M"])


@pytest.mark.parametrize(
    ("header", "cell", "asked"),
    [
        ("cost", "{}", "nothing in the file shows it"),
        ("cost (Ft);fee (EUR)", "{};7", "HUF in the header of cost_Ft, EUR in the header of fee_EUR"),
        ("cost", "{},50 \u20ac", ""),
    ],
)
def test_the_currency_is_asked_for_where_the_file_does_not_show_one(
    tmp_path: Path, header: str, cell: str, asked: str
) -> None:
    rows = "".join(f"{n};{cell.format(n * 7)};{n % 2}\n" for n in range(90))
    (tmp_path / "x.csv").write_text(f"id;{header};bad\n{rows}", encoding="utf-8")
    write_proposed("odd", tmp_path / "odd", tmp_path / "x.csv")
    text = (tmp_path / "odd" / "project.toml").read_text(encoding="utf-8")
    questions = [mark.question for mark in open_marks(text) if mark.key == "value.currency"]
    assert [asked in one for one in questions] == ([True] if asked else [])


def test_where_times_are_written_in_a_way_that_nobody_knows_the_time_is_asked_for(tmp_path: Path) -> None:
    rows = "".join(f"{n};2024-{n % 12 + 1:02}-{n % 28 + 1:02} {n % 24:02}:00 CEST;{n % 2}\n" for n in range(90))
    (tmp_path / "x.csv").write_text(f"id;seen;bad\n{rows}", encoding="utf-8")
    write_proposed("odd", tmp_path / "odd", tmp_path / "x.csv")
    text = (tmp_path / "odd" / "project.toml").read_text(encoding="utf-8")
    assert "it seems to hold times" in text
    assert "data.time" in {mark.key for mark in open_marks(text)}


WRITTEN = (
    "{}",
    "{},0",
    "{}.00",
    "{}.000",
    "{} EUR",
    "€ {},50",
    "{},-",
    "-{}",
    "+{}",
    "{} %",
    "({})",
    "1e{}",
    "0{}",
    "₩{},842",
)
ODD_NUMBERS = (
    "True",
    "FALSE",
    "00",
    "+1",
    "1_0",
    "0x1",
    "inf",
    "1e400",
    "٣",
    "½",
    "\N{MINUS SIGN}1",
    '"',
    "'1'",
    "1 000,5-",
)
ANSWERS = st.one_of(
    st.builds(
        lambda way, no, yes: (way.format(no), way.format(yes)), st.sampled_from(WRITTEN), *[st.integers(0, 999)] * 2
    ),
    st.builds(lambda way, yes: ("0", way.format(yes)), st.sampled_from(WRITTEN), st.integers(0, 999)),
    st.tuples(st.sampled_from(ODD_NUMBERS), st.sampled_from(ODD_NUMBERS)),
)


def proposed_and_read(folder: Path, answers: tuple[str, str], beside: str) -> tuple[Data, set[object]]:
    """Propose a charter for a table with such a target; give what it says of the data, and what the target holds."""
    rows = [[f"K{n}", beside if n % 2 else f"{n},5", answers[n % 3 == 0]] for n in range(90)]
    with (folder / "x.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, delimiter=";").writerows([["id", "amount", "churn"], *rows])
    write_proposed("churn", folder / "churn", folder / "x.csv", target="churn")
    data = load_project(folder / "churn").charter.data
    assert data is not None
    table = read_whole(data.sources["main"], Ground(folder / "churn"), data=data)
    return data, set(table.column("churn").to_pylist())


@pytest.mark.parametrize(
    ("no", "yes", "positive"),
    [
        ("0,0", "1,0", 1.0),
        ("0,00", "1,00", 1.0),
        ("0", "1.000", 1000),
        ("0,0", "100,0", 100.0),
        ("€ 0,00", "€ 50,00", 50.0),
        ("0", "+1", 1),
        ("0", "1,-", 1),
    ],
)
def test_the_yes_is_the_number_that_rows_have(tmp_path: Path, no: str, yes: str, positive: float) -> None:
    data, held = proposed_and_read(tmp_path, (no, yes), "3,5")
    assert data.positive == positive
    assert data.positive in held


@settings(max_examples=60, deadline=None)
@given(ANSWERS, st.sampled_from((*ODD_NUMBERS, "3,5", "3.5", "1,234.50")))
@example(("0", "1.000"), "3")
@example(("0", "01"), "3")
def test_whatever_a_target_or_a_column_holds_the_proposal_loads_and_rows_have_its_yes(
    answers: tuple[str, str], beside: str
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        try:
            data, held = proposed_and_read(Path(folder), answers, beside)
        except InputRefused:  # told in a sentence, and no charter is written
            is_written = (Path(folder) / "churn").exists()
            assert not is_written
            return
        assert data.positive in held
