"""The charter's `[data]`: sources, columns and checks."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator

from flywheel.domain.gates import Severity
from flywheel.project.fields import (
    Block,
    Bound,
    Code,
    ColumnName,
    Day,
    Days,
    Email,
    Flag,
    Level,
    Line,
    Money,
    Query,
    Share,
    Slug,
    WaivableGate,
    wrong,
)
from flywheel.project.kinds import Kind

SKLEARN_SETS = ("breast_cancer", "diabetes", "digits", "iris", "wine")
"""scikit-learn's own data sets that need no network."""

DATA_FILES = (".parquet", ".csv", ".csv.gz")
"""What a data file may end in."""

_EXPECTATION = re.compile(r"expect_[a-z0-9_]{1,80}")
_PATH = re.compile(r"[A-Za-z0-9_.*?=/ -]{1,300}")
_SQL = re.compile(r"sql://[a-z][a-z0-9_-]{0,62}")
_DATASET = re.compile(r"dataset://[a-z][a-z0-9-]{1,62}/[a-z][a-z0-9-]{1,62}(@[0-9a-f]{8,64})?")
_OPERATORS = ("is", "is_not", "at_least", "at_most", "in", "is_missing", "is_present")


Weight = Literal[Severity.CRITICAL, Severity.WARNING, Severity.INFO]
"""How much a broken rule of the data weighs; questions are for people, and no rule of a charter asks one."""


class SourceForm(StrEnum):
    """Where a source lives."""

    FILES = "files"
    SKLEARN = "sklearn"
    SQL = "sql"
    DATASET = "dataset"


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


def _uri(uri: str) -> str:
    if uri.startswith("sklearn://"):
        if uri.removeprefix("sklearn://") not in SKLEARN_SETS:
            raise wrong("is not a data set of scikit-learn", ", ".join(f"sklearn://{name}" for name in SKLEARN_SETS))
        return uri
    if uri.startswith("sql:"):
        if not _SQL.fullmatch(uri):
            raise wrong("is not a named SQL source", "sql://<name under [sources] of the settings>")
        return uri
    if uri.startswith("dataset:"):
        if not _DATASET.fullmatch(uri):
            raise wrong("is not a dataset of a project", "dataset://PROJECT/NAME or dataset://PROJECT/NAME@DIGEST")
        return uri
    if "://" in uri or "::" in uri or ":" in uri:
        raise wrong(
            "is an address, and data is never fetched from an address in a charter",
            "a path inside the project, sklearn://<set>, sql://<name from settings> or dataset://<project>/<name>",
        )
    parts = uri.split("/")
    if uri.startswith(("/", "~")) or ".." in parts or not _PATH.fullmatch(uri) or "**" in uri:
        raise wrong("does not stay inside the project", "a relative path of letters, digits and . _ - = / * ?")
    if not uri.endswith((*DATA_FILES, "/")):
        raise wrong("is not a kind of data file that is read", f"{', '.join(DATA_FILES)}, or a folder that ends in /")
    return uri


class Source(Block):
    """Where rows come from, why they may be used and what they cost."""

    uri: Annotated[str, Field(min_length=1, max_length=300), AfterValidator(_uri)]
    query: Query | None = None
    join: ColumnName | None = None
    purpose: Line | None = None
    available_after_days: Days = 0
    cost_per_year: Money | None = None

    @model_validator(mode="after")
    def _query_fits(self) -> Source:
        if self.form is SourceForm.SQL and self.query is None:
            raise wrong("an SQL source needs a query", 'query = "select ..."')
        if self.form is not SourceForm.SQL and self.query is not None:
            raise wrong("only an SQL source takes a query", "sql://<name from settings>, or no query")
        if self.form is SourceForm.DATASET and self.purpose is None:
            raise wrong("another project's dataset is read for a purpose", 'purpose = "..." as its owner allows it')
        return self

    @property
    def form(self) -> SourceForm:
        """What kind of place the address names."""
        scheme = self.uri.partition("://")[0] if "://" in self.uri else "files"
        return SourceForm(scheme)


class Column(Block):
    """What is known and demanded of one column."""

    kind: Kind
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
    def _arguments_are_plain(self) -> Check:
        if not _EXPECTATION.fullmatch(self.expectation):
            raise wrong("is not the name of an expectation", "expect_ and small letters, digits, underscores")
        hidden = sorted({"row_condition", "condition_parser", "meta", "severity"} & set(self.arguments))
        if hidden:
            raise wrong(f"{hidden[0]} is not an argument here", 'where = [{ column = "...", is = ... }]')
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
    positive: Flag | Code = True
    entity: ColumnName | None = None
    time: ColumnName | None = None
    sources: Mapping[Slug, Source] = Field(min_length=1, max_length=100)
    columns: Mapping[ColumnName, Column] = Field(default_factory=dict, max_length=2_000)
    checks: tuple[Check, ...] = Field((), max_length=1_000)
    waivers: tuple[Waived, ...] = Field((), max_length=100)

    @property
    def declared(self) -> frozenset[str]:
        """Every column name that a rule may use."""
        keys = {name for name in (self.target, self.entity, self.time) if name}
        joins = {source.join for source in self.sources.values() if source.join}
        return frozenset({*self.columns, *keys, *joins})
