"""What every kind of problem must be able to do, so that research, gates and the record need not know which it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from flywheel.project.scorer import Scorer
from flywheel.project.tabular.certainty import Units
from flywheel.project.tabular.model import Fitted, FittedModel
from flywheel.project.tabular.recipe import Budget, ColumnFacts, Recipe
from flywheel.project.tabular.scoring import Scores

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from flywheel.domain.digests import Json
    from flywheel.domain.value import Payoff


@dataclass(frozen=True)
class Judged:
    """What a model says of some rows, beside what was true and what that brings."""

    frame: pd.DataFrame
    labels: NDArray[np.uint8]
    chances: NDArray[np.float64]
    money: NDArray[np.float64]

    def only(self, rows: NDArray[np.bool_]) -> Judged:
        """The same for some of the rows."""
        return Judged(self.frame[rows], self.labels[rows], self.chances[rows], self.money[rows])


class ProblemKind(Protocol):
    """One kind, with what a charter says of it."""

    @property
    def target(self) -> str:
        """The column to predict."""
        ...

    @property
    def payoff(self) -> Payoff:
        """Money by decision and truth."""
        ...

    @property
    def stakes(self) -> Json:
        """What money is counted by: figures made under other stakes are not compared."""
        ...

    def ladder(self, columns: Sequence[ColumnFacts], *, seed: int, budget: Budget) -> tuple[Recipe, ...]:
        """The recipes that are tried, from the baseline upwards."""
        ...

    def fit(
        self, recipe: Recipe, train: pd.DataFrame, validation: pd.DataFrame, columns: Sequence[ColumnFacts]
    ) -> Fitted:
        """Learn from training rows; validation rows choose, and set from where on the model acts."""
        ...

    def cut(self, model: FittedModel, validation: pd.DataFrame) -> FittedModel:
        """The same model, acting from where it earns the most on these rows."""
        ...

    def truth(self, rows: pd.DataFrame) -> NDArray[np.uint8]:
        """What was true of each row; rows without an answer are refused."""
        ...

    def answered(self, rows: pd.DataFrame, scorer: Scorer) -> Judged:
        """Let a model answer rows whose outcome is known."""
        ...

    def simplest(self, rows: pd.DataFrame) -> tuple[Judged, float]:
        """The best that needs no model, on these very rows, and the threshold that stands for it.

        It is chosen by the rows that it is held against, so that no model seems better than an answer nobody would
        give.
        """
        ...

    def figures(self, judged: Judged, *, threshold: float, units: Units) -> Scores:
        """Put figures on what a model said, money first; rows of one unit make no figure surer than it is."""
        ...
