"""Where all of a column moved, that is told first, with the change of unit that it looks like; nothing acts on it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from flywheel.domain.gates import Verdict
from flywheel.project.reading.kinds import Kind
from validators import drift_own, sentinels
from validators.moves import led_by_moves
from validators.profiles import Profile, make_profile
from validators.protocol import Checked
from validators.specs import ColumnRule
from validators.unit_changes import UNITS, Unit

COLUMNS = ("celsius", "bar", "kg", "amount", "share", "count")
RULES = tuple(ColumnRule(name, Kind.NUMBER) for name in COLUMNS)


def drawn(rows: int, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "celsius": rng.normal(92, 3, rows).round(1),
            "bar": rng.normal(9, 0.6, rows).round(1),
            "kg": rng.normal(75, 12, rows).round(),
            "amount": rng.lognormal(6, 0.8, rows).round(2),
            "share": rng.beta(5, 3, rows).round(3),
            "count": rng.poisson(30, rows).astype(float),
        }
    )


@pytest.fixture(scope="module")
def profile() -> Profile:
    return make_profile(drawn(5_000, 1), rules=RULES)


def gates(rows: pd.DataFrame, profile: Profile) -> tuple[Checked, ...]:
    return sentinels.check(rows, profile=profile), drift_own.check(rows, profile=profile)


def told(rows: pd.DataFrame, profile: Profile) -> list[str]:
    """Give what is told before what a gate says."""
    checked = gates(rows, profile)
    led = led_by_moves(checked, rows, profile)
    assert [one.result.verdict for one in led] == [one.result.verdict for one in checked], "words alone"
    added = (
        [f.what for f in a.result.findings][: -len(b.result.findings) or None]
        for a, b in zip(led, checked, strict=True)
    )
    return list(dict.fromkeys(what for one in added for what in one))


CHANGES = {
    "celsius": (1.8, 32.0, "× 1.8 + 32 (°C as °F)"),
    "bar": (14.503774, 0.0, "× 14.5 (bar as psi)"),
    "kg": (2.204623, 0.0, "× 2.205 (kg as lb)"),
    "amount": (0.01, 0.0, "÷ 100 (a hundred units, or per cent as fractions)"),
    "share": (100.0, 0.0, "× 100 (a hundredth of the unit, or fractions as per cent)"),
    "count": (0.001, 0.0, "÷ 1000 (thousands of the unit)"),
}


@pytest.mark.parametrize("column", CHANGES)
def test_a_change_of_unit_is_the_first_thing_that_is_told(column: str, profile: Profile) -> None:
    times, plus, words = CHANGES[column]
    for seed in range(2, 7):
        rows = drawn(400, seed)
        rows[column] = (rows[column] * times + plus).round(4)
        (said,) = told(rows, profile)
        assert said.startswith(f"{column} went from about ")
        assert words in said.split("this looks as if ")[1]


def test_fahrenheit_is_told_with_the_middle_before_and_now(profile: Profile) -> None:
    rows = drawn(400, 2).assign(celsius=lambda one: (one["celsius"] * 1.8 + 32).round(1))
    (said,) = told(rows, profile)
    assert said == "celsius went from about 92 to about 198; this looks as if × 1.8 + 32 (°C as °F)."


@pytest.mark.parametrize(("times", "plus"), [(1.5, 0.0), (3.0, 0.0), (5.0, 0.0), (1.0, 2_000.0)])
def test_what_no_unit_explains_is_told_as_a_move_alone(times: float, plus: float, profile: Profile) -> None:
    for seed in range(2, 8):
        rows = drawn(900, seed)
        rows["bar"] = (rows["bar"] * times + plus).round(2)
        (said,) = told(rows, profile)
        assert said.startswith("bar went from about 9")
        assert "as if" not in said


def test_a_code_in_a_part_of_the_rows_is_no_move(profile: Profile) -> None:
    rows = drawn(400, 3)
    rows.loc[rows.index[:100], "amount"] = 999_999.0
    assert told(rows, profile) == []


def test_what_no_gate_accuses_is_not_told(profile: Profile) -> None:
    assert told(drawn(400, 4), profile) == []


def test_the_column_that_a_unit_explains_comes_first(profile: Profile) -> None:
    rows = drawn(400, 5)
    rows["amount"] += 90_000
    rows["bar"] *= 14.503774
    first, second = told(rows, profile)
    assert first.startswith("bar ")
    assert second.startswith("amount ")


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.words)
def test_each_change_has_its_way_back(unit: Unit) -> None:
    back = [
        one
        for one in UNITS
        if np.isclose(one.times * unit.times, 1.0) and np.isclose(one.plus, -unit.plus / unit.times)
    ]
    assert len(back) == 1


def test_a_failed_gate_that_names_no_column_is_left_as_it_is(profile: Profile) -> None:
    (broken,) = gates(drawn(400, 6).drop(columns="kg"), profile)[:1]
    assert broken.result.verdict is not Verdict.PASSED
    assert led_by_moves((broken,), drawn(400, 6), profile) == (broken,)
