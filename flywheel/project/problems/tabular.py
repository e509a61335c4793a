"""What every kind of problem that is learned from rows and columns does alike, by what it says of itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from flywheel.project.expressions.derivation import NOTHING_DERIVED, Derivation
from flywheel.project.problems.kind import Judged, ProblemKind
from flywheel.project.scorer import Scorer
from flywheel.project.tabular.goal import Goal
from flywheel.project.tabular.model import Fitted, FittedModel, fit
from flywheel.project.tabular.recipe import Budget, ColumnFacts, Recipe, ladder

if TYPE_CHECKING:
    import pandas as pd


class Tabular:
    """One answer for all, a linear model and boosted trees; whoever inherits it says what these are fitted to."""

    def ladder(self, columns: Sequence[ColumnFacts], *, seed: int, budget: Budget) -> tuple[Recipe, ...]:
        """The three rungs over all columns."""
        return ladder([column.name for column in columns], seed=seed, budget=budget)

    def fit(
        self: Goal,
        recipe: Recipe,
        train: pd.DataFrame,
        validation: pd.DataFrame,
        columns: Sequence[ColumnFacts],
        *,
        derivation: Derivation = NOTHING_DERIVED,
    ) -> Fitted:
        """Learn outputs from training rows; validation rows set what is made of them."""
        return fit(recipe, train, validation, columns=columns, goal=self, derivation=derivation)

    def cut(self: Goal, model: FittedModel, validation: pd.DataFrame) -> FittedModel:
        """The same model, whose outputs are taken for what earns the most on these rows."""
        output = model.estimator.output(model.encoding.matrix(validation))
        return replace(model, answering=self.answering(self.truth(validation), output))

    def answered(self: ProblemKind, rows: pd.DataFrame, scorer: Scorer) -> Judged:
        """Ask of each row, and decide by what is said."""
        truth, said = self.truth(rows), scorer.said(rows)
        decided = scorer.decided(said)
        return Judged(rows, truth, said, decided, self.money(truth, decided))
