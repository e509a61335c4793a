"""What the charter's money means for the balance of the data is said before anything is trained."""

from __future__ import annotations

from pathlib import Path

import pytest

from flywheel.errors import CharterError
from flywheel.project.checking.money_words import money_note
from flywheel.project.loader import load_project
from tests.factories.charters import MINIMAL

MONEY = """[value]
unit = "case"
volume_per_year = 10
payoff = {{ true_positive = {}, false_positive = {}, true_negative = {}, false_negative = {} }}
"""


def said(folder: Path, *sums: int) -> str:
    (folder / "project.toml").write_text(MINIMAL + MONEY.format(*sums), encoding="utf-8")
    note = money_note(load_project(folder).charter, yes=25, rows=100)
    return note.sentence() if note else ""


def test_both_naive_answers_and_what_could_be_won_are_told(tmp_path: Path) -> None:
    sentence = said(tmp_path, 0, -10, 0, -30)
    assert "'yes' pays where a yes is likelier than 25.0%; 25.0% of the rows are yes" in sentence
    assert "-7.50 EUR if all are 'yes', -7.50 if all are 'no', and 0.00 if everything were known" in sentence
    assert "little" not in sentence


def test_money_that_leaves_little_to_win_is_told(tmp_path: Path) -> None:
    assert "is little beside 24.25, and PERF-001 asks" in said(tmp_path, 100, -1, 0, -100)


def test_without_money_or_with_one_answer_alone_nothing_is_said(tmp_path: Path) -> None:
    (tmp_path / "project.toml").write_text(MINIMAL, encoding="utf-8")
    charter = load_project(tmp_path).charter
    assert money_note(charter, yes=25, rows=100) is None
    assert money_note(charter, yes=0, rows=100) is None


@pytest.mark.parametrize("sums", [(0, -10, 0, 0), (5, 0, 0, -5), (-1, -1, 0, 5)])
def test_money_for_which_one_answer_is_always_best_is_refused(tmp_path: Path, sums: tuple[int, ...]) -> None:
    with pytest.raises(CharterError, match="being right must earn more than being wrong"):
        said(tmp_path, *sums)
