"""Money and probabilities, against slow and simple reckoning."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flywheel.domain.value import Payoff
from flywheel.errors import InputRefused
from flywheel.project.tabular import scoring
from tests.factories.tabular import PAYOFF

pairs = st.lists(st.tuples(st.booleans(), st.integers(0, 8)), min_size=1, max_size=40)


def unpack(rows: list[tuple[bool, int]]) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.float64]]:
    labels = np.array([label for label, _ in rows], dtype=np.uint8)
    return labels, np.array([chance / 8 for _, chance in rows])


@given(pairs, st.lists(st.integers(-9, 9), min_size=4, max_size=4))
def test_the_best_cut_earns_as_much_as_any_threshold(rows: list[tuple[bool, int]], gains: list[int]) -> None:
    labels, chances = unpack(rows)
    payoff = Payoff(*map(Decimal, gains))

    def money(threshold: float) -> float:
        return float(scoring.money_by_row(labels, chances >= threshold, payoff=payoff).mean())

    cut = scoring.best_cut(labels, chances, payoff=payoff)
    assert money(cut.threshold) == pytest.approx(max(money(t) for t in [0.0, *(chances + 1e-9), *chances, 2.0]))
    assert float(cut.per_unit) == pytest.approx(money(cut.threshold), abs=1e-6)


@given(pairs)
def test_money_by_row_adds_up_to_the_money_of_the_counts(rows: list[tuple[bool, int]]) -> None:
    labels, chances = unpack(rows)
    counts = scoring.count(labels, chances >= 0.5)
    by_counts = PAYOFF.money(tp=counts.tp, fp=counts.fp, tn=counts.tn, fn=counts.fn)
    by_rows = scoring.money_by_row(labels, chances >= 0.5, payoff=PAYOFF).sum()
    assert float(by_counts) == by_rows


@given(pairs)
def test_auc_is_the_chance_of_ranking_a_pair_rightly(rows: list[tuple[bool, int]]) -> None:
    labels, chances = unpack(rows)
    wins = [(a > b) + (a == b) / 2 for a in chances[labels == 1] for b in chances[labels == 0]]
    assert scoring.auc(labels, chances) == pytest.approx(np.mean(wins) if wins else 0.5)


def test_perfect_calibration_has_no_error() -> None:
    chances = np.repeat([0.2, 0.8], 10)
    labels = np.array([1, 1, *[0] * 8, *[1] * 8, 0, 0], dtype=np.uint8)
    assert scoring.calibration_gap(labels, chances) == pytest.approx(0)
    assert scoring.calibration_gap(labels, 1 - chances) == pytest.approx(0.6)


@pytest.mark.parametrize("chances", [[], [0.5], [0.5, float("nan")]])
def test_predictions_that_are_missing_or_not_finite_get_no_score(chances: list[float]) -> None:
    labels = np.array([0, 1] if chances else [], dtype=np.uint8)
    with pytest.raises(InputRefused):
        scoring.score(labels, np.array(chances), np.array(chances) >= 0.5, payoff=PAYOFF)
