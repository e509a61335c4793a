"""What a dossier tells of amounts: what each unit too high or too low costs, and what a smaller error is worth."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from flywheel.domain.value import ErrorCost
from flywheel.errors import counted
from flywheel.pages.figures import figure, money
from flywheel.project.problems.telling import Case, Headline, Measured, Telling, Year

MEAN_ERROR = Headline("mae", "Mean absolute error")
TUNED = "its level and its intervals"
IN_SHAPE = "where its errors keep their shape"


def told_of(target: str, cost: ErrorCost, met: Measured | None) -> Telling:
    """Tell what each unit costs by which an amount was decided too high or too low, and how often it was."""
    high, low = _Way.of("too high", cost.over, met, "high", 1), _Way.of("too low", cost.under, met, "low", -1)
    cases = (high.case(target), low.case(target))
    if met is None:
        return Telling(MEAN_ERROR, TUNED, cases, {}, "")
    decided = {f"decided {way.how}": f"{way.times:,}{way.by(', ', '')}" for way in (high, low)}
    rows = counted(sum(met.counts.values()), "test row")
    sentence = (
        f"It decides amounts: too high for {high.times:,} of {rows}{high.by(' (', ')')} "
        f"and too low for {low.times:,}{low.by(' (', ')')}."
    )
    return Telling(MEAN_ERROR, TUNED, cases, {**decided, "decided exactly": f"{met.counts['exact']:,}"}, sentence)


def worth_of(met: Measured, year: Year) -> dict[str, str]:
    """Say what a hundredth less of the error is worth here, and from which error on a model pays its costs."""
    dear, saved, error = -met.metrics["kpi"], met.metrics["explained"], met.metrics[MEAN_ERROR.metric]
    if dear <= 0:
        return {}
    shown = {"1 % less of its error, a year": f"{money(dear / 100 * year.decisions, year.currency)}, {IN_SHAPE}"}
    if year.cost:
        affordable = dear / (1 - saved) - year.cost / year.decisions
        least = figure(error * affordable / dear) if affordable > 0 else "none: no model saves as much"
        shown["pays its costs from a mean absolute error of"] = least
    return shown


@dataclass(frozen=True)
class _Way:
    """One side on which amounts err: what a unit costs, how often it was so, and by how many units in all."""

    how: str
    price: Decimal
    is_measured: bool
    times: int = 0
    units: float = 0.0

    @classmethod
    def of(cls, how: str, price: Decimal, met: Measured | None, key: str, sign: int) -> _Way:
        """Of both sides together the mean error tells by how much, of their difference the bias."""
        if met is None:
            return cls(how, price, is_measured=False)
        mean, bias = met.metrics[MEAN_ERROR.metric], met.metrics["bias"]
        units = sum(met.counts.values()) * max(mean + sign * bias, 0.0) / 2
        return cls(how, price, is_measured=True, times=met.counts[key], units=units)

    def case(self, target: str) -> Case:
        """Its row in the table of money."""
        title, each = f"each unit of “{target}” {self.how}", str(-self.price)
        if not self.is_measured:
            return Case(title, title, each)
        return Case(title, title, each, self.times, f"{-self.price * Decimal(str(self.units)):.2f}")

    def by(self, before: str, behind: str) -> str:
        """Say by how many units it erred on average; nothing where it never did."""
        return f"{before}by {figure(self.units / self.times)} on average{behind}" if self.times else ""
