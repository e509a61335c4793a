"""A column of many numbers as the target: a charter for amounts is proposed, answered and sound."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from flywheel.errors import InputRefused
from flywheel.project.charter.marks import open_marks
from flywheel.project.framing import Framing
from flywheel.project.loader import load_project, problems_in
from flywheel.project.problems.regression import Regression
from flywheel.project.proposing.deciding import settled
from flywheel.services.data.proposals import write_proposed

ROWS = 400


def table(folder: Path) -> Path:
    draw = np.random.default_rng(5)
    frame = pd.DataFrame(
        {
            "flat": [f"F{place:04}" for place in range(ROWS)],
            "size": draw.integers(20, 180, ROWS),
            "town": draw.choice(["Graz", "Linz", "Wels"], ROWS),
            "balcony": draw.choice(["yes", "no"], ROWS),
        }
    )
    frame["rent"] = (frame["size"] * draw.normal(12, 2, ROWS)).round(2)
    frame.to_csv(folder / "flats.csv", index=False)
    return folder / "flats.csv"


@pytest.mark.parametrize("asked", [{"target": "rent"}, {"task": "regression"}])
def test_an_amount_is_proposed_where_one_is_asked_for(tmp_path: Path, asked: dict[str, str]) -> None:
    write_proposed("rents", tmp_path / "rents", table(tmp_path), **asked)  # type: ignore[arg-type]  # words of the line
    charter = load_project(tmp_path / "rents").charter
    assert charter.data is not None
    assert (charter.research.task, charter.data.target, charter.data.entity) == ("regression", "rent", "flat")
    assert isinstance(Framing(charter).problem, Regression)
    assert charter.delivery is not None
    assert charter.delivery.rule is None


def test_yes_or_no_is_proposed_where_nobody_asks_for_an_amount(tmp_path: Path) -> None:
    write_proposed("rents", tmp_path / "rents", table(tmp_path))
    charter = load_project(tmp_path / "rents").charter
    assert charter.data is not None
    assert (charter.research.task, charter.data.target) == ("binary", "balcony")


def test_two_prices_are_an_answer(tmp_path: Path) -> None:
    write_proposed("rents", tmp_path / "rents", table(tmp_path), target="rent")
    text = (tmp_path / "rents" / "project.toml").read_text(encoding="utf-8")
    (mark,) = [one for one in open_marks(text) if one.key == "value.error_cost"]
    assert "error_cost = { over = 0.5, under = 2 }" in settled(text, mark, "0.5; 2")
    with pytest.raises(InputRefused, match=r"error_cost"):
        settled(text, mark, "0; 2")
    for mark in open_marks(text):
        if mark.key == "value.error_cost":
            text = settled(text, mark, "over = 3, under = 1")
    assert not [one for one in problems_in(text) if one.key.startswith(("value", "decision", "research"))]


def test_an_amount_that_is_predicted_is_held_to_bounds_and_asked_about_codes_like_a_feature(tmp_path: Path) -> None:
    file = table(tmp_path)
    frame = pd.read_csv(file)
    frame.loc[:5, "rent"] = 99_999.0
    frame.to_csv(file, index=False)
    write_proposed("rents", tmp_path / "rents", file, target="rent")
    line = next(
        one for one in (tmp_path / "rents" / "project.toml").read_text().splitlines() if one.startswith("rent = ")
    )
    assert "between = [" in line
    assert "99_999" in line


@pytest.mark.parametrize(
    ("header", "asked"),
    [
        ("Pause danach (min)", "is it known when a case is decided on? else known_at_decision = false"),
        ("calls_after", "is it known when a case is decided on? else known_at_decision = false"),
        ("Fahrer", "may it be decided on? else permitted = false"),
    ],
)
def test_what_may_come_afterwards_and_who_works_there_is_asked(tmp_path: Path, header: str, asked: str) -> None:
    file = table(tmp_path)
    frame = pd.read_csv(file)
    frame[header] = [f"P{place % 17}" if header == "Fahrer" else place % 17 for place in range(ROWS)]
    frame.to_csv(file, index=False)
    write_proposed("rents", tmp_path / "rents", file, target="rent")
    text = (tmp_path / "rents" / "project.toml").read_text(encoding="utf-8")
    line = next(
        one for one in text.splitlines() if header in one and one.lstrip().startswith((header[:3].lower(), header[:3]))
    )
    assert asked in line
