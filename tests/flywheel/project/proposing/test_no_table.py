"""What does not read as a table is refused with a cure, and reads once that is done."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from flywheel.adapters.sources.look import look_at
from flywheel.errors import InputRefused

ROWS = [f"K{n},{n % 37}.25,{n % 9},{'yes' if n % 3 else 'no'}" for n in range(400)]
HEADER = "id,amount,visits,churn"


def _text(*lines: str, rows: list[str] = ROWS) -> str:
    return "\n".join([*lines, *rows]) + "\n"


def _from_line(text: str, said: str) -> str:
    """Take away what stands above a line, as the cure says."""
    named = re.search(r"take away what stands above line (\d+)", said)
    assert named is not None, said
    return "\n".join(text.split("\n")[int(named[1]) - 1 :])


def _replaced(wanted: str, old: str, new: str) -> Callable[[str, str], str]:
    def cure(text: str, said: str) -> str:
        assert wanted in said
        return text.replace(old, new)

    return cure


NUMBERED = [f"{n + 1},{row}" for n, row in enumerate(ROWS)]
QUOTED = [f'"{n + 1}","K{n}",{n % 37}.25,{n % 9},"{"yes" if n % 3 else "no"}"' for n in range(400)]
ESCAPED = [f'K{n},"he said \\"hi\\", ok {n % 7}",{n % 9},{"yes" if n % 3 else "no"}' for n in range(400)]
CASES: dict[str, tuple[str, Callable[[str, str], str]]] = {
    "a title": (_text("Report of customers", HEADER), _from_line),
    "titles and an empty line": (_text("Report of customers", "Created 2024-01-01", "", HEADER), _from_line),
    "a title with commas": (_text("Report of customers,,,", HEADER), _from_line),
    "titles with commas": (_text("Report,,,", "Created,2024-01-01,,", ",,,", HEADER), _from_line),
    "comments": (_text("# made by x", "# v2", HEADER), _from_line),
    "a spreadsheet's delimiter": (_text("sep=;", HEADER).replace(",", ";"), _from_line),
    "a spreadsheet's comma": (_text("sep=,", HEADER), _from_line),
    "a spreadsheet's delimiter of two columns": (
        "sep=;\nid;churn\n" + "".join(f"K{n};{n % 2}\n" for n in range(400)),
        _from_line,
    ),
    "names of rows": (
        _text(HEADER, rows=NUMBERED),
        _replaced("put a name and ',' before the header", HEADER, f"row,{HEADER}"),
    ),
    "names of rows in quotes": (
        _text('"id","amount","visits","churn"', rows=QUOTED),
        _replaced("put a name and ',' before the header", '"id",', '"row","id",'),
    ),
    "a comma behind each row": (
        _text(HEADER, rows=[f"{row}," for row in ROWS]),
        _replaced("put ',' behind the header too", HEADER, f"{HEADER},"),
    ),
    "quotes by backslashes": (
        _text("id,note,visits,churn", rows=ESCAPED),
        _replaced('replace \\" by "" in the file', '\\"', '""'),
    ),
}


@pytest.mark.parametrize("name", sorted(CASES))
def test_a_file_that_is_refused_reads_once_its_cure_is_done(tmp_path: Path, name: str) -> None:
    """The class: what programs and people write around a table; a cure that does not cure is none."""
    text, cure = CASES[name]
    path = tmp_path / "x.csv"
    path.write_text(text)
    with pytest.raises(InputRefused) as refused:
        look_at(path)
    path.write_text(cure(text, refused.value.sentence()))
    look = look_at(path)
    assert (look.rows, look.asked_header) == (400, "")
    assert {"churn"} <= {column.header for column in look.columns}


@pytest.mark.parametrize(
    "text",
    [
        _text(HEADER),
        _text(rows=ROWS),
        _text(",,,", rows=ROWS),
        _text("id,,,churn", rows=ROWS),
        _text(HEADER, "K,,,", ",,,yes", rows=ROWS),
        "a,b\n1,2\n2,1\n",
        _text("id,folder,n,churn", rows=[f'K{n},"C:\\x{n % 5}\\",{n},{n % 2}' for n in range(400)]),
    ],
)
def test_a_table_is_read_as_it_stands(tmp_path: Path, text: str) -> None:
    (tmp_path / "x.csv").write_text(text)
    assert look_at(tmp_path / "x.csv").columns
