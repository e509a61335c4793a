"""One answer for all, of either kind: what it brings, and what knowing all would bring beyond it."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest

from flywheel.domain.value import ErrorCost
from flywheel.project.charter.charter import Charter
from flywheel.project.checking.constant_worth import constant_note, constant_worth
from flywheel.project.framing import Framing
from flywheel.project.loader import load_project
from flywheel.project.problems.regression import Regression
from tests.factories.charters import MINIMAL
from tests.factories.tellings import YES_OR_NO

AMOUNTS = (
    MINIMAL
    + """[value]
unit = "hour"
volume_per_year = 8_760
error_cost = { over = 1, under = 3 }
[data]
target = "y"
sources.main = { uri = "x.csv" }
columns.x = { kind = "number" }
[research]
task = "regression"
"""
)
PARTS = [pd.DataFrame({"y": [0.0, 10.0, None]}), pd.DataFrame({"y": [20.0, 30.0, 40.0]})]


@pytest.fixture
def charter(tmp_path: Path) -> Charter:
    (tmp_path / "project.toml").write_text(AMOUNTS, encoding="utf-8")
    return load_project(tmp_path).charter


def test_of_amounts_the_one_that_costs_least_is_best_and_knowing_all_costs_nothing() -> None:
    worth = constant_worth(
        Regression("y", ErrorCost(Decimal(1), Decimal(3))), pd.DataFrame({"y": [0.0, 10, 20, 30, 40]})
    )
    assert (worth.rows, worth.best, worth.per_case, worth.known) == (5, 30.0, Decimal(-18), Decimal(0))


def test_of_yes_and_no_the_better_word_is_best_and_knowing_all_earns_what_being_right_does() -> None:
    worth = constant_worth(YES_OR_NO, pd.DataFrame({"bad": [True, False, False, False]}))
    assert (worth.best, worth.per_case, worth.known) == (True, Decimal("-47.5"), Decimal(20))


def test_what_could_be_won_is_told_of_the_rows_whose_outcome_is_known(charter: Charter) -> None:
    note = constant_note(charter, Framing(charter).problem, PARTS)
    assert note is not None
    assert note.column == "value.error_cost"
    assert note.what == (
        "One hour costs 18.00 EUR if 30 is decided for all, and brings 0.00 EUR if everything were known: "
        "a model can win 18.00 at most"
    )


def test_nothing_is_told_where_nothing_could_be_won_or_no_row_says_anything(charter: Charter) -> None:
    problem = Framing(charter).problem
    assert constant_note(charter, problem, [pd.DataFrame({"y": [7.0, 7.0]})]) is None
    assert constant_note(charter, problem, [pd.DataFrame({"y": [None, None]})]) is None
    assert constant_note(charter, problem, []) is None
