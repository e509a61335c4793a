"""What a file shows of a column is no more than it can know: later rows of the same kind keep to it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from flywheel.domain.gates import Verdict
from flywheel.errors import InputRefused
from flywheel.project.charter.charter import Charter
from flywheel.project.loader import load_project
from flywheel.services.data.proposals import write_proposed
from validators import input_contract
from validators.charter_rules import rules_from_charter
from validators.profiles import make_profile

NAMES = {"branch": (12, 2.0), "job": (20, 1.5), "city": (30, 1.3), "product": (50, 1.5)}
"""So many names, of which later ones come ever more seldom."""


def drawn(rng: np.random.Generator, rows: int) -> pd.DataFrame:
    def column(name: str, size: int, slope: float) -> pd.Series[str]:
        weights = np.arange(1, size + 1) ** -slope
        words = np.array([f"{name} {at}" for at in range(size)], dtype=object)
        return pd.Series(rng.choice(words, rows, p=weights / weights.sum()), dtype="str")

    return pd.DataFrame({name: column(name, *shape) for name, shape in NAMES.items()})


def proposed(folder: Path, frame: pd.DataFrame, rng: np.random.Generator) -> Charter:
    answers = rng.choice(["yes", "no", "no"], len(frame))
    frame.assign(amount=rng.random(len(frame)).round(2), y=answers).to_csv(folder / "x.csv", index=False)
    write_proposed("churn", folder / "churn", folder / "x.csv", target="y")
    charter = load_project(folder / "churn").charter
    assert isinstance(charter, Charter)
    return charter


@pytest.mark.parametrize("rows", [300, 500, 1_000])
def test_names_that_a_small_table_does_not_show_accuse_no_traffic(tmp_path: Path, rows: int) -> None:
    rng = np.random.default_rng(rows)
    table = drawn(rng, rows)
    rules = tuple(rule for rule in rules_from_charter(proposed(tmp_path, table, rng)) if rule.name in NAMES)
    reference = make_profile(table.iloc[: int(0.8 * rows)], rules=rules)
    windows = [drawn(rng, size) for size in (100, 300, 2_000, 10_000) for _ in range(4)]
    verdicts = [input_contract.check(one, rules=rules, profile=reference).result.verdict for one in windows]
    assert verdicts == [Verdict.PASSED] * len(windows)
    strange = windows[-1].assign(job=windows[-1]["job"].mask(rng.random(10_000) < 0.1, "elsewhere"))
    found = input_contract.check(strange, rules=rules, profile=reference).result
    assert [finding.locator for finding in found.findings] == ["job"]


def test_only_the_two_answers_are_a_closed_list(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    columns = proposed(tmp_path, drawn(rng, 300), rng).data
    assert columns is not None
    assert {name: column.categories for name, column in columns.columns.items() if column.categories} == {
        "y": ("no", "yes")
    }


def test_a_column_without_any_value_is_left_out_with_a_comment_and_is_no_target(tmp_path: Path) -> None:
    """The data gates close on each column that is declared and holds none, whatever its role."""
    rows = "".join(f"{n % 7},,NA,{n % 2}\n" for n in range(200))
    (tmp_path / "x.csv").write_text(f"amount,,none,y\n{rows}", encoding="utf-8")
    proposal = write_proposed("churn", tmp_path / "churn", tmp_path / "x.csv")
    assert [one.name for one in proposal.columns] == ["amount", "y"]
    lines = (tmp_path / "churn" / "project.toml").read_text(encoding="utf-8").split("\n")
    assert [line for line in lines if "is left out" in line] == [
        "# column_2 is left out: it holds no value at all",
        "# none is left out: it holds no value at all",
    ]
    with pytest.raises(InputRefused, match="none cannot be the target: it holds no value at all"):
        write_proposed("other", tmp_path / "other", tmp_path / "x.csv", target="none")
