"""Features by a project's own code: which columns it reads, what it adds, and how both pass into a cell and out of it.

Whatever the number of rows, a column has one form: floats (a truth is 1 or 0, a time its microseconds), or codes of
words. So a row that comes alone looks to the code as it does among others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol, Self

import numpy as np

from flywheel.domain.digests import Digest, Json, digest_bytes
from flywheel.domain.own_code import HOOKS_FILE, Hook
from flywheel.errors import InputRefused, Unavailable
from flywheel.project.expressions.blocks import Raw, Truth, Words
from flywheel.project.expressions.intake import Intake
from flywheel.project.reading.kinds import Kind

if TYPE_CHECKING:
    import pandas as pd

Adds = tuple[tuple[str, Kind], ...]
"""The columns that the code adds, with their kinds, as it did on the rows that were learned from."""


@dataclass(frozen=True)
class Column:
    """One column on its way: floats, or codes of words with -1 where one is missing."""

    name: str
    kind: Kind
    values: Any
    levels: tuple[str, ...] | None = None


class OwnCode(Protocol):
    """Whoever runs the code: a cell."""

    def computed(self, given: Sequence[Column], rows: int, adds: Adds) -> list[Column]:
        """Compute what it adds; anything but exactly these columns is refused."""
        ...


@dataclass(frozen=True)
class OwnFeatures:
    """The text of the code, what it reads and adds, and who runs it."""

    text: str = field(repr=False)
    reads: tuple[Intake, ...]
    adds: Adds = ()
    code: OwnCode | None = field(default=None, compare=False, repr=False)

    @cached_property
    def digest(self) -> Digest:
        """By which text its features are known."""
        return digest_bytes(self.text.encode())

    @property
    def inputs(self) -> tuple[str, ...]:
        """The raw columns that it is given."""
        return tuple(one.name for one in self.reads)

    @property
    def kinds(self) -> dict[str, Kind]:
        """The kind of each column that it adds."""
        return dict(self.adds)

    @property
    def texts(self) -> dict[str, str]:
        """What stands in the place of an expression: which code computes it."""
        return {name: f"{Hook.FEATURES.value}() of {HOOKS_FILE}, {self.digest}" for name, _ in self.adds}

    def given(self, frame: pd.DataFrame) -> list[Column]:
        """Write a frame's raw columns down as the code is given them."""
        if missing := [name for name in self.inputs if name not in frame.columns]:
            raise InputRefused("the data lacks a column", found=missing[0], allowed=", ".join(self.inputs))
        return [_column(one, one.column(frame[one.name]), len(frame)) for one in self.reads]

    def columns(self, frame: pd.DataFrame) -> dict[str, Any]:
        """Compute its features of a frame: floats, and words as a categorical."""
        if not len(frame):
            return {name: np.empty(0) for name, _ in self.adds}
        return {one.name: _of_frame(one) for one in self._run.computed(self.given(frame), len(frame), self.adds)}

    def rows(self, records: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Compute its features of records."""
        if not records:
            return []
        given = [_of_values(one, [one.value(record[one.name]) for record in records]) for one in self.reads]
        found = {one.name: _of_row(one) for one in self._run.computed(given, len(records), self.adds)}
        return [dict(zip(found, values, strict=True)) for values in zip(*found.values(), strict=True)]

    def to_json(self) -> dict[str, Json]:
        """Write down what is fixed; the text lies beside it as a file."""
        reads: list[Json] = [
            {"name": one.name, "kind": one.kind.value, "missing_codes": list(one.missing_codes)} for one in self.reads
        ]
        return {
            "reads": reads,
            "adds": {name: kind.value for name, kind in self.adds},
            "digest": self.digest,
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any], text: str, code: OwnCode | None) -> Self:
        """Read what `to_json` wrote."""
        made = cls(
            text,
            tuple(
                Intake(str(one["name"]), Kind(one["kind"]), tuple(one["missing_codes"])) for one in document["reads"]
            ),
            tuple((str(name), Kind(kind)) for name, kind in document["adds"].items()),
            code,
        )
        if made.digest != document["digest"]:
            raise InputRefused(
                f"{HOOKS_FILE} is not the text that was learned with", found=made.digest, allowed=document["digest"]
            )
        return made

    @property
    def _run(self) -> OwnCode:
        if self.code is None:
            raise Unavailable(f"features of {HOOKS_FILE} are computed in a cell, and this program has none")
        return self.code


def _column(intake: Intake, found: Any, rows: int) -> Column:
    if isinstance(found, Words):
        return Column(intake.name, intake.kind, np.asarray(found.codes, dtype=np.int64), found.levels)
    if isinstance(found, Truth):
        found = np.where(found.yes, 1.0, np.where(found.no, 0.0, np.nan))
    if isinstance(found, Raw):
        found = found.read(slice(0, rows))
    return Column(intake.name, intake.kind, np.asarray(found, dtype=np.float64))


def _of_values(intake: Intake, values: list[Any]) -> Column:
    if intake.kind in {Kind.CATEGORY, Kind.TEXT}:
        levels = {word: place for place, word in enumerate(dict.fromkeys(word for word in values if word is not None))}
        codes = np.array([-1 if word is None else levels[word] for word in values], dtype=np.int64)
        return Column(intake.name, intake.kind, codes, tuple(levels))
    return Column(intake.name, intake.kind, np.array(values, dtype=np.float64))  # None is not a number


def _of_frame(column: Column) -> Any:
    if column.levels is None:
        return column.values
    # pandas only where there is a frame
    import pandas as pd

    return pd.Categorical.from_codes(column.values, categories=list(column.levels))  # type: ignore[call-overload]


def _of_row(column: Column) -> list[Any]:
    values: list[Any] = column.values.tolist()
    levels = column.levels
    return values if levels is None else [None if code < 0 else levels[code] for code in values]
