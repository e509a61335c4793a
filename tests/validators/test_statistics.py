"""Our statistics against figures that Evidently, NannyML and whylogs state in their own tests (Apache-2.0)."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from flywheel.project.reading.kinds import Kind
from validators.batches import observe
from validators.profiles import make_profile
from validators.specs import ColumnRule
from validators.statistics import (
    auc,
    exact_share,
    hellinger,
    holm,
    mean_interval,
    newcombe,
    two_proportions,
    two_sample_chi_square,
    wilson,
)

EVIDENTLY_BEFORE, EVIDENTLY_NOW = [16, 18, 16, 14, 12, 12], [16, 16, 16, 16, 16, 8]


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        (EVIDENTLY_BEFORE, EVIDENTLY_NOW, 0.06812),  # evidently.hellinger.equal_n
        ([32, 36, 32, 28, 24, 24], EVIDENTLY_NOW, 0.06812),  # evidently.hellinger.ref_twice
        ([50], [50], 0.0),  # evidently.hellinger.const_cat
        ([1, 0], [0, 1], 1.0),  # whylogs.hellinger.single.0_5
        ([1], [1], 0.0),  # whylogs.hellinger.single.0_0
    ],
)
def test_hellinger_agrees(before: list[int], now: list[int], expected: float) -> None:
    assert hellinger(before, now) == pytest.approx(expected, abs=1e-5)


def test_hellinger_of_categories_agrees_with_nannyml() -> None:
    random = np.random.RandomState(1)  # the recipe of nannyml.hellinger.categorical
    before = random.choice(["a", "b", "c", "d"], 10_000)
    now = random.choice(["a", "b", "c", "e"], 1_000)
    counts = [[int((side == level).sum()) for level in "abcde"] for side in (before, now)]
    assert hellinger(*counts) == pytest.approx(0.5, abs=0.005)


@pytest.mark.parametrize(("shift", "expected", "tolerance"), [(7, 1.0, 0.005), (-2, 0.63, 0.02)])
def test_hellinger_over_our_quantile_bins_is_near_that_over_equal_bins(
    shift: float, expected: float, tolerance: float
) -> None:
    """NannyML bins by equal width over both samples; ours are quantiles of the reference, hence the wider tolerance."""
    random = np.random.RandomState(1)
    before, now = random.normal(0, 1, 10_000), random.normal(shift, 1, 10_000)
    profile = make_profile(pd.DataFrame({"x": before}), rules=(ColumnRule("x", Kind.NUMBER),))
    state = observe(pd.DataFrame({"x": now}), profile)
    assert hellinger(profile.columns[0].bins, state.columns[0].bins) == pytest.approx(expected, abs=tolerance)


@pytest.mark.parametrize("counts", [[10, 10, 10], [2, 1, 1]])
def test_equal_counts_have_a_chi_square_p_of_one(counts: list[int]) -> None:
    assert two_sample_chi_square(counts, counts) == pytest.approx(1.0)


def test_chi_square_is_milder_than_where_the_reference_counts_as_exact() -> None:
    """On purpose: Evidently's 0.67309 (evidently.chi2.equal_n) forgets that the reference is a sample too."""
    assert two_sample_chi_square(EVIDENTLY_BEFORE, EVIDENTLY_NOW) == pytest.approx(0.89917, abs=1e-3)


@pytest.mark.parametrize(("hits", "of", "fisher"), [((45, 30), 90, 0.033), ((90, 60), 150, 0.00078)])
def test_two_proportions_are_near_fishers_exact_test(hits: tuple[int, int], of: int, fisher: float) -> None:
    assert two_proportions(hits[0], of, hits[1], of) == pytest.approx(fisher, abs=0.01)


def test_auc_agrees() -> None:
    said = [0.91, 0.82, 0.73, 0.64, 0.55, 0.46, 0.37, 0.28, 0.19, 0.0]  # evidently.classification.metrics
    assert auc([1, 0, 0, 1, 1, 1, 0, 1, 0, 0], said) == pytest.approx(0.64)


def test_auc_counts_ties_half() -> None:
    assert auc([0, 1, 0, 1], [1, 1, 1, 1]) == 0.5


def test_holm_raises_each_p_value_by_how_many_are_left() -> None:
    np.testing.assert_allclose(holm([0.01, 0.04, 0.03, 0.005]), [0.03, 0.06, 0.06, 0.02])
    assert holm([]).size == 0


def test_wilson_gives_the_published_bounds() -> None:
    interval = wilson(81, 263)  # Newcombe 1998, table I
    assert (round(interval.low, 4), round(interval.high, 4)) == (0.2553, 0.3662)
    assert wilson(0, 20).low == 0
    assert wilson(20, 20).high == 1


def test_exact_shares_have_the_published_bounds() -> None:
    bounds = exact_share(10, 100)  # Clopper and Pearson 1934; R's binom.test
    assert (round(bounds.low, 4), round(bounds.high, 4)) == (0.0490, 0.1762)
    assert (exact_share(0, 20).low, exact_share(20, 20).high) == (0.0, 1.0)


def test_newcombe_gives_the_published_bounds_of_a_difference() -> None:
    interval = newcombe(wilson(56, 70), wilson(48, 80))  # Newcombe 1998, method 10
    assert (round(interval.low, 4), round(interval.high, 4)) == (0.0524, 0.3339)


def test_a_mean_lies_between_its_bounds_as_often_as_is_said() -> None:
    rng = np.random.default_rng(3)
    hits = [i.low < 0 < i.high for i in (mean_interval(rng.normal(size=50)) for _ in range(1_000))]
    assert 0.92 < np.mean(hits) < 0.97
