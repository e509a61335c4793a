"""What a rule of amounts would have brought, beside one amount for all; sides are tested with the data check."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest

from flywheel.project.charter.charter import Charter
from flywheel.project.checking.rule_worth import rule_note, rule_worth
from flywheel.project.framing import Framing
from flywheel.project.loader import load_project
from tests.factories.charters import MINIMAL

RULED = (
    MINIMAL
    + """[value]
unit = "hour"
volume_per_year = 8_760
error_cost = { over = 1, under = 3 }
[data]
target = "y"
sources.main = { uri = "x.csv" }
columns.temp = { kind = "number", between = [-40, 60] }
[research]
task = "regression"
[delivery]
fallback = ["rule"]
rule = { column = "temp", at_least = 12.0, then = THEN, otherwise = OTHERWISE, missing = 20 }
"""
)
PARTS = [
    pd.DataFrame({"temp": [20.0, 30.0, 999.0], "y": [41.0, 38.0, 20.0]}),
    pd.DataFrame({"temp": [1.0, 2.0, None, 5.0], "y": [10.0, 10.0, 20.0, None]}),
]


def charter_with(folder: Path, then: int, otherwise: int) -> Charter:
    text = RULED.replace("THEN", str(then)).replace("OTHERWISE", str(otherwise))
    (folder / "project.toml").write_text(text, encoding="utf-8")
    return load_project(folder).charter


def test_a_rule_of_amounts_is_worth_what_its_errors_cost(tmp_path: Path) -> None:
    charter = charter_with(tmp_path, 40, 10)
    worth = rule_worth(charter, Framing(charter).problem, PARTS)
    assert worth is not None
    assert (worth.constant.rows, worth.acts) == (6, 2)
    assert worth.per_case == Decimal(-5) / 6, "3 for one bicycle too few, 2 for two too many"
    assert not worth.is_worse


@pytest.mark.parametrize(
    ("then", "otherwise", "said"),
    [
        (40, 10, "the rule decides 40 in 33.3% of the rows, which brings -0.83 EUR a hour"),
        (10, 40, "then = 40 and otherwise = 10 under delivery.rule would bring -0.83 EUR; or another column or limit"),
    ],
)
def test_a_rule_in_the_wrong_direction_is_asked_about_with_its_amounts_swapped(
    tmp_path: Path, then: int, otherwise: int, said: str
) -> None:
    charter = charter_with(tmp_path, then, otherwise)
    note = rule_note(charter, Framing(charter).problem, PARTS)
    assert note is not None
    assert said in note.sentence()
    assert ("Is that intended?" in note.what) is (then < otherwise)
