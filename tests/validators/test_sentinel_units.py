"""DATA-003 finds that all of a column came in another unit, however rounded; what moved honestly is no unit."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from flywheel.project.reading.kinds import Kind
from validators import sentinels
from validators.moves import led_by_moves
from validators.profiles import Profile, make_profile
from validators.specs import ColumnRule
from validators.unit_changes import CHANGES, Unit

COLUMNS = ("shaking", "days", "heat", "amount", "length")
RULES = tuple(ColumnRule(name, Kind.NUMBER) for name in COLUMNS)


def drawn(rows: int, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "shaking": rng.lognormal(0.4, 0.55, rows).round(2),
            "days": rng.gamma(2.4, 680, rows).round(),
            "heat": rng.normal(58, 9, rows).round(1),
            "amount": rng.lognormal(6, 0.8, rows).round(2),
            "length": rng.normal(170, 20, rows).round(1),
        }
    )


@pytest.fixture(scope="module")
def profile() -> Profile:
    return make_profile(drawn(12_000, 1), rules=RULES)


def units_told(rows: pd.DataFrame, profile: Profile) -> list[str]:
    result = sentinels.check(rows, profile=profile).result
    return [f"{f.column}: {f.what}" for f in result.findings if "unit seems to have changed" in f.what]


ROUNDED = {
    "mm/s as inch/s, two decimals": ("shaking", lambda s: (s / 25.4).round(2), "÷ 25.4 (mm as inches)"),
    "mm/s as inch/s, four decimals": ("shaking", lambda s: (s / 25.4).round(4), "÷ 25.4 (mm as inches)"),
    "days as whole months": ("days", lambda s: s // 30, "÷ 30.44 (days as months)"),
    "days as years, one decimal": ("days", lambda s: (s / 365.25).round(1), "÷ 365.2 (days as years)"),
    "°C as °F": ("heat", lambda s: (s * 1.8 + 32).round(1), "× 1.8 + 32 (°C as °F)"),
    "°C as whole °F": ("heat", lambda s: (s * 1.8 + 32).round(), "× 1.8 + 32 (°C as °F)"),
    "°C as K": ("heat", lambda s: (s + 273.15).round(1), "+ 273.1 (°C as K)"),
    "amounts in whole thousands": ("amount", lambda s: (s / 1_000).round(1), "÷ 1000 (thousands of the unit)"),
    "cents": ("amount", lambda s: (s * 100).round(), "× 100 (a hundredth of the unit, or fractions as per cent)"),
    "mm as whole inches": ("length", lambda s: (s / 25.4).round(1), "÷ 25.4 (mm as inches)"),
    "hours as days": ("length", lambda s: (s / 24).round(1), "÷ 24 (hours as days)"),
}


@pytest.mark.parametrize("rows", [300, 600])
@pytest.mark.parametrize("name", ROUNDED)
def test_a_unit_is_found_and_told_however_it_is_rounded(name: str, rows: int, profile: Profile) -> None:
    column, change, words = ROUNDED[name]
    rows *= 1 + (column == "amount")  # of which the average is less sure
    for seed in range(2, 7):
        window = drawn(rows, seed)
        window[column] = change(window[column])  # type: ignore[no-untyped-call]  # one of the table
        (said,) = units_told(window, profile)
        assert said.startswith(f"{column}: ")
        assert words in said
        checked = (sentinels.check(window, profile=profile),)
        first = led_by_moves(checked, window, profile)[0].result.findings[0].what
        assert first.startswith(f"{column} went from")
        assert words in first


@pytest.mark.parametrize("unit", CHANGES, ids=lambda unit: unit.words)
def test_each_unit_that_is_acted_on_is_found(unit: Unit, profile: Profile) -> None:
    if unit.plus and unit.before is not None and not unit.before[0] <= 58 <= unit.before[1]:
        return
    for seed in range(2, 5):
        window = drawn(400, seed)
        window["heat"] = (window["heat"] * unit.times + unit.plus).round(6)
        (said,) = units_told(window, profile)
        assert unit.formula in said


def test_a_season_of_which_the_reference_holds_none_is_no_temperature() -> None:
    """Loads that double and vary twice as much from winter to summer lie where °F would put °C."""
    for seed in range(12):
        rng = np.random.default_rng(seed)
        winter, summer = (pd.DataFrame({"heat": rng.gamma(3, 27 * by, 4_000).round(2)}) for by in (1, 2.1))
        known = make_profile(winter, rules=(ColumnRule("heat", Kind.NUMBER),))
        assert units_told(summer.head(500), known) == []


@pytest.mark.parametrize("times", [100, 0.01, 1_000])
def test_a_unit_of_heavy_tailed_amounts_is_found_in_few_rows(times: float) -> None:
    """Their averages lie apart by a fifth by chance."""
    rule = (ColumnRule("amount", Kind.NUMBER),)
    for seed in range(12):
        rng = np.random.default_rng(seed)
        known = make_profile(pd.DataFrame({"amount": rng.lognormal(4, 1, 4_000).round(2)}), rules=rule)
        window = pd.DataFrame({"amount": (rng.lognormal(4, 1, 200).round(2) * times).round(2)})
        (said,) = units_told(window, known)
        assert Unit("", times).formula in said


def test_pounds_are_no_fahrenheit() -> None:
    rng = np.random.default_rng(3)
    known = make_profile(pd.DataFrame({"heat": rng.normal(75, 12, 8_000)}), rules=(ColumnRule("heat", Kind.NUMBER),))
    assert units_told(pd.DataFrame({"heat": rng.normal(75, 12, 900) * 2.2046}), known) == []


HONEST = {
    "grown by half": lambda f: f.assign(amount=f["amount"] * 1.5),
    "doubled": lambda f: f.assign(amount=f["amount"] * 2, days=f["days"] * 2),
    "grown fourfold": lambda f: f.assign(amount=f["amount"] * 4),
    "a warm season": lambda f: f.assign(heat=f["heat"] + 20),
    "a hot week that varies more": lambda f: f.assign(heat=(f["heat"] - 58) * 1.8 + 95),
    "longer by 100": lambda f: f.assign(length=f["length"] + 100),
    "longer by 273, and more varied": lambda f: f.assign(length=(f["length"] - 170) * 2 + 443),
    "new lifts": lambda f: f.assign(days=f["days"].clip(upper=200)),
    "still": lambda f: f.assign(shaking=(f["shaking"] * 0.3).round(2)),
    "nothing": lambda f: f,
}


@pytest.mark.parametrize("change", HONEST.values(), ids=HONEST)
def test_what_moved_for_another_reason_is_no_unit(change: object, profile: Profile) -> None:
    for seed in range(10, 22):
        assert units_told(change(drawn(400, seed)), profile) == []  # type: ignore[operator]
