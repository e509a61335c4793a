"""DATA-003 and seasons: what lies wholly inside the reference is no code and no unit; planted codes still are."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from flywheel.domain.gates import Severity
from flywheel.project.reading.kinds import Kind
from validators import sentinels
from validators.profiles import Profile, make_profile
from validators.specs import ColumnRule

BIKE = Path(__file__).parents[3] / "shared" / "data" / "bike_sharing_hour.csv"
COLUMNS = ("temp", "rain", "heating", "basket")
RULES = tuple(ColumnRule(name, Kind.NUMBER) for name in COLUMNS)


def year(seed: int, rows: int = 26_000) -> pd.DataFrame:
    """A year of measures, most of which follow the season: temperature to a tenth, of both signs."""
    rng = np.random.default_rng(seed)
    day = np.sort(rng.integers(0, 364, rows))
    season = np.cos(2 * np.pi * (day - 200) / 365)
    return pd.DataFrame(
        {
            "day": day,
            "temp": (10 + 10 * season + rng.normal(0, 4, rows)).round(1),
            "rain": np.where(rng.random(rows) < 0.6, 0, rng.gamma(1, 4, rows) * (1 + 0.8 * season)).round(1),
            "heating": (rng.gamma(4, 5, rows) * np.exp(-1.2 * season)).round(2),
            "basket": rng.lognormal(3, 0.5, rows).round(2),
        }
    )


@cache
def reference() -> Profile:
    return make_profile(year(1), rules=RULES)


def critical(frame: pd.DataFrame, profile: Profile | None = None) -> list[str]:
    found = sentinels.check(frame, profile=profile or reference()).result.findings
    return [one.what for one in found if one.severity is Severity.CRITICAL]


@pytest.mark.parametrize("weeks", [1, 4])
def test_no_window_of_a_year_like_the_reference_holds_a_code_or_another_unit(weeks: int) -> None:
    whole = year(2)
    windows = [rows for _, rows in whole.groupby(whole["day"] // (7 * weeks))]
    assert len(windows) == 52 // weeks
    assert [words for window in windows for words in critical(window)] == []


def test_a_retraining_whose_new_months_are_another_season_is_not_closed() -> None:
    whole = year(3)
    assert critical(whole, make_profile(whole[whole["day"] < 270], rules=RULES)) == []


@pytest.mark.parametrize("month", [0, 3, 6])
@pytest.mark.parametrize(("column", "code"), [("temp", 999.0), ("temp", -40.0), ("basket", 0.0), ("basket", -1.0)])
def test_a_code_stands_out_in_any_season(month: int, column: str, code: float) -> None:
    whole = year(4)
    window = whole[whole["day"] // 28 == month]
    planted = window.assign(**{column: window[column].mask(np.arange(len(window)) % 33 == 0, code)})
    assert [f"exactly {code:g}" in words for words in critical(planted)] == [True]


@pytest.mark.parametrize("factor", [100.0, 1 / 12, 1_000.0])
def test_a_unit_is_found_in_a_column_of_both_signs(factor: float) -> None:
    rule = (ColumnRule("centred", Kind.NUMBER),)
    draw = np.random.default_rng(5).normal
    profile = make_profile(pd.DataFrame({"centred": draw(0, 3, 5_000)}), rules=rule)
    said = critical(pd.DataFrame({"centred": draw(0, 3, 1_000) * factor}), profile)
    assert len(said) == 1
    assert "its unit seems to have changed" in said[0]


def test_another_mean_at_the_factor_of_a_unit_is_no_unit() -> None:
    rule = (ColumnRule("amount", Kind.NUMBER),)
    draw = np.random.default_rng(6).normal
    profile = make_profile(pd.DataFrame({"amount": draw(10, 3, 5_000)}), rules=rule)
    assert critical(pd.DataFrame({"amount": draw(100, 3, 1_000)}), profile) == []


@pytest.mark.skipif(not BIKE.exists(), reason="the table of rented bikes is not there")
def test_the_weather_of_a_second_year_is_hardly_ever_a_code() -> None:
    """A cold spell of seven hours may look like one, in one window of 39; before neighbours were asked it was most."""
    hours = pd.read_csv(BIKE)
    names = ("temp", "windspeed", "weathersit")
    profile = make_profile(hours[hours["yr"] == 0], rules=tuple(ColumnRule(name, Kind.NUMBER) for name in names))
    later = hours[hours["yr"] == 1]
    days = (pd.to_datetime(later["dteday"]) - pd.Timestamp("2012-01-01")).dt.days
    windows = [rows for length in (14, 28) for _, rows in later.groupby(days // length) if len(rows) > 200]
    assert len(windows) > 38
    assert sum(bool(critical(window, profile)) for window in windows) <= 1
