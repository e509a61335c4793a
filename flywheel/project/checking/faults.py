"""What is wrong with data as it was read: each fault once, with value, row, count and what would cure it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import chain, islice

from flywheel.errors import InputRefused, counted, shorten
from flywheel.project.checking.cures import cure_of, cure_of_times
from flywheel.project.reading.kinds import Kind

SHOWN_VALUES = 3
SHOWN_FAULTS = 30
SHOWN_LETTERS = 60
_KEPT_VALUES = 300
"""So many are kept to find what cures them all."""

KIND_WORDS = {
    Kind.NUMBER: "a number",
    Kind.INTEGER: "a whole number (kind integer)",
    Kind.CATEGORY: "a category",
    Kind.TEXT: "a text",
    Kind.TIME: "a time",
    Kind.BOOLEAN: "true or false (kind boolean)",
}
"""Each kind as a sentence names one value of it."""


@dataclass(frozen=True)
class Fault:
    """One kind of fault in one place: the first values and the row of the first, how many there are, and the cure."""

    where: str
    column: str
    what: str
    count: int = 1
    values: tuple[str, ...] = ()
    row: int | None = None
    cure: str = ""

    def sentence(self) -> str:
        """Say it in one line."""
        parts = [f"{self.where}: {self.column}: {self.what}" if self.column else f"{self.where}: {self.what}"]
        if self.row is not None:
            parts.append(f"first {shorten(self.values[0])} in row {self.row:,}" if self.values else f"row {self.row:,}")
            others = self.values[1:]
        else:
            others = self.values
        if others:
            parts.append(f"{'also' if self.row is not None else 'found'} {', '.join(shorten(v, 40) for v in others)}")
        if self.cure:
            parts.append(f"cure: {self.cure}")
        return "; ".join(parts)


@dataclass
class Unread:
    """Values of one column that are not of its kind: the first ones, the row of the first, and how many there are."""

    where: str
    kind: Kind
    count: int = 0
    row: int | None = None
    values: list[str] = field(default_factory=list)
    has_points: bool = False
    is_all: bool = True
    """Whether no value beside them could be read."""


@dataclass
class Faults:
    """Collects what cannot be read of one source, so that all of it is told at once; rows count from 1."""

    source: str
    rows: int = 0
    totals: Fault | None = None
    """Rows that look like totals, which are a fault where they cannot be cases."""
    _unread: dict[str, Unread] = field(default_factory=dict)
    _others: dict[tuple[str, str], Fault] = field(default_factory=dict)

    def unread(
        self,
        column: str,
        kind: Kind,
        *,
        where: str,
        row: int,
        count: int,
        values: Iterable[str],
        has_points: bool = False,
        is_all: bool = False,
    ) -> None:
        """Count values that are not of their column's kind; `row` is where the first of them stands.

        Whether others have decimals that are read (`has_points`), and whether they are all there is, decides the cure.
        """
        found = self._unread.setdefault(column, Unread(where, kind))
        found.row = row if found.row is None else found.row
        found.count += count
        found.has_points |= has_points
        found.is_all &= is_all
        found.values = list(islice(dict.fromkeys(chain(found.values, values)), _KEPT_VALUES))

    def ragged(self, *, where: str, row: int, text: str, found: int, wanted: int) -> None:
        """Count a row that has more or fewer values than there are columns."""
        known = self._others.get((where, "ragged"))
        what = f"holds {counted(found, 'value')} in a row of {counted(wanted, 'column')}"
        cure = "correct the row at the source, or name the right `delimiter` and `quote` of the source"
        if '\\"' in text:
            cure = 'write quotes within texts doubled, as "", and not as \\" at the source'
        fault = known or Fault(where, "", what, 0, (text,), row, cure)
        count = fault.count + 1
        said = (
            what
            if count == 1
            else f"{counted(count, 'row', 'hold')} more or fewer values than the {counted(wanted, 'column')}"
        )
        self._others[where, "ragged"] = Fault(where, "", said, count, fault.values, fault.row, cure)

    def totals_in(self, *, where: str, row: int, word: str) -> None:
        """Count a line of totals among the rows or below them."""
        known = self.totals or Fault(where, "", "", 0, (word,), row)
        count = known.count + 1
        what = "a row looks like a line of totals, which is no case"
        what = what if count == 1 else f"{counted(count, 'row')} look like lines of totals, which are no cases"
        cure = f"take {'it' if count == 1 else 'them'} out of the file"
        self.totals = Fault(known.where, "", what, count, known.values, known.row, cure)

    def header_again(self, *, where: str, row: int, text: str) -> None:
        """Count a row that repeats the header, as where exports were put under one another."""
        known = self._others.get((where, "header"))
        count = known.count + 1 if known else 1
        what = f"{counted(count, 'row', 'repeat')} the header, and {'is no case' if count == 1 else 'are no cases'}"
        shown, first = (known.values, known.row) if known else ((text[:SHOWN_LETTERS],), row)
        cure = f"take {'it' if count == 1 else 'them'} out of the file"
        self._others[where, "header"] = Fault(where, "", what, count, shown, first, cure)

    def torn(self, *, where: str, row: int, text: str, rows: int) -> None:
        """Count a quote that is never closed, and the rows that became one value by it."""
        known = self._others.get((where, "torn"))
        count = (known.count if known else 0) + rows
        cure = (
            f'close the quote at the source, or `quote = ""` under sources.{self.source} where it is a sign like others'
        )
        what = f"{counted(count, 'row')} became part of one value by a quote that is not closed"
        shown, first = (known.values, known.row) if known else ((text[:SHOWN_LETTERS],), row)
        self._others[where, "torn"] = Fault(where, "", what, count, shown, first, cure)

    def listed(self) -> tuple[Fault, ...]:
        """Give every fault, in the order in which columns were met."""
        return (*self._others.values(), *(self._said(column, one) for column, one in self._unread.items()))

    def refuse(self) -> None:
        """Raise one error of everything that was found, if anything was."""
        if found := self.listed():
            raise refusal_of(found)

    def _said(self, column: str, one: Unread) -> Fault:
        of = f" of {self.rows:,}" if self.rows else ""
        verb, word = "is" if one.count == 1 else "are", "value" if one.count == 1 and not of else "values"
        what = f"{one.count:,}{of} {word} {verb} not {KIND_WORDS[one.kind]}"
        shown, cure = one.values[:SHOWN_VALUES], ""
        if one.kind is Kind.TIME:
            cure = cure_of_times(one.values, source=self.source, column=column, is_all=one.is_all)
        cure = cure or cure_of(
            one.kind, shown, source=self.source, column=column, has_points=one.has_points, is_all=one.is_all
        )
        return Fault(one.where, column, what, one.count, tuple(shown), one.row, cure)


def faults_in(error: Exception) -> tuple[Fault, ...]:
    """Give the faults that one error was made of."""
    listed = error.faults if isinstance(error, InputRefused) else ()
    return tuple(fault for fault in listed if isinstance(fault, Fault))


def refusal_of(faults: Iterable[Fault]) -> InputRefused:
    """Make one error of all faults, a line each."""
    found = tuple(faults)
    lines = [fault.sentence() for fault in found[:SHOWN_FAULTS]]
    if more := len(found) - len(lines):
        lines.append(f"and {counted(more, 'more fault')}: `flywheel check FOLDER --data` lists them all")
    error = InputRefused("\n".join(lines))
    error.faults = found
    return error
