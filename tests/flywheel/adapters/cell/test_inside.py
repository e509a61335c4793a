"""What a cell does with the text and with what it gives back; here without its guards."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest

from flywheel.adapters.artifacts import Artifacts
from flywheel.adapters.cell.answer import Bounds, rows_of
from flywheel.adapters.cell.inside import _answered
from flywheel.adapters.cell.terms import REFUSED
from flywheel.errors import shorten

FRAME = pd.DataFrame({"x": [1, 2], "word": ["a", None]})


def told(text: str) -> str:
    """Run a text that must not come to a table; gives the words."""
    status, content = answered(text)
    assert status == REFUSED
    said = json.loads(content)
    return f"{said['what']}|{said['found']}|{said['next_step']}"


def answered(text: str) -> tuple[int, bytes]:
    """Run a text on the rows."""
    rows, answer = io.BytesIO(), io.BytesIO()
    table = pa.Table.from_pandas(FRAME)
    with pa.ipc.new_stream(rows, table.schema) as stream:
        stream.write_table(table)
    rows.seek(0)
    return _answered(text, rows, answer), answer.getvalue()


def test_a_table_comes_out_without_index_and_folded_columns() -> None:
    status, content = answered(
        "import pandas as pd\nfrom dataclasses import dataclass\n\n@dataclass\nclass _Own:\n    x: int\n\n"
        "def prepare(frame):\n    return frame.assign(kind=pd.Categorical(['a', 'b'])).set_index('x', drop=False)\n"
    )
    table = pa.ipc.open_stream(content).read_all()
    assert (status, table.schema.names) == (0, ["x", "word", "kind"])
    assert not pa.types.is_dictionary(table.column("kind").type)


@pytest.mark.parametrize("body", ["frame.dropna()", "return [1, 2]", "return frame['x']"])
def test_what_is_no_table_is_refused_by_name(body: str) -> None:
    assert told(f"def prepare(frame):\n    {body}\n").startswith("the hook prepare did not give back a table")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("def prepare(frame):\n    return 1 / 0\n", "hooks.py:2: the project's own code raised ZeroDivisionError"),
        (
            "def prepare(frame):\n    _deep()\n\ndef _deep():\n    {}['a']\n",
            "hooks.py:5: the project's own code raised",
        ),
        ("raise ValueError('at once')\n", "hooks.py:1: the project's own code raised ValueError|at once"),
        ("def prepare(frame):\n    raise SystemExit(0)\n", "hooks.py:2: the project's own code raised SystemExit"),
        ("import nothing_of_the_sort\n", "hooks.py:1: the project's own code raised ModuleNotFoundError"),
        ("def prepare(frame):\n    raise PermissionError('no')\n", "a hook opens no files and connections"),
        ("def prepare(frame):\n    return frame.assign(x=[1, 'a'])\n", "a column holds values of several kinds"),
    ],
)
def test_what_it_raises_is_told_with_its_line(text: str, words: str) -> None:
    assert words in told(text), shorten(told(text))


KINDS = """
import pandas as pd
import numpy as np

def prepare(frame):
    frame = pd.DataFrame({"kind": pd.Categorical(["a", None, "b"]), "folded": pd.Categorical([3, 1, 3])})
    frame.index = [7, 8, 9]
    frame["whole"] = pd.array([1, None, 3], "Int64")
    frame["at"] = pd.to_datetime(["2026-01-01", None, "2026-01-02"]).tz_localize("UTC")
    frame["fine"] = pd.to_datetime([1, 2, 3])
    frame["flag"] = [True, None, False]
    return frame.assign(gap=[1.0, np.nan, np.inf], none=[None] * 3, long=[2**60] * 3, word=["x", None, ""])
"""


def test_rows_that_went_through_a_cell_are_kept_as_the_same_bytes(tmp_path: Path) -> None:
    status, content = answered(KINDS)
    (tmp_path / "answer").write_bytes(content)
    module: dict[str, Callable[[object], pd.DataFrame]] = {}
    exec(KINDS, module)  # noqa: S102  what the cell ran, here without one
    kept = Artifacts(tmp_path / "kept")
    through = kept.put_batches(rows_of(tmp_path / "answer", Bounds(10, 20, 1_000_000)))
    assert (status, through) == (0, kept.put_frame(module["prepare"](None)))
