"""Whatever stands in a file, the charter that is proposed from it loads, and Enter at every question keeps it so."""

from __future__ import annotations

import csv
import tempfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st

from flywheel.errors import InputRefused
from flywheel.project.deciding import settled
from flywheel.project.loader import problems_in
from flywheel.project.marks import open_marks
from flywheel.services.data.proposals import write_proposed

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
