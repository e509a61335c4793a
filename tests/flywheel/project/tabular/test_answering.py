"""What becomes of outputs: amounts moved to where they cost least, with intervals that hold what they promise."""

from __future__ import annotations

import json

import numpy as np
import pytest

from flywheel.errors import InputRefused
from flywheel.project.answer import Reach
from flywheel.project.tabular.answering import COVERAGE, Amounts, Chances, amounts_around, read_answering

REACH = (Reach(10.0, 1.0, 2.0), Reach(20.0, 5.0, 9.0))


def demand(rows: int, *, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Amounts whose spread grows with them, and outputs that are their means."""
    draw = np.random.default_rng(seed)
    means = draw.uniform(10, 400, rows)
    return means * draw.lognormal(0, 0.3, rows), means


@pytest.mark.parametrize(
    "answering", [Chances(0.25, "yes"), Amounts(1.1, -0.5, REACH), Amounts(1.0, 0.0, REACH, least=0.0)]
)
def test_what_is_written_is_read_again(answering: Chances | Amounts) -> None:
    assert read_answering(json.loads(json.dumps(answering.to_json(), allow_nan=False))) == answering


def test_a_form_that_nobody_knows_is_refused() -> None:
    with pytest.raises(InputRefused, match="no known form"):
        read_answering({"form": "guess"})


@pytest.mark.parametrize("ends", [(), (5.0, 3.0), (3.0, 3.0), (float("nan"),)])
def test_a_reach_out_of_order_is_refused(ends: tuple[float, ...]) -> None:
    with pytest.raises(InputRefused, match="do not hold"):
        Amounts(1.0, 0.0, tuple(Reach(end, 1.0, 1.0) for end in ends))


def test_the_interval_goes_from_one_known_reach_to_the_next() -> None:
    low, high = Amounts(1.0, 0.0, REACH, least=0.0).interval(np.array([0.5, 10.0, 15.0, 25.0]))
    np.testing.assert_allclose(low, [0.0, 9.0, 12.0, 18.0])
    np.testing.assert_allclose(high, [2.5, 12.0, 20.5, 37.5])


def test_nothing_is_said_below_the_least() -> None:
    said = Amounts(1.0, -5.0, REACH, least=0.0).said(np.array([1.0, 7.0]))
    np.testing.assert_allclose(said, [0.0, 2.0])


@pytest.mark.parametrize("quantile", [0.2, 0.5, 0.8])
def test_amounts_are_moved_to_the_quantile_that_costs_least(quantile: float) -> None:
    truth, output = demand(2_000, seed=1)
    answering = amounts_around(truth, output, quantile=quantile, least=None)
    assert np.mean(truth > answering.said(output)) == pytest.approx(1 - quantile, abs=0.005)


def test_amounts_that_have_grown_since_are_brought_along_in_proportion() -> None:
    truth, output = demand(2_000, seed=1)
    answering = amounts_around(1.5 * truth, output, quantile=0.5, least=0.0)
    said = answering.said(np.array([20.0, 380.0]))
    np.testing.assert_allclose(said, [30.0, 570.0], rtol=0.06)


@pytest.mark.parametrize("rows", [60, 400, 3_000])
def test_new_amounts_lie_within_their_interval_as_often_as_it_says(rows: int) -> None:
    held = []
    for seed in range(60):
        answering = amounts_around(*demand(rows, seed=seed), quantile=0.5, least=0.0)
        truth, output = demand(2_000, seed=seed + 500)
        low, high = answering.interval(answering.said(output))
        held.append(np.mean((truth >= low) & (truth <= high)))
    assert np.mean(held) == pytest.approx(COVERAGE, abs=0.02)


def test_wide_amounts_have_wide_intervals() -> None:
    truth, output = demand(3_000, seed=3)
    answering = amounts_around(truth, output, quantile=0.5, least=0.0)
    low, high = answering.interval(np.array([30.0, 380.0]))
    assert (high - low)[1] > 3 * (high - low)[0]


def test_the_largest_amounts_lie_within_their_interval_as_often_as_others() -> None:
    """Of bands with one width each, the top hundredth had held 64 %."""
    held = []
    for seed in range(30):
        answering = amounts_around(*demand(1_500, seed=seed), quantile=0.7, least=0.0)
        truth, output = demand(4_000, seed=seed + 900)
        said = answering.said(output)
        low, high = answering.interval(said)
        top = said >= np.quantile(said, 0.95)
        held.append([np.mean(((truth >= low) & (truth <= high))[rows]) for rows in (top, ~top)])
    assert np.mean(held, axis=0) == pytest.approx([COVERAGE, COVERAGE], abs=0.03)


def test_errors_that_are_none_have_no_width() -> None:
    truth = np.arange(1.0, 400.0)
    low, high = amounts_around(truth, truth, quantile=0.5, least=None).interval(truth)
    np.testing.assert_allclose(low, truth, rtol=1e-6)
    np.testing.assert_allclose(high, truth, rtol=1e-6)
