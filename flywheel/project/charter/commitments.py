"""What people agree on besides purpose and money: the risks, what IT allows, and the dates."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Literal, get_args

from pydantic import Field, Strict, model_validator

from flywheel.domain.stages import Stage
from flywheel.project.charter.data import Column, Data
from flywheel.project.charter.fields import (
    Block,
    Bound,
    ColumnName,
    Count,
    Email,
    Flag,
    Line,
    Number,
    Paragraph,
    Word,
    wrong,
)

Measure = Literal["value per year", "AUC", "hit rate", "share acted on", "mean absolute error"]
"""What the test rows can measure: the gain over the baseline in a year, how well it ranks, how often acting was right,
and how often it acts."""
Level = Literal["low", "medium", "high"]
Milliseconds = Annotated[float, Strict(), Field(gt=0, le=600_000, allow_inf_nan=False)]
Megabytes = Annotated[float, Strict(), Field(gt=0, le=1_000_000, allow_inf_nan=False)]


class RiskEntry(Block):
    """One line of the register: what may go wrong, how likely, how bad, and what somebody does about it."""

    what: Line
    likelihood: Level
    harm: Level
    answer: Paragraph | None = None
    owner: Email | None = None

    @property
    def is_high(self) -> bool:
        """Whether nothing may begin before somebody answers for it."""
        return "high" in {self.likelihood, self.harm}


class ItTerms(Block):
    """What those who run it allow; each is measured or refused, and none is a mere wish."""

    deliverable: Literal["api", "batch"] | None = None
    max_latency_ms: Milliseconds | None = None
    max_package_mb: Megabytes | None = None
    no_egress: Flag = False

    @property
    def limits(self) -> Mapping[str, float]:
        """The limits as the package's gate knows them."""
        said = {
            "p95_milliseconds_at_most": self.max_latency_ms,
            "package_megabytes_at_most": self.max_package_mb,
        }
        return {name: limit for name, limit in said.items() if limit is not None}


class Kpi(Block):
    """A target: from today's level to the one that is wanted, measured by us or reported by somebody."""

    __annotations__["from"] = Number  # the key is a word of Python's, which no class can write otherwise
    name: Line
    target: Number
    by: date | None = None
    measure: Measure | None = None
    reported_by: Email | None = None

    @property
    def before(self) -> float:
        """Today's level."""
        return float(getattr(self, "from"))

    @model_validator(mode="after")
    def _is_told_by_somebody(self) -> Kpi:
        if (self.measure is None) == (self.reported_by is None):
            raise wrong(
                "a target is measured here, or reported by somebody",
                f"measure = one of {', '.join(get_args(Measure))}; or reported_by = an e-mail address",
            )
        if self.target == self.before:
            raise wrong("the target is what there is today", "another level than from")
        return self


class PopulationColumn(Block):
    """Which values of a column those have whom the model is for."""

    between: tuple[Bound, Bound] | None = None
    among: tuple[Word, ...] = Field((), max_length=1_000)

    @model_validator(mode="after")
    def _bounds_something(self) -> PopulationColumn:
        if (self.between is None) == (not self.among):
            raise wrong("needs one bound", "between = [low, high], or among = [values]; not both")
        return self

    def narrowed(self, column: Column) -> Column:
        """Give a column as those have it whom the model is for: within its own bounds and these."""
        if self.among:
            return column.model_copy(update={"categories": self.among})
        assert self.between is not None, "refused above"
        (low, high), own = self.between, column.between or self.between
        bounds = (max(low, own[0]), min(high, own[1]))
        return column.model_copy(update={"between": bounds})


class Population(Block):
    """Whom the model is for: in words, as bounds on columns, and in how many rows at least."""

    who: Paragraph
    min_rows: Count | None = None
    columns: Mapping[ColumnName, PopulationColumn] = Field(default_factory=dict, max_length=200)

    def held(self, data: Data) -> Data:
        """Give the data with every bounded column narrowed."""
        narrow = {name: one.narrowed(data.columns[name]) for name, one in self.columns.items() if name in data.columns}
        return data.model_copy(update={"columns": {**data.columns, **narrow}})


class Timeline(Block):
    """By when a model is to be found, and by when it is to serve."""

    research_by: date | None = None
    delivery_by: date | None = None

    @model_validator(mode="after")
    def _is_in_order(self) -> Timeline:
        if self.research_by and self.delivery_by and self.delivery_by < self.research_by:
            raise wrong("delivery is due before research", "delivery_by on the day of research_by or later")
        return self

    @property
    def due(self) -> Mapping[Stage, date]:
        """By which day each stage is to have begun at the latest."""
        said = {Stage.RESEARCH: self.research_by, Stage.DELIVERY: self.delivery_by}
        return {stage: day for stage, day in said.items() if day is not None}
