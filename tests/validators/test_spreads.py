"""Cells of counts: the reference alone says which go together, and a column that moved is seen in few rows too."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from flywheel.project.reading.kinds import Kind
from validators import drift_own
from validators.profiles import make_profile
from validators.specs import ColumnRule
from validators.spreads import EXPECTED_AT_LEAST, KNOWN_FROM, Cells, cells_of
from validators.statistics import Floats

RANGE = np.array([0, *[250] * 20, 0], dtype=np.float64)
"""Quantiles of 5,000 rows, and what lies below and above them."""


def drawn(rng: np.random.Generator, shares: Floats, rows: int) -> Floats:
    return rng.multinomial(rows, shares / shares.sum()).astype(np.float64)


@pytest.mark.parametrize("rows", [20, 45, 99, 300])
def test_a_range_that_moved_as_a_whole_is_seen_however_few_rows_come(rows: int) -> None:
    beyond, upper = np.zeros(22), np.zeros(22)
    beyond[[0, -1]] = rows / 2
    upper[-3:-1] = rows / 2
    for moved in (beyond, upper):
        found = cells_of(RANGE, moved, named=0)
        assert found.distance > 0.5
        assert found.by_chance < 1e-6


@pytest.mark.parametrize("rows", [20, 45, 99, 300, 20_000])
def test_chance_expects_enough_in_each_cell_and_what_came_has_no_say_in_which_there_are(rows: int) -> None:
    rng = np.random.default_rng(rows)
    cells = [cells_of(RANGE, drawn(rng, shares, rows), named=0) for shares in (RANGE, np.arange(22.0))]
    assert cells[0].reference.tolist() == cells[1].reference.tolist()
    assert min(cells[0].reference[:-1]) * min(1, rows / 5_000) >= EXPECTED_AT_LEAST
    assert [one.current.sum() for one in cells] == [rows, rows]


@pytest.mark.parametrize("known", [200, 1_000, 3_000])
@pytest.mark.parametrize("names", [20, 60, 150, 250])
def test_names_as_frequent_as_before_have_hardly_ever_moved(names: int, known: int) -> None:
    rng, shares = np.random.default_rng([names, known]), np.append(np.ones(names), 0)
    for rows in (30, 100, 400, 4_000):
        pairs = [cells_of(drawn(rng, shares, known), drawn(rng, shares, rows), named=names) for _ in range(100)]
        assert sum(one.distance >= 0.13 and one.by_chance < 1e-4 for one in pairs) == 0


def test_seldom_names_go_together_with_those_never_seen() -> None:
    reference = np.array([500, 1, 400, KNOWN_FROM, KNOWN_FROM - 1, 3, 0], dtype=np.float64)
    found = cells_of(reference, reference * 10, named=6)
    assert found.reference.tolist() == [500, 400, KNOWN_FROM, KNOWN_FROM + 3]


def test_a_few_rows_beyond_the_range_are_held_by_themselves_and_exactly() -> None:
    def beyond(rows: int) -> Cells:
        return cells_of(RANGE, np.array([0, *[5] * 20, rows], dtype=np.float64), named=0)

    assert beyond(1).by_chance > 0.01
    assert 1e-6 < beyond(2).by_chance < 1e-2
    assert beyond(12).by_chance < 1e-9


def test_a_column_of_one_cell_has_not_moved() -> None:
    found = cells_of(np.array([40.0]), np.array([7.0]), named=0)
    assert (found.distance, found.by_chance) == (0.0, 1.0)


@pytest.mark.parametrize(("rows", "filled"), [(1_000, 0.1), (200, 1.0), (200, 0.5)])
def test_values_just_beyond_a_large_reference_accuse_no_clean_window(rows: int, filled: float) -> None:
    """One such value in a cell of nought was beyond chance by itself: of 40 such columns one in eight windows rang."""
    rng, names = np.random.default_rng([rows, round(10 * filled)]), [f"c{at}" for at in range(20)]

    def drawn_rows(size: int) -> pd.DataFrame:
        return pd.DataFrame(
            {name: np.where(rng.random(size) < filled, rng.normal(size=size), np.nan) for name in names}
        )

    profile = make_profile(drawn_rows(20_000), rules=tuple(ColumnRule(name, Kind.NUMBER) for name in names))
    findings = [drift_own.check(drawn_rows(rows), profile=profile).result.findings for _ in range(60)]
    assert sum(map(bool, findings)) == 0
