"""What every kind of problem must be able to do, so that research, gates and the record need not know which it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from flywheel.errors import InputRefused
from flywheel.project.expressions.derivation import NOTHING_DERIVED, Derivation
from flywheel.project.scorer import Scorer
from flywheel.project.tabular.certainty import Units
from flywheel.project.tabular.goal import Goal
from flywheel.project.tabular.model import Fitted, FittedModel
from flywheel.project.tabular.recipe import Budget, ColumnFacts, Recipe

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from flywheel.domain.digests import Json
    from flywheel.project.answer import Answer, Outcome
    from flywheel.project.problems.telling import Headline, Measured, Predicted, Telling, Year
    from flywheel.project.scorer import Decided, Said
    from flywheel.project.tabular.goal import Truth
    from flywheel.project.tabular.money import Estimate


@dataclass(frozen=True)
class Judged:
    """What a model says of some rows and decides on them, beside what was true and what that brings."""

    frame: pd.DataFrame
    truth: Truth
    said: Said
    decided: Decided
    money: NDArray[np.float64]

    def only(self, rows: NDArray[np.bool_]) -> Judged:
        """The same for some of the rows."""
        return Judged(self.frame[rows], self.truth[rows], self.said[rows], self.decided[rows], self.money[rows])


class Figures(Protocol):
    """What one model came to on some rows."""

    @property
    def rows(self) -> int:
        """How many."""
        ...

    @property
    def kpi(self) -> Estimate:
        """Money of a row, with its bounds."""
        ...

    @property
    def metrics(self) -> dict[str, float]:
        """Each figure by its name, for a tracking system."""
        ...

    @property
    def counts(self) -> dict[str, int]:
        """How often it was decided each way, rightly and wrongly."""
        ...


def known_target(rows: pd.DataFrame, target: str) -> pd.Series[Any]:
    """Give the target of rows that all have one; others are refused."""
    if target not in rows.columns:
        raise InputRefused("the data lacks the target", found=target, allowed=", ".join(map(str, rows.columns)))
    column = rows[target]
    if not len(column) or column.isna().any():
        raise InputRefused(f"target {target} is not known for every row", found=int(column.isna().sum()))
    return column


class ProblemKind(Goal, Protocol):
    """One kind, with what a charter says of it."""

    @property
    def swing(self) -> tuple[float, float] | None:
        """What a yes brings over a no where the outcome is true, and where it is not, which bounds money.

        Nothing where amounts are decided.
        """
        ...

    @property
    def gains(self) -> NDArray[np.float64] | None:
        """Money as a table, by what was true and then by what was decided; nothing where amounts are decided."""
        ...

    @property
    def predicted(self) -> Predicted:
        """What a model says."""
        ...

    @property
    def ways(self) -> tuple[str, str]:
        """The words for a decision that went up, and for one that went down."""
        ...

    @property
    def figures_at_least(self) -> Mapping[str, float]:
        """Below which figure no model of this kind tells more than nothing."""
        ...

    @property
    def not_applicable(self) -> Mapping[str, str]:
        """The gates that this kind gives nothing to look at, with the reason."""
        ...

    def noticeable(self, truth: Truth, decided: Decided, /) -> float:
        """By how much a decision must move to be another one."""
        ...

    def as_chances(self, truth: Truth, said: Said) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
        """Give an outcome that happened or not, row by row, and how likely it was by what was said."""
        ...

    def surprise(self, said: float, seen: float) -> str:
        """Say that of this outcome another share was seen than was said."""
        ...

    @property
    def stakes(self) -> Json:
        """What money is counted by: figures made under other stakes are not compared."""
        ...

    def ladder(self, columns: Sequence[ColumnFacts], *, seed: int, budget: Budget) -> tuple[Recipe, ...]:
        """The recipes that are tried, from the baseline upwards."""
        ...

    def fit(
        self,
        recipe: Recipe,
        train: pd.DataFrame,
        validation: pd.DataFrame,
        columns: Sequence[ColumnFacts],
        *,
        derivation: Derivation = NOTHING_DERIVED,
    ) -> Fitted:
        """Learn from training rows; validation rows choose, and set from where on the model acts."""
        ...

    def cut(self, model: FittedModel, validation: pd.DataFrame) -> FittedModel:
        """The same model, acting from where it earns the most on these rows."""
        ...

    def answer(self, model: FittedModel) -> Answer:
        """What an endpoint answers by a model, and in which words: a part of its contract."""
        ...

    def answered(self, rows: pd.DataFrame, scorer: Scorer) -> Judged:
        """Let a model answer rows whose outcome is known."""
        ...

    def money(self, truth: Truth, decided: Decided) -> NDArray[np.float64]:
        """What each decision brings."""
        ...

    @property
    def headline(self) -> Headline:
        """The figure beside money by which candidates are known."""
        ...

    @property
    def decides(self) -> str:
        """What is decided by a prediction, as a dossier says it."""
        ...

    def predicts(self, unit: str) -> str:
        """What is predicted for each unit, as a dossier says it."""
        ...

    def told(self, met: Measured | None) -> Telling:
        """What a dossier tells of a version: what its decisions bring, and how it decided on the test rows."""
        ...

    def worth(self, met: Measured, year: Year) -> dict[str, str]:
        """What a better model would be worth in a year, each figure under its name."""
        ...

    def worded(self, outcome: Outcome) -> str:
        """Write one decision, as a rule or one answer for all gives it."""
        ...

    def simplest(self, rows: pd.DataFrame) -> Judged:
        """The best that needs no model, on these very rows.

        It is chosen by the rows that it is held against, so that no model seems better than an answer nobody would
        give.
        """
        ...

    def figures(self, judged: Judged, *, units: Units) -> Figures:
        """Put figures on what a model said, money first; rows of one unit make no figure surer than it is."""
        ...
