"""The charter's blocks for research, validation, delivery, monitoring and retraining."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, Strict, model_validator

from flywheel.domain.monitoring import Action, Signal, Watch
from flywheel.domain.signoffs import Role
from flywheel.project.charter.fields import (
    Block,
    Channel,
    ColumnName,
    Duration,
    Flag,
    GateCode,
    LimitName,
    Number,
    Share,
    Span,
    ValidationGate,
    wrong,
)
from flywheel.project.charter.tasks import Task

Side = Literal["positive", "negative"]
"""A decision by its side: at or above the model's threshold, or below it."""
StandIn = Literal["previous", "rule"]
DEFAULT_FALLBACK: tuple[StandIn, ...] = ("previous",)


class Split(Block):
    """How rows are parted: by time with periods, else by share."""

    by: Literal["time", "random", "entity"] = "random"
    validation: Span | Share = 0.2
    test: Span | Share = 0.2
    equal_in: tuple[ColumnName, ...] = Field((), max_length=2_000)

    @model_validator(mode="after")
    def _parts_fit(self) -> Split:
        for part in (self.validation, self.test):
            if isinstance(part, Duration) != (self.by == "time"):
                raise wrong(f"the parts do not fit by = {self.by!r}", "periods such as '3 months' by time, else shares")
        if isinstance(self.validation, float) and isinstance(self.test, float):
            is_sane = self.validation > 0 and self.test > 0 and self.validation + self.test < 1
            if not is_sane:
                raise wrong("the shares leave a part empty", "above 0, together below 1")
        return self


class Budget(Block):
    """How much search is worth; whichever ends first ends it."""

    trials: Annotated[int, Strict(), Field(ge=1, le=10_000)] = 8
    minutes: Annotated[float, Strict(), Field(gt=0, le=10_080, allow_inf_nan=False)] = 10.0


class Research(Block):
    """What is tried and how it is measured."""

    task: Task = "binary"
    split: Split = Split()
    budget: Budget = Budget()
    seed: Annotated[int, Strict(), Field(ge=0, le=2**31 - 1)] = 7


class Fairness(Block):
    """Groups whose treatment may differ only so much."""

    groups: tuple[ColumnName, ...] = Field(min_length=1, max_length=50)
    measure: Literal["equal_opportunity", "demographic_parity", "equalized_odds"]
    at_most: Share


class MustBeat(Block):
    """By how much a candidate must beat what is there, as a share of the KPI, at the lower bound of the interval."""

    baseline: Annotated[float, Strict(), Field(ge=0, le=10, allow_inf_nan=False)] = 0.0
    champion: Annotated[float, Strict(), Field(ge=0, le=10, allow_inf_nan=False)] = 0.0


class PolicyBlock(Block):
    """What a project asks for beyond its tier's policy; it may tighten and never loosen."""

    quorum: Mapping[Role, Annotated[int, Strict(), Field(ge=1, le=10)]] = Field(default_factory=dict, max_length=6)
    agreement: Mapping[Role, Annotated[int, Strict(), Field(ge=1, le=10)]] = Field(default_factory=dict, max_length=6)
    final_approver: Role | None = None
    validity_days: Annotated[int, Strict(), Field(ge=1, le=1_825)] | None = None
    warned_opens: Flag | None = None
    must_be_reproduced: Flag | None = None
    required: tuple[ValidationGate, ...] = Field((), max_length=50)
    thresholds: Mapping[GateCode, Mapping[LimitName, Number]] = Field(default_factory=dict, max_length=50)


class Validation(Block):
    """What a version must show beyond its tier's gates."""

    slices: tuple[ColumnName, ...] = Field((), max_length=50)
    fairness: Fairness | None = None
    must_beat: MustBeat = MustBeat()
    policy: PolicyBlock = PolicyBlock()


class RuleBlock(Block):
    """The business rule that decides when no model may: `then` within its limit, beyond it the other side or amount."""

    column: ColumnName
    at_least: Number | None = None
    at_most: Number | None = None
    then: Side | Number
    otherwise: Side | Number | None = None
    missing: Side | Number

    @property
    def beyond(self) -> Side | float:
        """The answer beyond the limit: an amount of its own, else the side that `then` does not name."""
        if self.otherwise is not None:
            return self.otherwise
        return "negative" if self.then == "positive" else "positive"

    @model_validator(mode="after")
    def _answers_in_one_kind(self) -> RuleBlock:
        are_amounts = {isinstance(one, float) for one in (self.then, self.beyond, self.missing)}
        if len(are_amounts) > 1 or isinstance(self.otherwise, str):
            raise wrong(
                "a rule answers with sides or with amounts, not with both",
                'then and missing as "positive" or "negative", without otherwise; '
                "or then, otherwise and missing as amounts, such as 120.0",
            )
        return self

    @model_validator(mode="after")
    def _has_one_limit(self) -> RuleBlock:
        if (self.at_least is None) == (self.at_most is None):
            raise wrong("a rule needs one limit", "at_least or at_most, not both")
        return self


class Delivery(Block):
    """What stands in when a version may no longer serve, in this order."""

    fallback: tuple[StandIn, ...] = Field(DEFAULT_FALLBACK, min_length=1, max_length=2)
    rule: RuleBlock | None = None

    @model_validator(mode="after")
    def _fallback_exists(self) -> Delivery:
        if ("rule" in self.fallback) != (self.rule is not None):
            raise wrong("fallback and [delivery.rule] must go together", 'fallback = [..., "rule"] and [delivery.rule]')
        return self


class SignalBlock(Block):
    """One line of the monitoring plan: watch this, then act so."""

    watch: Watch
    action: Action
    columns: Literal["all"] | tuple[ColumnName, ...] = "all"
    exempt: tuple[ColumnName, ...] = Field((), max_length=200)

    @model_validator(mode="after")
    def _looks_at_something(self) -> SignalBlock:
        if self.columns != "all" and (self.exempt or not self.columns):
            raise wrong("columns and exempt do not fit together", "columns = [...] with names, or exempt = [...]")
        if self.watch is Watch.PARITY and (self.columns != "all" or self.exempt):
            raise wrong("parity compares whole answers, and looks at no columns", "leave columns and exempt out")
        return self

    @property
    def signal(self) -> Signal:
        """The line as the domain reads it."""
        columns = None if self.columns == "all" else frozenset(self.columns)
        return Signal(self.watch, self.action, columns, frozenset(self.exempt))


class Monitoring(Block):
    """What is watched, how often, and what is done about it."""

    every: Span
    page: tuple[Channel, ...] = Field(min_length=1, max_length=20)
    signals: tuple[SignalBlock, ...] = Field(min_length=1, max_length=100)

    @property
    def plan(self) -> tuple[Signal, ...]:
        """The plan as the domain reads it."""
        return tuple(dict.fromkeys(block.signal for block in self.signals))


class Retraining(Block):
    """How often a version is made again with its recipe; every one of them is signed anew."""

    every: Span
