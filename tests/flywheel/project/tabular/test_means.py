"""Bounds of means: as often right as they say, of skewed values too."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from flywheel.project.tabular.certainty import units_of
from flywheel.project.tabular.means import Mean

Draw = Callable[[np.random.Generator, int], np.ndarray]
REPEATS = 1_500
WORLDS: dict[str, tuple[Draw, float]] = {
    "even": (lambda draw, rows: draw.normal(2, 1, rows), 2.0),
    "skewed": (lambda draw, rows: draw.exponential(1, rows), 1.0),
    "errors at two prices": (lambda draw, rows: _costs(draw.normal(size=rows)), -3 * float(np.sqrt(2 / np.pi))),
}


def _costs(errors: np.ndarray) -> np.ndarray:
    return -np.where(errors > 0, 5 * errors, -errors)


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("rows", [50, 400])
def test_each_end_misses_as_seldom_as_it_says(world: str, rows: int) -> None:
    draw, (values, truth) = np.random.default_rng(rows), WORLDS[world]
    ends = np.array([Mean.of(values(draw, rows)).between(0.9) for _ in range(REPEATS)])
    missed = (ends[:, 0] > truth).mean(), (ends[:, 1] < truth).mean()
    assert max(missed) < 0.075
    assert 0.06 < sum(missed) < 0.14


@pytest.mark.parametrize("world", WORLDS)
def test_a_chance_is_as_small_as_it_says(world: str) -> None:
    draw, (values, truth) = np.random.default_rng(7), WORLDS[world]
    chances = [Mean.of(values(draw, 120)).chance_of_at_most(truth) for _ in range(REPEATS)]
    assert np.mean(np.array(chances) <= 0.05) == pytest.approx(0.05, abs=0.02)


def test_copies_make_a_mean_no_surer() -> None:
    values = np.random.default_rng(1).exponential(1, 300)
    alone = Mean.of(values).between(0.9)
    copied = Mean.of(np.repeat(values, 5), units_of(np.repeat(np.arange(300), 5))).between(0.9)
    np.testing.assert_allclose(copied, alone, rtol=0.02)


def test_values_that_are_all_the_same_have_no_spread() -> None:
    mean = Mean.of(np.full(10, 3.0))
    assert (mean.between(0.9), mean.chance_of_at_most(), mean.chance_of_at_most(4.0)) == ((3.0, 3.0), 1.0, 0.0)
