"""Sources are joined without doubling a row or hiding a column."""

import pandas as pd
import pytest

from flywheel.errors import InputRefused
from flywheel.project.assembly import assemble
from flywheel.project.charter_data import Data

DATA = Data.model_validate(
    {"sources": {"facts": {"uri": "f.csv"}, "more": {"uri": "m.csv", "join": "key"}}, "target": "y"}
)
FACTS = pd.DataFrame({"key": ["a", "b"], "y": [True, False]})


def test_rows_without_a_partner_stay() -> None:
    table = assemble({"facts": FACTS, "more": pd.DataFrame({"key": ["b", "z"], "x": [1.0, 2.0]})}, DATA)
    assert table["x"].isna().tolist() == [True, False]


@pytest.mark.parametrize(
    ("more", "what"),
    [
        ({"key": ["a", "a"], "x": [1, 2]}, "more than once"),
        ({"id": ["a"], "x": [1]}, "cannot be joined"),
        ({"key": ["a"], "y": [True]}, "already there"),
    ],
)
def test_what_would_double_or_hide_is_refused(more: dict[str, list[object]], what: str) -> None:
    with pytest.raises(InputRefused, match=what):
        assemble({"facts": FACTS, "more": pd.DataFrame(more)}, DATA)


def test_a_source_that_was_not_read_is_named() -> None:
    with pytest.raises(InputRefused, match="were not read"):
        assemble({"facts": FACTS}, DATA)
