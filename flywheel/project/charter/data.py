"""The charter's `[data]`: sources, columns and checks."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from flywheel.domain.gates import Severity
from flywheel.project.charter.expectations import misfits
from flywheel.project.charter.fields import (
    Block,
    Bound,
    Code,
    ColumnName,
    Day,
    Email,
    Flag,
    Level,
    Line,
    Share,
    Slug,
    WaivableGate,
    Written,
    WrittenUnit,
    wrong,
)
from flywheel.project.charter.source import Source
from flywheel.project.reading.kinds import Kind
from flywheel.project.reading.levels import level_of

_OPERATORS = ("is", "is_not", "at_least", "at_most", "in", "is_missing", "is_present")


Weight = Literal[Severity.CRITICAL, Severity.WARNING, Severity.INFO]
"""How much a broken rule of the data weighs; questions are for people, and no rule of a charter asks one."""


class ColumnUse(StrEnum):
    """What a declared column is there for; target, entity and time are named under `[data]`."""

    FEATURE = "feature"
    GROUP = "group"
    KEPT = "kept"


class Missing(Block):
    """What counts as missing, and how much of it is bearable."""

    codes: tuple[Code, ...] = Field((), max_length=50)
    at_most: Share | None = None
    severity: Weight = Severity.CRITICAL


def _listed(given: Any) -> Any:
    """Take one header or a list of them."""
    return (given,) if isinstance(given, str) else given


class Column(Block):
    """What is known and demanded of one column."""

    kind: Kind
    alias: Annotated[tuple[Written, ...], BeforeValidator(_listed), Field(max_length=20)] = ()
    unit: WrittenUnit | None = None
    between: tuple[Bound, Bound] | None = None
    categories: tuple[Level, ...] = Field((), max_length=10_000)
    missing: Missing = Missing()
    role: ColumnUse = ColumnUse.FEATURE
    permitted: Flag = True
    known_at_decision: Flag = True
    expect: Literal["increasing", "decreasing"] | None = None

    @model_validator(mode="after")
    def _bounds_fit(self) -> Column:
        if self.between is not None:
            low, high = self.between
            wants_time = self.kind is Kind.TIME
            if self.kind not in {Kind.NUMBER, Kind.INTEGER, Kind.TIME}:
                raise wrong(f"between has no meaning for kind {self.kind.value}", "number, integer or time")
            if isinstance(low, float) == wants_time or isinstance(high, float) == wants_time:
                raise wrong("the bounds of between do not fit the kind", "times for kind time, else numbers")
            if not low <= high:  # type: ignore[operator]  # both are of one kind by now
                raise wrong("between begins after its end", "[low, high]")
        if self.categories and self.kind not in {Kind.CATEGORY, Kind.TEXT}:
            raise wrong(f"categories have no meaning for kind {self.kind.value}", "category or text")
        return self

    @model_validator(mode="after")
    def _says_nothing_idle(self) -> Column:
        if self.unit and self.kind not in {Kind.NUMBER, Kind.INTEGER}:
            raise wrong(f"unit has no meaning for kind {self.kind.value}, which holds no amounts", "number or integer")
        if self.expect and self.kind not in {Kind.NUMBER, Kind.INTEGER, Kind.BOOLEAN}:
            raise wrong(
                f"expect has no meaning for kind {self.kind.value}: no amount goes up or down", "number or integer"
            )
        if both := [level for level in self.categories if level in self.missing.codes]:
            raise wrong(f"{both[0]} is a category and means missing at once", "categories, or missing.codes")
        return self


class Condition(Block):
    """One condition on the rows a check looks at; several are joined by "and"."""

    column: ColumnName
    operator: Literal["is", "is_not", "at_least", "at_most", "in", "is_missing", "is_present"]
    value: Flag | Code | tuple[Code, ...] | None = None

    @model_validator(mode="before")
    @classmethod
    def _from_short_form(cls, given: Any) -> Any:
        if not isinstance(given, Mapping) or "operator" in given:
            return given
        used = [key for key in given if key in _OPERATORS]
        if len(used) != 1:
            raise wrong("a condition needs one comparison", ", ".join(_OPERATORS))
        rest = {key: value for key, value in given.items() if key not in used}
        if used[0] in {"is_missing", "is_present"}:
            if given[used[0]] is not True:
                raise wrong(f"{used[0]} takes no value", f"{used[0]} = true")
            return rest | {"operator": used[0]}
        return rest | {"operator": used[0], "value": given[used[0]]}


class Check(Block):
    """One expectation by the name Great Expectations gives it, with plain arguments."""

    expectation: Annotated[str, Field(max_length=90)]
    arguments: Mapping[str, Any] = Field(default_factory=dict, max_length=30)
    severity: Weight = Severity.CRITICAL
    where: tuple[Condition, ...] = Field((), max_length=20)

    @model_validator(mode="before")
    @classmethod
    def _from_short_form(cls, given: Any) -> Any:
        if not isinstance(given, Mapping) or "expectation" in given:
            return given
        names = [key for key in given if str(key).startswith("expect_")]
        if len(names) != 1:
            raise wrong("a check needs one expectation", "one key expect_... with a table of its arguments")
        rest = {key: value for key, value in given.items() if key not in names}
        return rest | {"expectation": names[0], "arguments": given[names[0]]}

    @model_validator(mode="after")
    def _expectation_fits(self) -> Check:
        hidden = sorted({"row_condition", "condition_parser", "meta", "severity"} & set(self.arguments))
        if hidden:
            raise wrong(f"{hidden[0]} is not an argument here", 'where = [{ column = "...", is = ... }]')
        if found := tuple(misfits(self.expectation, self.arguments)):
            raise wrong("; ".join(one.what for one in found), "; ".join(dict.fromkeys(one.allowed for one in found)))
        return self

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that the arguments and the conditions name."""
        single = [self.arguments[key] for key in ("column", "column_A", "column_B") if key in self.arguments]
        several = [self.arguments[key] for key in ("column_list", "column_set") if key in self.arguments]
        named = [*single, *(name for names in several if isinstance(names, list | tuple) for name in names)]
        return (*(str(name) for name in named), *(condition.column for condition in self.where))


class Waived(Block):
    """A finding about one column that someone answers for up to a day; what is forbidden (DATA-004) is never waived."""

    check: WaivableGate
    column: ColumnName
    owner: Email
    reason: Annotated[Line, Field(min_length=10)]
    until: Day


class Data(Block):
    """What the model learns from and on what it decides."""

    target: ColumnName | None = None
    positive: Flag | Code | None = True
    """The value that is the yes; none where the target is an amount."""
    entity: ColumnName | None = None
    time: ColumnName | None = None
    sources: Mapping[Slug, Source] = Field(min_length=1, max_length=100)
    columns: Mapping[ColumnName, Column] = Field(default_factory=dict, max_length=2_000)
    checks: tuple[Check, ...] = Field((), max_length=1_000)
    waivers: tuple[Waived, ...] = Field((), max_length=100)

    @model_validator(mode="after")
    def _yes_is_a_level(self) -> Data:
        """Name the yes as a column of categories holds it, whichever way it is written."""
        declared = self.columns.get(self.target or "")
        is_category = declared.kind is Kind.CATEGORY if declared else isinstance(self.positive, str)
        if is_category and self.positive is not None and not isinstance(self.positive, bool):
            object.__setattr__(self, "positive", level_of(self.positive))
        return self

    @property
    def declared(self) -> frozenset[str]:
        """Every column name that a rule may use."""
        keys = {name for name in (self.target, self.entity, self.time) if name}
        joins = {source.join for source in self.sources.values() if source.join}
        return frozenset({*self.columns, *keys, *joins})
