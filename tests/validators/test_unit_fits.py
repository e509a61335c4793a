"""All units that are known compete to explain where numbers lie, each within what chance leaves open."""

from __future__ import annotations

import numpy as np
import pytest

from validators.columns import Floats
from validators.unit_fits import Apart, Quantiles

FACTORS = {
    "kg as lb": 2.204623,
    "km as miles": 1 / 1.609344,
    "inches as cm": 2.54,
    "days as hours": 24.0,
    "a hundredth of the unit, or fractions as per cent": 100.0,
}
TRIES = 12


def named(before: Floats, now: Floats) -> list[str]:
    return [unit.words for unit in Apart.of(Quantiles.of(before), Quantiles.of(now)).fitting()]


def parcels(rng: np.random.Generator, rows: int) -> Floats:
    return np.asarray(rng.lognormal(1, 0.8, rows), dtype=np.float64)


@pytest.mark.parametrize("words", FACTORS)
def test_a_factor_of_skewed_numbers_is_named(words: str) -> None:
    found = 0
    for seed in range(TRIES):
        rng = np.random.default_rng(seed)
        found += words in named(parcels(rng, 8_000), parcels(rng, 400) * FACTORS[words])
    assert found >= TRIES - 1


def test_pounds_and_fahrenheit_are_told_apart_by_how_numbers_vary() -> None:
    for seed in range(TRIES):
        rng = np.random.default_rng(seed)
        before, now = rng.normal(75, 12, 8_000), rng.normal(75, 12, 1_000)
        assert named(before, now * 2.204623)[0] == "kg as lb"
        assert named(before, now * 1.8 + 32)[0] == "°C as °F"


def test_few_rows_name_what_nobody_can_tell_apart_together() -> None:
    together = 0
    for seed in range(TRIES):
        rng = np.random.default_rng(seed)
        together += set(named(rng.normal(75, 12, 8_000), rng.normal(75, 12, 100) * 2.204623)) == {
            "kg as lb",
            "°C as °F",
        }
    assert together > 0


@pytest.mark.parametrize("times", [1.0, 1.2, 1.9, 4.4])
def test_what_no_unit_explains_names_none(times: float) -> None:
    for seed in range(TRIES):
        rng = np.random.default_rng(seed)
        assert named(rng.normal(75, 12, 8_000), rng.normal(75, 12, 1_000) * times) == []


def test_a_column_of_one_value_is_explained_by_nothing() -> None:
    assert named(np.full(500, 2_025.0), np.full(200, 2_026.0)) == []
    assert named(np.zeros(500), np.full(200, 100.0)) == []
