"""A column as it is read, held against what the charter declares of it: with the first value, its row and a count."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from flywheel.errors import counted
from flywheel.project.charter.data import Column, Data
from flywheel.project.charter.data_schema import declared_kinds, missing_codes
from flywheel.project.charter.idle import watched_columns
from flywheel.project.charter.toml_values import quoted
from flywheel.project.checking.faults import KIND_WORDS, SHOWN_VALUES, Fault
from flywheel.project.reading.durations import CURE as DURATIONS_CURE
from flywheel.project.reading.durations import is_duration
from flywheel.project.reading.kinds import Kind
from flywheel.project.reading.levels import level_of
from flywheel.project.reading.missing import INFINITE, Code, Codes
from flywheel.project.tabular.levels_kept import LevelsKept, kept_levels

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

MOST_LEVELS = 10_000


@dataclass
class _Odd:
    """Values that break one rule: how many, the first ones, and the row of the first."""

    count: int = 0
    row: int | None = None
    values: list[str] = field(default_factory=list)

    def add(self, series: pd.Series[Any], mask: Any, first_row: int) -> None:
        """Count the marked values."""
        places = mask.to_numpy().nonzero()[0]
        if not len(places):
            return
        self.count += len(places)
        self.row = first_row + int(places[0]) if self.row is None else self.row
        for value in series.iloc[places[:200]]:
            if len(self.values) < SHOWN_VALUES and str(value) not in self.values:
                self.values.append(str(value))


@dataclass(frozen=True)
class Target:
    """What is predicted: which value is the yes, and none where it is an amount."""

    positive: Code | None


@dataclass
class SeenColumn:
    """What was seen of one column so far."""

    name: str
    kind: Kind | None
    column: Column | None
    codes: Codes
    target: Target | None = None
    trained_share: float = 1.0
    is_learned: bool = True
    """Whether a model may decide on it, so that training looks at its values."""
    rows: int = 0
    missing: int = 0
    levels: Counter[str] = field(default_factory=Counter)
    other_kind: _Odd = field(default_factory=_Odd)
    outside: _Odd = field(default_factory=_Odd)
    unknown: _Odd = field(default_factory=_Odd)

    def see(self, batch: pa.RecordBatch, *, first_row: int) -> None:
        """Look at the next rows."""
        if self.kind is None:
            return
        array = batch.column(self.name)
        series: pd.Series[Any] = array.to_pandas()
        self.rows += len(series)
        is_missing = series.isna()
        if self.codes:
            held = [value for value in series.dropna().unique() if self.codes.holds(value)]
            is_missing |= series.isin(held)
        self.missing += int(is_missing.sum())
        if not _FITS[self.kind](array.type):
            self.other_kind.add(series, ~is_missing, first_row)
            return
        present = series[~is_missing]
        if self.column is not None and self.column.between is not None:
            low, high = self.column.between
            self.outside.add(series, ~is_missing & ((series < low) | (series > high)), first_row)
        if self.kind is Kind.CATEGORY or self.yes is not None:
            for value, count in present.value_counts().items():
                if len(self.levels) < MOST_LEVELS:
                    self.levels[level_of(value)] += int(count)
        if self.column is not None and self.column.categories:
            self.unknown.add(series, ~is_missing & ~series.isin(list(self.column.categories)), first_row)

    @property
    def yes(self) -> str | None:
        """The value of the target that is the yes; nothing of other columns and of amounts."""
        positive = self.target.positive if self.target else None
        return None if positive is None else level_of(positive)

    def faults(self, where: str, *, unread: int = 0) -> Iterator[Fault]:
        """Say what is wrong, in the charter's words; what only lacks since it could not be read is told already."""
        if self.kind is None:
            return
        key, of = f"data.columns.{self.name}", f"of {counted(self.rows, 'value')}"
        if self.other_kind.count:
            what = f"{self.other_kind.count:,} {of} are not {KIND_WORDS[self.kind]}: the source holds another kind"
            cure = f"the right {key}.kind, or another kind at the source"
            if all(map(is_duration, self.other_kind.values)):
                cure = DURATIONS_CURE
            elif self.kind is Kind.TIME:
                cure += (
                    ": a query casts text to timestamp; of a database that has none, as SQLite, read an export as CSV"
                )
            yield _fault(where, self.name, what, self.other_kind, cure)
        if self.outside.count:
            low, high = self.column.between if self.column and self.column.between else ("", "")
            what = f"{self.outside.count:,} {of} lie outside between = [{_shown(low)}, {_shown(high)}]"
            codes = f"{key}.missing.codes = [{', '.join(map(quoted, self.outside.values))}] if they mean missing"
            cure = codes if set(self.outside.values) & set(INFINITE) else f"widen {key}.between, or {codes}"
            yield _fault(where, self.name, what, self.outside, cure)
        if self.unknown.count:
            what = f"{self.unknown.count:,} {of} are none of the categories"
            codes = f"to {key}.missing.codes if they mean missing"
            is_empty = "" in self.unknown.values
            cure = f'add "" {codes}' if is_empty else f"add them to {key}.categories, or {codes}"
            yield _fault(where, self.name, what, self.unknown, cure)
        at_most = self.column.missing.at_most if self.column else None
        missing = self.missing - unread
        if at_most is not None and self.rows and missing / self.rows > at_most:
            what = f"{missing:,} {of} ({missing / self.rows:.2%}) are missing, allowed are {at_most:.2%}"
            yield Fault(where, self.name, what, missing, cure=f"raise {key}.missing.at_most, or mend the source")
        if self.target is not None and unread < self.rows:
            yield from self._faults_of_the_target(where, missing)

    def notes(self, where: str) -> Iterator[Fault]:
        """Say what is worth knowing and is no fault."""
        if self.kind is not Kind.CATEGORY or self.target is not None or self.column is None or not self.is_learned:
            return
        kept: LevelsKept = kept_levels(self.levels, trained_share=self.trained_share)
        if kept.folded:
            some = tuple(kept.folded)[:SHOWN_VALUES]
            what = f"{kept.sentence()}: training learns them as one"
            yield Fault(where, self.name, what, len(kept.folded), some, cure="none needed, or join them at the source")

    def _faults_of_the_target(self, where: str, missing: int) -> Iterator[Fault]:
        seen = [level for level, _ in self.levels.most_common(5)]
        if missing:
            what = f"the target is missing in {missing:,} of {counted(self.rows, 'row')}"
            yield Fault(where, self.name, what, missing, cure="leave these rows out at the source, or in `prepare`")
        if self.yes is None:
            return
        if self.rows and self.yes not in self.levels:
            what = f"no row has the target's positive value {self.yes}"
            yield Fault(where, self.name, what, values=tuple(seen), cure="data.positive is one of the values found")
        if len(self.levels) > 2:
            what = f"the target holds {counted(len(self.levels), 'different value')}, and yes or no is learned from two"
            cure = "take the rows of the others out at the source, name another data.target, or join them in `prepare`"
            yield Fault(where, self.name, what, len(self.levels), tuple(seen[:4]), cure=cure)


def seen_columns(data: Data, schema: pa.Schema, *, trained_share: float) -> dict[str, SeenColumn]:
    """Begin to look at every column that came, the undeclared ones by name alone."""
    kinds, learned = declared_kinds(data), watched_columns(data)
    return {
        name: SeenColumn(
            name,
            kinds.get(name),
            data.columns.get(name),
            Codes.of(missing_codes(data, name)),
            Target(data.positive) if name == data.target else None,
            trained_share,
            is_learned=name in learned,
        )
        for name in schema.names
    }


def _fault(where: str, name: str, what: str, odd: _Odd, cure: str) -> Fault:
    return Fault(where, name, what, odd.count, tuple(odd.values), odd.row, cure)


def _shown(bound: object) -> str:
    return f"{bound:g}" if isinstance(bound, float) else str(bound)


def _fits(*tests: str) -> Callable[[pa.DataType], bool]:
    def fits(given: pa.DataType) -> bool:
        from pyarrow import types  # heavy: only where data is read

        return types.is_null(given) or any(getattr(types, f"is_{test}")(given) for test in tests)

    return fits


_FITS: dict[Kind, Callable[[Any], bool]] = {
    Kind.NUMBER: _fits("floating", "integer"),
    Kind.INTEGER: _fits("integer"),
    Kind.CATEGORY: _fits("string"),
    Kind.TEXT: _fits("string"),
    Kind.TIME: _fits("timestamp"),
    Kind.BOOLEAN: _fits("boolean"),
}
