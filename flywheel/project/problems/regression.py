"""An amount: it is decided as it is predicted, and each unit too high or too low has its price."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from flywheel.domain.digests import Json, plain
from flywheel.domain.value import ErrorCost
from flywheel.errors import InputRefused
from flywheel.project.answer import AmountAnswer, Outcome
from flywheel.project.problems.kind import Judged, known_target
from flywheel.project.problems.regression_telling import MEAN_ERROR, told_of, worth_of
from flywheel.project.problems.tabular import Tabular
from flywheel.project.problems.telling import Headline, Measured, Predicted, Telling, Year
from flywheel.project.tabular.answering import Amounts, amounts_around
from flywheel.project.tabular.certainty import Units
from flywheel.project.tabular.model import FittedModel
from flywheel.project.tabular.money import Estimate, mean_with_interval
from flywheel.project.tabular.recipe import Param

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

EVEN_COST = ErrorCost(Decimal(1), Decimal(1))
"""Where the charter names no money, each unit too high or too low costs one."""
NOT_APPLICABLE: Mapping[str, str] = MappingProxyType(
    {
        "PERF-004": "It predicts amounts and no probabilities: PERF-015 judges how sure they are.",
        "PERF-013": "It decides amounts, and the measures compare shares of yes: PERF-009 judges what each group gets.",
    }
)


@dataclass(frozen=True)
class AmountFigures:
    """All figures of one model on one part of the data."""

    rows: int
    kpi: Estimate
    too_high: int
    too_low: int
    metrics_of: Mapping[str, float]

    @property
    def counts(self) -> dict[str, int]:
        """How often it was decided too high, too low and exactly."""
        return {"high": self.too_high, "low": self.too_low, "exact": self.rows - self.too_high - self.too_low}

    @property
    def metrics(self) -> dict[str, float]:
        """The figures by name, for a tracking system."""
        kpi = {"kpi": self.kpi.value, "kpi_low": self.kpi.low, "kpi_high": self.kpi.high}
        return {name: float(value) for name, value in kpi.items()} | dict(self.metrics_of)


@dataclass(frozen=True)
class Regression(Tabular):
    """A target that is a number."""

    target: str
    cost: ErrorCost = EVEN_COST
    swing: None = None
    gains: None = None
    ways: tuple[str, str] = ("more", "less")

    @property
    def not_applicable(self) -> Mapping[str, str]:
        """The gates that look at chances and at yes and no."""
        return NOT_APPLICABLE

    @property
    def stakes(self) -> Json:
        """What an error costs."""
        return plain(self.cost)

    @property
    def figures_at_least(self) -> Mapping[str, float]:
        """A model that saves nothing of the best constant's error explains nothing."""
        return {"explained": 0.0}

    @property
    def objective(self) -> Mapping[str, Param]:
        """The mean cost, up to its scale (pinball loss)."""
        return {"objective": "reg:quantileerror", "quantile_alpha": self.cost.quantile}

    def noticeable(self, truth: Floats, decided: Floats, /) -> float:
        """Half of all errors are larger: what moves by less is the same decision."""
        return float(np.median(np.abs(truth - decided)))

    def as_chances(self, truth: Floats, said: Floats) -> tuple[NDArray[np.uint8], Floats]:
        """Whether the truth exceeded what was said, and in which share of the cases it should."""
        return (truth > said).astype(np.uint8), np.full(said.size, 1 - self.cost.quantile)

    def answering(self, truth: Floats, output: Floats) -> Amounts:
        """Moved to the quantile that costs least; never below nought where no truth is."""
        least = 0.0 if truth.min() >= 0 else None
        return amounts_around(truth, output, quantile=self.cost.quantile, least=least)

    def constant(self, truth: Floats) -> float:
        """The quantile that costs least."""
        return float(np.quantile(truth, self.cost.quantile))

    def linear(self, settings: Mapping[str, Param]) -> Any:
        """Ridge regression, as strong as the logistic one."""
        # scikit-learn costs a second to import and only linear models need it
        from sklearn.linear_model import Ridge

        return Ridge(alpha=1.0 / float(settings["c"]))

    def loss(self, truth: Floats, output: Floats) -> float:
        """Pinball loss: what an error costs, by the sum of both prices."""
        above, quantile = truth - output, self.cost.quantile
        return float(np.mean(np.maximum(quantile * above, (quantile - 1) * above)))

    @property
    def predicted(self) -> Predicted:
        """The amount."""
        return Predicted(self.target, is_share=False, happening="amounts that exceed what is decided")

    @property
    def headline(self) -> Headline:
        """How far off it is."""
        return MEAN_ERROR

    @property
    def decides(self) -> str:
        """The amount itself, which lies where errors cost least."""
        return f"the amount that {1 - self.cost.quantile:.0%} of the true ones exceed: there its errors cost least"

    def predicts(self, unit: str) -> str:
        """An amount, with an interval."""
        return f"“{self.target}” for each {unit}, and between which amounts it lies in 90 % of the cases"

    def told(self, met: Measured | None) -> Telling:
        """Two prices."""
        return told_of(self.target, self.cost, met)

    def worth(self, met: Measured, year: Year) -> dict[str, str]:
        """By what errors cost."""
        return worth_of(met, year)

    def worded(self, outcome: Outcome) -> str:
        """By its figure."""
        return f"{outcome:,g}"

    def surprise(self, said: float, seen: float) -> str:
        """More or fewer exceed what is decided than the prices ask for."""
        return f"{seen:.1%} of the amounts exceed what is decided, and by its costs {said:.1%} should"

    def answer(self, model: FittedModel) -> AmountAnswer:
        """The amount, and the bounds between which the true one lies."""
        said = model.answering
        if not isinstance(said, Amounts):
            raise InputRefused("a model that says chances answers no question for an amount", found=model.recipe.kind)
        return AmountAnswer(self.target, said.reach, said.least)

    def truth(self, rows: pd.DataFrame) -> Floats:
        """Numbers; whatever else a target holds is refused."""
        column = known_target(rows, self.target)
        if column.dtype.kind not in "iuf":
            raise InputRefused(
                f"target {self.target} is no number",
                found=str(column.iloc[0])[:40],
                allowed="numbers, for a regression",
            )
        amounts = column.to_numpy(dtype=np.float64)
        if not np.isfinite(amounts).all():
            raise InputRefused(f"target {self.target} holds infinite values", allowed="finite numbers")
        return amounts

    def money(self, truth: Floats, decided: Floats) -> Floats:
        """What each error costs, below nought."""
        above = decided - truth
        return -np.where(above > 0, float(self.cost.over) * above, -float(self.cost.under) * above)

    def simplest(self, rows: pd.DataFrame) -> Judged:
        """The one amount that costs least on these rows."""
        truth = self.truth(rows)
        constant = np.full(truth.size, self.constant(truth))
        return self._judged(rows, constant, constant)

    def figures(self, judged: Judged, *, units: Units) -> AmountFigures:
        """Money, the mean error and how much of the best constant's cost is saved."""
        if not judged.truth.size:
            raise InputRefused("figures need at least one row", found=0)
        if not np.isfinite(judged.decided).all():
            raise InputRefused("a prediction is not a finite number", found=int((~np.isfinite(judged.decided)).sum()))
        errors = judged.decided - judged.truth
        spread = self.loss(judged.truth, np.full(judged.truth.size, self.constant(judged.truth)))
        return AmountFigures(
            judged.truth.size,
            mean_with_interval(judged.money, units),
            int((errors > 0).sum()),
            int((errors < 0).sum()),
            {
                "mae": float(np.abs(errors).mean()),
                "rmse": float(np.sqrt(np.square(errors).mean())),
                "bias": float(errors.mean()),
                "explained": 1 - self.loss(judged.truth, judged.decided) / spread if spread else 0.0,
            },
        )

    def _judged(self, rows: pd.DataFrame, said: Floats, decided: Floats) -> Judged:
        truth = self.truth(rows)
        return Judged(rows, truth, said, decided, self.money(truth, decided))
