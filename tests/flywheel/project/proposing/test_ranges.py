"""A proposed range lets hardly any later row of the same kind lie outside, however few rows were seen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import numpy as np
import pytest

from flywheel.project.proposing.ranges import FEW, range_of

Draw = Callable[[np.random.Generator, int], np.ndarray]
SOUGHT = 40_000
DRAWS: dict[str, Draw] = {
    "normal": lambda rng, rows: rng.normal(50, 10, rows),
    "counts": lambda rng, rows: rng.poisson(2, rows).astype(float),
    "ratings": lambda rng, rows: rng.integers(1, 6, rows).astype(float),
    "exponential": lambda rng, rows: rng.exponential(10, rows),
    "lognormal": lambda rng, rows: rng.lognormal(3, 1, rows),
    "widely lognormal": lambda rng, rows: rng.lognormal(3, 2, rows),
    "Pareto": lambda rng, rows: rng.pareto(1.5, rows),
    "Student, both sides": lambda rng, rows: rng.standard_t(3, rows),
    "hardly filled": lambda rng, rows: np.where(rng.random(rows) < 0.02, rng.lognormal(5, 1, rows), np.nan),
    "mostly nought": lambda rng, rows: np.where(rng.random(rows) < 0.9, 0, rng.exponential(50, rows)),
}


def proposed(values: np.ndarray) -> tuple[float, float] | None:
    held = Counter(np.round(values[~np.isnan(values)], 2).tolist())
    return range_of(held, rows=values.size)


@pytest.mark.parametrize("rows", [200, 300, 600, 1_000, 4_000])
@pytest.mark.parametrize("draw", DRAWS)
def test_hardly_a_later_row_lies_outside(draw: str, rows: int) -> None:
    outside = []
    for seed in range(25):
        rng = np.random.default_rng([seed, rows])
        ends, later = proposed(DRAWS[draw](rng, rows)), DRAWS[draw](rng, SOUGHT)
        outside.append(0.0 if ends is None else float(((later < ends[0]) | (later > ends[1])).mean()))
    assert max(outside) <= 0.003
    assert np.quantile(outside, 0.9) <= 0.001


@pytest.mark.parametrize("rows", [200, 300, 1_000, 20_000])
def test_what_thins_out_fast_is_held_closely(rows: int) -> None:
    ends = proposed(DRAWS["normal"](np.random.default_rng(rows), rows))
    assert ends is not None
    assert ends[0] == 0
    assert 80 < ends[1] <= 200


def test_many_rows_need_no_more_than_room() -> None:
    held = Counter(dict.fromkeys(map(float, range(1, 91)), 100))
    assert range_of(held, rows=9_000) == (0, 100)


def test_a_few_values_in_many_rows_show_no_range() -> None:
    held = Counter({float(amount): 1 for amount in range(FEW - 1)})
    assert range_of(held, rows=300) is None
    assert range_of(held, rows=FEW - 1) is not None


@pytest.mark.parametrize("farthest", [1e308, 1.7e308])
def test_amounts_at_the_end_of_what_is_a_number_have_finite_ends(farthest: float) -> None:
    held = {-farthest: 1, 0.0: 5, 1e-300: 4, 3.0: 2, farthest: 1}
    ends = range_of(held, rows=13)
    assert ends is not None
    assert np.isfinite(ends).all()
    assert ends[0] <= -farthest <= farthest <= ends[1]
