"""Yes or no: what is true, what is said, and what the best single answer brings."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from flywheel.domain.value import Payoff
from flywheel.errors import InputRefused
from flywheel.project.problems.binary import Binary
from flywheel.project.problems.kind import ProblemKind
from flywheel.project.tabular.certainty import ALONE

PAYOFF = Payoff.of(true_positive=10, false_positive=-2, true_negative=0, false_negative=-5)
KIND: ProblemKind = Binary("paid", "no", PAYOFF)


@dataclass(frozen=True)
class Says:
    """A model that says the same of all rows, or one chance for each."""

    chances: tuple[float, ...]
    threshold: float = 0.5

    def said(self, frame: pd.DataFrame) -> np.ndarray:
        """What it was told to say."""
        assert len(frame) == len(self.chances)
        return np.array(self.chances)

    def decided(self, said: np.ndarray) -> np.ndarray:
        """Yes at or above the threshold."""
        return said >= self.threshold


def rows(*paid: str) -> pd.DataFrame:
    return pd.DataFrame({"paid": list(paid)})


def test_yes_is_the_value_that_the_charter_names() -> None:
    assert KIND.truth(rows("no", "yes", "no")).tolist() == [1, 0, 1]
    with pytest.raises(InputRefused, match="yes or no"):
        KIND.truth(rows("no", "yes", "later"))


def test_money_is_by_truth_and_decision_and_a_chance_at_the_threshold_is_a_yes() -> None:
    judged = KIND.answered(rows("no", "yes", "no", "yes"), Says((0.5, 0.5, 0.49, 0.0)))
    assert judged.money.tolist() == [10, -2, -5, 0]
    assert judged.only(judged.truth == 0).money.tolist() == [-2, 0]


@pytest.mark.parametrize(("paid", "is_yes", "money"), [(("no", "no"), True, 20), (("yes",) * 4, False, 0)])
def test_the_simplest_is_the_better_of_one_answer_for_all(paid: tuple[str, ...], is_yes: bool, money: int) -> None:
    simplest = KIND.simplest(rows(*paid))
    assert (set(simplest.decided.tolist()), simplest.money.sum()) == ({is_yes}, money)


def test_figures_put_money_first_and_stakes_tell_pay_offs_apart() -> None:
    judged = KIND.answered(rows("no", "yes", "no", "yes"), Says((0.9, 0.1, 0.8, 0.2)))
    figures = KIND.figures(judged, units=ALONE)
    assert (float(figures.kpi.value), figures.metrics["auc"], figures.rows) == (5.0, 1.0, 4)
    assert KIND.stakes != Binary("paid", "no").stakes, "without money in the charter a hit counts one"
    assert KIND.stakes == Binary("other", "yes", PAYOFF).stakes
