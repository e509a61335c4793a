"""Certainty: copies weigh together as much as one row, rows that only share a name as much as many."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from flywheel.project.tabular.certainty import ALONE, spread_of, units_of

MANY = 400


def test_rows_that_stand_alone_weigh_one_each() -> None:
    assert units_of(np.arange(MANY)[::-1]) is ALONE
    assert ALONE.effect(np.arange(MANY)) == 1
    assert ALONE.count(MANY) == MANY


@pytest.mark.parametrize("copies", [2, 5, 40])
@pytest.mark.parametrize("share", [0.01, 0.5])
def test_copies_weigh_together_as_much_as_one_row(copies: int, share: float) -> None:
    happened = np.random.default_rng(copies).random(MANY) < share
    units = units_of(np.tile(np.arange(MANY), copies))
    assert units.effect(np.tile(happened, copies)) == pytest.approx(copies)
    assert units.count(MANY * copies) == MANY


def test_rows_of_one_unit_that_go_their_own_ways_weigh_nearly_one_each() -> None:
    units = units_of(np.repeat(np.arange(MANY), 5))
    effects = [units.effect(np.random.default_rng(seed).random(5 * MANY) < 0.3) for seed in range(20)]
    assert min(effects) >= 1
    assert np.mean(effects) < 1.1


def test_where_all_rows_are_the_same_they_count_as_copies() -> None:
    units = units_of(np.repeat(np.arange(MANY), 5))
    assert units.effect(np.ones(5 * MANY)) == pytest.approx(5)


def test_copies_of_few_rows_among_many_weigh_by_how_many_rows_they_are() -> None:
    sizes = np.where(np.arange(MANY) < 40, 20, 1)
    units, happened = units_of(np.repeat(np.arange(MANY), sizes)), np.random.default_rng(1).random(MANY) < 0.1
    assert units.effect(np.repeat(happened, sizes)) >= np.square(sizes).sum() / sizes.sum()


def test_where_one_unit_holds_most_rows_they_prove_next_to_nothing() -> None:
    units = units_of(np.repeat(np.arange(11), [900, *[10] * 10]))
    assert 30 < units.effect(np.random.default_rng(1).random(1_000)) <= 1_000
    assert units_of([1, 1, 1, 1, 2]).effect([0, 0, 1, 1, 1]) <= 5, "rows weigh as one case at least"


SIZES: dict[str, Callable[[np.random.Generator, int], np.ndarray]] = {
    "equal": lambda rng, units: np.full(units, 10),
    "a few large ones": lambda rng, units: np.where(rng.random(units) < 0.03, 200, 3),
    "heavy-tailed": lambda rng, units: np.minimum(np.ceil(rng.pareto(1.2, units) * 3 + 1), 800).astype(int),
}


@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize("units", [20, 60, 300])
@pytest.mark.parametrize("is_tied", [False, True], ids=["", "the large ones differ"])
def test_bounds_hold_the_truth_as_often_as_they_say_whatever_the_sizes(sizes: str, units: int, is_tied: bool) -> None:
    rng, tries = np.random.default_rng(units), 300
    within = above = 0
    for _ in range(tries):
        size = SIZES[sizes](rng, units)
        chance = rng.beta(0.5, 4.5, units) if not is_tied else np.where(size > 20, 0.3, rng.beta(0.5, 4.5, units))
        true = 0.1 * np.ones(units) if not is_tied else np.where(size > 20, 0.3, 0.1)
        codes = np.repeat(np.arange(units), size)
        off = (rng.random(codes.size) < chance[codes]) - true[codes]
        reach = 1.645 * np.sqrt(spread_of(off, units_of(codes)))
        within += abs(off.mean()) <= reach
        above += off.mean() > reach
    assert within >= 0.85 * tries
    assert above <= 0.08 * tries


def test_some_rows_are_of_their_own_units_in_the_order_in_which_these_come() -> None:
    units = units_of([5, 9, 5, 2, 9])
    assert units.numbers(5).tolist() == [0, 1, 0, 2, 1]
    assert units.only(np.array([False, True, False, True, True])).numbers(3).tolist() == [0, 1, 0]
    assert units.only(np.array([1, 3])) is ALONE
