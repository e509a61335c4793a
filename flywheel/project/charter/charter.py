"""The charter: a data scientist's whole project as one frozen value, in the shape of `project.toml`."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, Strict, model_validator

from flywheel.domain import value
from flywheel.domain.policy import Exposure, Purpose, Tier, tier_of
from flywheel.domain.quadrants import DataState, Feasibility, OperationsState, WorkChange
from flywheel.domain.signoffs import Role
from flywheel.project.charter.commitments import ItTerms, Kpi, Population, RiskEntry, Timeline
from flywheel.project.charter.data import Data
from flywheel.project.charter.features import DerivedFeature
from flywheel.project.charter.fields import (
    Block,
    ColumnName,
    Count,
    Currency,
    Email,
    Flag,
    Line,
    Money,
    Paragraph,
    Share,
    Slug,
    Word,
    wrong,
)
from flywheel.project.charter.stages import (
    Delivery,
    Monitoring,
    Research,
    Retraining,
    Validation,
)
from flywheel.project.charter.tasks import TASKS, TaskKeys
from flywheel.project.expressions.definitions import MOST_FEATURES
from flywheel.project.reading.lookalikes import looks

Deliverable = Literal["api"]
"""What a version is delivered as; further forms are refused until they are made (`coming.py`)."""


class ProblemStatement(Block):
    """What hurts, what would be better, and which step of which process the model serves."""

    statement: Paragraph
    objective: Paragraph
    decision: Line
    process: tuple[Line, ...] = Field(min_length=1, max_length=100)
    out_of_scope: tuple[Line, ...] = Field((), max_length=100)

    @model_validator(mode="after")
    def _decision_is_a_step(self) -> ProblemStatement:
        if self.decision not in self.process:
            raise wrong("decision is not a step of the process", ", ".join(self.process))
        return self


class Risk(Block):
    """The answers that the risk tier follows from."""

    exposure: Exposure
    purpose: Purpose
    regulated: Flag

    @property
    def tier(self) -> Tier:
        """How much can go wrong."""
        return tier_of(self.exposure, self.purpose, regulated=self.regulated)


class Stakeholders(Block):
    """Who speaks for what; the owner counts as the author and signs nothing."""

    business: tuple[Email, ...] = Field((), max_length=50)
    validator: tuple[Email, ...] = Field((), max_length=50)
    it: tuple[Email, ...] = Field((), max_length=50)
    legal: tuple[Email, ...] = Field((), max_length=50)

    @property
    def by_role(self) -> dict[Role, tuple[str, ...]]:
        """The people of each role that a project names."""
        return {
            Role.BUSINESS: self.business,
            Role.VALIDATOR: self.validator,
            Role.IT: self.it,
            Role.LEGAL: self.legal,
        }


def _price(amount: Decimal) -> Decimal:
    if amount <= 0:
        raise wrong("is what an error costs, and must be more than 0", "an amount above 0, such as 2.5")
    return amount


class PayoffBlock(Block):
    """Money for one unit by what the model said and what was true."""

    true_positive: Money
    false_positive: Money
    true_negative: Money
    false_negative: Money

    @model_validator(mode="after")
    def _rewards_being_right(self) -> PayoffBlock:
        if self.true_positive <= self.false_negative or self.true_negative <= self.false_positive:
            raise wrong(
                "being right must earn more than being wrong, or one answer is best for all and no model can earn more",
                "true_positive above false_negative, and true_negative above false_positive",
            )
        return self


class ErrorCostBlock(Block):
    """Money that each unit costs by which an amount is decided too high, or too low."""

    over: Annotated[Money, AfterValidator(_price)]
    under: Annotated[Money, AfterValidator(_price)]


class ImprovementBlock(Block):
    """The share of today's loss avoided, as three honest guesses."""

    low: Share
    likely: Share
    high: Share

    @model_validator(mode="after")
    def _is_ordered(self) -> ImprovementBlock:
        if not self.low <= self.likely <= self.high:
            raise wrong("the guesses are not in order", "low <= likely <= high")
        return self


class CostsBlock(Block):
    """What it takes."""

    people_days: Mapping[Slug, Annotated[float, Strict(), Field(ge=0, le=100_000, allow_inf_nan=False)]] = Field(
        default_factory=dict, max_length=50
    )
    day_rate: Money = value.DAY_RATE
    compute: Money = Decimal(0)
    data_per_year: Money = Decimal(0)


def _loss(amount: Decimal) -> Decimal:
    if amount < 0:
        raise wrong("is what is lost, and below 0 it would be a gain", "an amount from 0 on, such as 100_000")
    return amount


class ValueBlock(Block):
    """Money: the KPI of every experiment and the return on the whole."""

    currency: Currency = "EUR"
    unit: Line
    volume_per_year: Count
    loss_per_year: Annotated[Money, AfterValidator(_loss)] | None = None
    payoff: PayoffBlock | None = None
    error_cost: ErrorCostBlock | None = None
    improvement: ImprovementBlock | None = None
    confidence: Share = 0.5
    costs: CostsBlock = CostsBlock()

    @property
    def money(self) -> value.Payoff | None:
        """The pay-off as the domain counts it."""
        pay = self.payoff
        if pay is None:
            return None
        return value.Payoff(pay.true_positive, pay.false_positive, pay.true_negative, pay.false_negative)

    @property
    def prices(self) -> value.ErrorCost | None:
        """The cost of errors as the domain counts it."""
        return value.ErrorCost(self.error_cost.over, self.error_cost.under) if self.error_cost else None

    @property
    def guesses(self) -> value.Improvement | None:
        """The improvement as the domain counts it."""
        guess = self.improvement
        return value.Improvement(guess.low, guess.likely, guess.high) if guess else None

    @property
    def spending(self) -> value.Costs:
        """The costs as the domain counts them."""
        costs = self.costs
        return value.Costs(dict(costs.people_days), costs.day_rate, costs.compute, costs.data_per_year)


class FeasibilityBlock(Block):
    """What stands for and against the idea besides money: its quadrant follows from these and from the return."""

    sponsor: Email | None = None
    bounded: Flag
    data: DataState
    operations: OperationsState
    change: WorkChange

    @property
    def stated(self) -> Feasibility:
        """The answers as the domain weighs them."""
        return Feasibility(self.sponsor or "", self.bounded, self.data, self.operations, self.change)


class DecisionBlock(Block):
    """What is decided, in the words that callers of the endpoint and everybody who signs will read."""

    positive: Word = "yes"
    negative: Word = "no"

    @model_validator(mode="after")
    def _sides_differ(self) -> DecisionBlock:
        if looks(self.positive) == looks(self.negative):
            raise wrong("both answers have the same word, or two that look alike", "two words, such as call and leave")
        return self


class Charter(Block):
    """The model requirements document; every block is optional until its stage needs it."""

    name: Slug
    title: Line
    owner: Email
    deliver_as: tuple[Deliverable, ...] = Field(("api",), min_length=1, max_length=1)
    problem: ProblemStatement | None = None
    risk: Risk | None = None
    stakeholders: Stakeholders = Stakeholders()
    value: ValueBlock | None = None
    feasibility: FeasibilityBlock | None = None
    risks: tuple[RiskEntry, ...] = Field((), max_length=100)
    kpis: tuple[Kpi, ...] = Field((), max_length=50)
    it: ItTerms | None = None
    population: Population | None = None
    timeline: Timeline | None = None
    decision: DecisionBlock = DecisionBlock()
    data: Data | None = None
    features: Mapping[ColumnName, DerivedFeature] = Field(default_factory=dict, max_length=MOST_FEATURES)
    research: Research = Research()
    validation: Validation = Validation()
    delivery: Delivery | None = None
    monitoring: Monitoring | None = None
    retraining: Retraining | None = None

    @model_validator(mode="after")
    def _amounts_have_no_yes(self) -> Charter:
        """Where a task knows no yes, the target holds none either."""
        if self.data is not None and not self.asks.has_positive and "positive" not in self.data.model_fields_set:
            object.__setattr__(self.data, "positive", None)
        return self

    @property
    def asks(self) -> TaskKeys:
        """What the kind of problem asks of this charter."""
        return TASKS[self.research.task]

    @property
    def tier(self) -> Tier:
        """The risk tier; the strictest as long as nobody has answered the questions."""
        return self.risk.tier if self.risk else Tier.HIGH

    @property
    def held_data(self) -> Data | None:
        """What is known of the data, its columns narrowed to those whom the model is for."""
        return self.population.held(self.data) if self.population and self.data else self.data

    @property
    def is_watched(self) -> bool:
        """Whether people are decided about or the law watches; so it is as long as nobody has said otherwise."""
        return self.risk is None or self.risk.regulated or self.risk.purpose is Purpose.AUTOMATED_DECISION

    @property
    def entity(self) -> str:
        """The column that says whom a row is about; empty where none is named."""
        return (self.data.entity if self.data else None) or ""
