"""Yes or no: a probability is predicted, a threshold decides, and money is a table of two decisions by two truths."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from flywheel.domain.digests import Json, plain
from flywheel.domain.value import Payoff
from flywheel.errors import InputRefused
from flywheel.project.answer import YES_OR_NO, ChanceAnswer, Decisions, Outcome
from flywheel.project.problems.binary_telling import AUC, told_of, worth_of
from flywheel.project.problems.kind import Judged, known_target
from flywheel.project.problems.tabular import Tabular
from flywheel.project.problems.telling import PROBABILITY, Headline, Measured, Predicted, Telling, Year
from flywheel.project.tabular.answering import Chances
from flywheel.project.tabular.certainty import Units
from flywheel.project.tabular.model import FittedModel
from flywheel.project.tabular.recipe import Param, Scalar
from flywheel.project.tabular.scoring import Scores, best_cut, gains, log_loss, money_by_row, score

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

EVEN_PAYOFF = Payoff.of(true_positive=1, false_positive=-1, true_negative=0, false_negative=-1)
"""Where the charter names no money, a hit counts one and a mistake minus one."""


@dataclass(frozen=True)
class Binary(Tabular):
    """A target with two values, of which one counts as yes."""

    target: str
    positive: Scalar
    payoff: Payoff = EVEN_PAYOFF
    words: Decisions = YES_OR_NO

    @property
    def predicted(self) -> Predicted:
        """How likely a yes is."""
        return PROBABILITY

    @property
    def ways(self) -> tuple[str, str]:
        """In the words of the business."""
        return self.words.positive, self.words.negative

    @property
    def figures_at_least(self) -> Mapping[str, float]:
        """An AUC of half ranks by lot."""
        return {"auc": 0.5}

    @property
    def not_applicable(self) -> Mapping[str, str]:
        """Chances have no intervals."""
        return {"PERF-015": "It predicts probabilities, which say themselves how sure they are: PERF-004 judges them."}

    def noticeable(self, _truth: NDArray[np.uint8], _decided: NDArray[np.bool_], /) -> float:
        """Any other word is another decision."""
        return 0.0

    def as_chances(
        self, truth: NDArray[np.uint8], said: NDArray[np.float64]
    ) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
        """What was true, and its probability."""
        return truth, said

    @property
    def swing(self) -> tuple[float, float]:
        """By the pay-off."""
        return self.payoff.swing

    @property
    def gains(self) -> NDArray[np.float64]:
        """The pay-off as a table."""
        return gains(self.payoff)

    def surprise(self, said: float, seen: float) -> str:
        """More or fewer happen than was said."""
        return f"the model predicts {said:.1%} and {seen:.1%} was observed"

    @property
    def stakes(self) -> Json:
        """The pay-off."""
        return plain(self.payoff)

    @property
    def objective(self) -> Mapping[str, Param]:
        """Mean surprise."""
        return {"objective": "binary:logistic"}

    def answering(self, truth: NDArray[np.uint8], output: NDArray[np.float64]) -> Chances:
        """Yes from where that earns the most."""
        return Chances(best_cut(truth, output, payoff=self.payoff).threshold, self.positive)

    def constant(self, truth: NDArray[np.uint8]) -> float:
        """The rate of yes."""
        return float(truth.mean())

    def linear(self, settings: Mapping[str, Param]) -> Any:
        """Logistic regression."""
        # scikit-learn costs a second to import and only linear models need it
        from sklearn.linear_model import LogisticRegression

        return LogisticRegression(C=float(settings["c"]), max_iter=int(settings["max_iter"]))

    def loss(self, truth: NDArray[np.uint8], output: NDArray[np.float64]) -> float:
        """Mean surprise."""
        return log_loss(truth, output)

    def answer(self, model: FittedModel) -> ChanceAnswer:
        """A chance, and a word by the model's threshold."""
        return ChanceAnswer(self.target, str(self.positive), model.threshold, self.words)

    def truth(self, rows: pd.DataFrame) -> NDArray[np.uint8]:
        """Ones and zeros; a target with more than two values is refused."""
        return labels_of(rows, target=self.target, positive=self.positive)

    def money(self, truth: NDArray[np.uint8], decided: NDArray[np.bool_]) -> NDArray[np.float64]:
        """By the pay-off."""
        return money_by_row(truth, decided, payoff=self.payoff)

    @property
    def headline(self) -> Headline:
        """How well it ranks."""
        return AUC

    @property
    def decides(self) -> str:
        """By the threshold, in two words."""
        return f"from its threshold on “{self.words.positive}”, below it “{self.words.negative}”"

    def predicts(self, unit: str) -> str:
        """A probability."""
        outcome = self.target if self.positive is True else f"{self.target} = {plain(self.positive)}"
        return f"the probability of “{outcome}” for each {unit}"

    def told(self, met: Measured | None) -> Telling:
        """Four ways in which a decision turns out."""
        return told_of(self.words, self.payoff, met)

    def worth(self, met: Measured, year: Year) -> dict[str, str]:
        """By the AUC."""
        return worth_of(self.payoff, met, year)

    def worded(self, outcome: Outcome) -> str:
        """By its word, in quotes."""
        return repr(self.words.positive if outcome else self.words.negative)

    def simplest(self, rows: pd.DataFrame) -> Judged:
        """The better of no to all and yes to all."""
        labels = self.truth(rows)
        chances = np.full(labels.size, labels.mean() if labels.size else 0.0)
        both = [self._judged(rows, chances, np.full(labels.size, answer)) for answer in (False, True)]
        return max(both, key=lambda one: float(one.money.sum()))

    def figures(self, judged: Judged, *, units: Units) -> Scores:
        """Money, AUC and how good the probabilities are."""
        return score(judged.truth, judged.said, judged.decided, payoff=self.payoff, units=units)

    def _judged(self, rows: pd.DataFrame, chances: NDArray[np.float64], decided: NDArray[np.bool_]) -> Judged:
        labels = self.truth(rows)
        return Judged(rows, labels, chances, decided, self.money(labels, decided))


def labels_of(frame: pd.DataFrame, *, target: str, positive: Scalar) -> NDArray[np.uint8]:
    """Turn the target into ones and zeros; refuse rows without an answer and targets with more than two."""
    column = known_target(frame, target)
    seen = list(column.unique()[:3])
    if len(seen) > 2 or (len(seen) == 2 and positive not in seen):
        raise InputRefused(
            f"target {target} is not a yes or no with {positive!r} as yes",
            found=seen,
            allowed="two values, one positive",
        )
    return np.asarray((column == positive).to_numpy(dtype=bool), dtype=np.uint8)
