"""What a point of AUC is worth: against answers that are drawn, and from which AUC on a model pays."""

from __future__ import annotations

import math
from decimal import Decimal
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flywheel.domain.metric_worth import best_per_case, pays_from_auc, point_of_auc
from flywheel.domain.value import Payoff

PAYOFF = Payoff.of(true_positive=100, false_positive=-10, true_negative=0, false_negative=-100)


@pytest.mark.parametrize(("auc", "share"), [(0.7, 0.04), (0.85, 0.3), (0.95, 0.5)])
def test_the_best_money_is_what_drawn_answers_bring_at_their_best_threshold(auc: float, share: float) -> None:
    rng, rows = np.random.default_rng(5), 400_000
    yes = rng.random(rows) < share
    said = rng.normal(size=rows) + yes * math.sqrt(2) * NormalDist().inv_cdf(auc)
    order = np.argsort(-said)
    swing = np.where(yes[order], 200.0, -10.0)
    by_cut = (yes.sum() * -100.0 + np.concatenate(([0.0], np.cumsum(swing)))) / rows
    assert best_per_case(PAYOFF, share, auc) == pytest.approx(by_cut.max(), abs=0.25)


def test_a_model_that_ranks_nothing_brings_the_better_of_one_answer_for_all() -> None:
    assert best_per_case(PAYOFF, 0.02, 0.5) == float(max(PAYOFF.per_case(Decimal("0.02"))[:2]))


@given(st.floats(0.02, 0.6), st.floats(0.55, 0.97))
def test_more_auc_never_brings_less(share: float, auc: float) -> None:
    assert point_of_auc(PAYOFF, share, auc) >= -1e-9
    assert best_per_case(PAYOFF, share, auc) >= best_per_case(PAYOFF, share, 0.5) - 1e-9


def test_a_model_pays_from_the_auc_at_which_the_gain_is_the_costs() -> None:
    least = pays_from_auc(PAYOFF, 0.1, cases=10_000, cost=20_000)
    assert least is not None
    gain = best_per_case(PAYOFF, 0.1, least) - best_per_case(PAYOFF, 0.1, 0.5)
    assert gain * 10_000 == pytest.approx(20_000, rel=1e-6)
    assert pays_from_auc(PAYOFF, 0.1, cases=10, cost=20_000) is None
