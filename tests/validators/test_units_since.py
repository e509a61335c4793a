"""A retraining asks about a number that came in another unit since, and about no season and no growth."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from flywheel.domain.gates import Severity
from flywheel.project.reading.kinds import Kind
from flywheel.project.reading.table import table_of
from validators import news
from validators.news import Known
from validators.specs import ColumnRule

START = pd.Timestamp("2024-01-08", tz="UTC")
A_DAY = 20
COLUMNS = ("warmth", "sales", "growing", "amount", "weight", "counts")
RULES = (*(ColumnRule(name, Kind.NUMBER) for name in COLUMNS), ColumnRule("month", Kind.INTEGER))


def drawn(rng: np.random.Generator, first: int, days: int) -> pd.DataFrame:
    """Rows of some days, with seasons and growth."""
    rows = days * A_DAY
    passed = first + np.sort(rng.random(rows)) * days
    summer = -np.cos(2 * np.pi * (passed + 7) / 365.25)
    at = START + pd.to_timedelta((passed * 86_400).round(), unit="s")
    return pd.DataFrame(
        {
            "at": at,
            "warmth": (10 + 12 * summer + rng.normal(0, 3, rows)).round(1),
            "sales": np.exp(4 + 0.6 * summer + rng.normal(0, 0.6, rows)).round(2),
            "growing": np.exp(4 + 0.7 * passed / 365 + rng.normal(0, 0.5, rows)).round(2),
            "amount": rng.lognormal(4, 1, rows).round(2),
            "weight": rng.normal(75, 12, rows).round(1),
            "counts": rng.poisson(np.exp(1 + 0.5 * summer)).astype(float),
            "month": at.month.astype(int),
        }
    )


def asked(
    days: int, weeks: int, seed: int, fault: Callable[[pd.DataFrame], pd.DataFrame] | None = None, *, mood: float = 0.0
) -> dict[str, str]:
    rng = np.random.default_rng([seed, days, weeks])
    weather = mood * np.convolve(rng.normal(0, 1, days + 7 * weeks + 40), 0.85 ** np.arange(40), mode="same")
    before, since = (
        one.assign(warmth=(one["warmth"] + weather[(one["at"] - START).dt.days]).round(1))
        for one in (drawn(rng, 0, days), drawn(rng, days, 7 * weeks))
    )
    grown = pd.concat([before, fault(since) if fault else since], ignore_index=True)
    found = news.check(table_of(grown), Known(table_of(before), RULES, "at")).result.findings
    return {one.column: one.what for one in found if one.severity is Severity.QUESTION and "as if" in one.what}


FAULTS: dict[str, tuple[str, Callable[[pd.DataFrame], pd.DataFrame], str]] = {
    "°F": ("warmth", lambda one: one.assign(warmth=one["warmth"] * 1.8 + 32), "× 1.8 + 32 (°C as °F)"),
    "K": ("warmth", lambda one: one.assign(warmth=one["warmth"] + 273.15), "+ 273.1 (°C as K)"),
    "lb": ("weight", lambda one: one.assign(weight=one["weight"] * 2.204623), "× 2.205 (kg as lb)"),
    "miles": ("weight", lambda one: one.assign(weight=one["weight"] / 1.609344), "÷ 1.609 (km as miles)"),
    "cents": ("amount", lambda one: one.assign(amount=one["amount"] * 100), "× 100 ("),
}


@pytest.mark.parametrize("name", FAULTS)
@pytest.mark.parametrize(("days", "weeks"), [(300, 2), (300, 13), (420, 2), (420, 26), (760, 6)])
def test_a_unit_that_all_new_rows_came_in_is_asked_about(days: int, weeks: int, name: str) -> None:
    column, fault, words = FAULTS[name]
    (said,) = asked(days, weeks, 1, fault).items()
    assert said[0] == column
    assert words in said[1]


@pytest.mark.parametrize("name", ["°F", "K"])
@pytest.mark.parametrize(("days", "weeks"), [(420, 4), (420, 13), (760, 4), (760, 13)])
def test_weather_that_another_year_had_not_hides_no_unit(days: int, weeks: int, name: str) -> None:
    column, fault, words = FAULTS[name]
    for seed in range(4):
        said = asked(days, weeks, seed, fault, mood=1.6)
        assert set(said) == {column}
        assert weeks > 4 or words in said[column], "a season later another factor may fit as well"
        assert asked(days, weeks, seed, mood=1.6) == {}


def test_it_is_said_from_when_on_and_against_what() -> None:
    said = asked(420, 6, 1, FAULTS["°F"][1])["warmth"]
    assert said.startswith("Of the 840 rows that came since: from 2025-03-03 on warmth went from about ")
    assert said.endswith("What it was before is as at the like time of the table before. Did its unit change?")


@pytest.mark.parametrize("days", [250, 420, 760])
def test_seasons_and_growths_are_asked_about_as_no_unit(days: int) -> None:
    for weeks in (2, 13):
        assert asked(days, weeks, 0) == {}
