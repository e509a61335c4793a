"""Derived features: as written, checked in the order in which they need each other, computed from raw columns."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from flywheel.domain.digests import Json
from flywheel.errors import InputRefused
from flywheel.project.expressions.blocks import Truth, Words
from flywheel.project.expressions.definitions import Definition, meanings_of
from flywheel.project.expressions.intake import Intake
from flywheel.project.expressions.known import Known
from flywheel.project.expressions.misread import Misread
from flywheel.project.expressions.operands import Meaning
from flywheel.project.expressions.own_features import OwnFeatures
from flywheel.project.expressions.program import Program, program_of
from flywheel.project.reading.kinds import Kind
from flywheel.project.reading.table import Names, Table

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator

    import pandas as pd


@dataclass(frozen=True)
class Derivation:
    """Which features are computed (`wanted`), by which definitions, from which raw columns."""

    definitions: tuple[Definition, ...] = ()
    intakes: tuple[Intake, ...] = ()
    wanted: tuple[str, ...] = ()
    own: OwnFeatures | None = None
    """Those that the project's own code computes, beside those that are written as expressions."""

    def __bool__(self) -> bool:
        return bool(self.wanted)

    @cached_property
    def meanings(self) -> Mapping[str, Meaning]:
        """What each definition means, those that others need before them."""
        known = {one.name: Known(one.name, one.kind) for one in self.intakes}
        meanings, wrong = meanings_of(self.definitions, known)
        for name, mistake in wrong.items():
            raise InputRefused(f"feature {name}: {mistake.what}", allowed=mistake.allowed)
        return meanings

    @cached_property
    def program(self) -> Program:
        """What is computed, once for columns and rows."""
        written = tuple(name for name in self.wanted if name not in self._of_own)
        return program_of({name: one.step for name, one in self.meanings.items()}, wanted=written)

    @cached_property
    def inputs(self) -> tuple[str, ...]:
        """The raw columns that are read."""
        return tuple(dict.fromkeys([*self.program.inputs, *(self.own.inputs if self.own else ())])) if self else ()

    @cached_property
    def kinds(self) -> dict[str, Kind]:
        """The kind of each feature that is computed."""
        own = self._of_own
        return {name: own[name] if name in own else self.meanings[name].kind for name in self.wanted}

    @property
    def texts(self) -> dict[str, str]:
        """What computes each feature: expressions as written, those that others need among them, and own code."""
        own = self.own.texts if self.own else {}
        return {one.name: one.text for one in self.definitions} | {n: t for n, t in own.items() if n in self.wanted}

    @cached_property
    def _of_own(self) -> dict[str, Kind]:
        return self.own.kinds if self.own else {}

    @cached_property
    def _read(self) -> tuple[Intake, ...]:
        by_name = {one.name: one for one in self.intakes}
        return tuple(by_name[name] for name in self.program.inputs)

    @cached_property
    def _readers(self) -> tuple[tuple[str, Callable[[object], Any]], ...]:
        return tuple((one.name, one.reader) for one in self._read)

    def only(self, names: Collection[str]) -> Self:
        """The same for some features, with those that they are made of and the columns that they read."""
        wanted = tuple(name for name in self.wanted if name in names)
        if not wanted:
            return type(self)()
        needed = set(wanted)
        for name in reversed(tuple(self.meanings)):
            if name in needed:
                needed |= _names_in(self.meanings[name])
        kept = tuple(one for one in self.definitions if one.name in needed)
        intakes = tuple(i for i in self.intakes if i.name in needed)
        own = self.own if any(name in self._of_own for name in wanted) else None
        return replace(self, definitions=kept, intakes=intakes, wanted=wanted, own=own)

    def beside(self, own: OwnFeatures) -> Self:
        """The same with features by the project's own code beside them."""
        return replace(self, wanted=(*self.wanted, *own.kinds), own=own)

    def rows(self, records: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Compute the features of records; own code is asked once for all of them."""
        if self.own is None:
            return [self.row(record) for record in records]
        own, kept = self.own.rows(records), [name for name in self._of_own if name in self.wanted]
        return [
            self.row(record) | {name: found[name] for name in kept} for record, found in zip(records, own, strict=True)
        ]

    def row(self, record: Mapping[str, Any]) -> dict[str, Any]:
        """Compute the features of one row that are written as expressions."""
        found = self.program.row([read(record[name]) for name, read in self._readers])
        return {name: _float(value) if value is True or value is False else value for name, value in found.items()}

    def columns(self, frame: pd.DataFrame) -> dict[str, Any]:
        """Compute the features of a frame: arrays of floats, and words as a categorical."""
        if missing := [name for name in self.inputs if name not in frame.columns]:
            raise InputRefused("the data lacks a column", found=missing[0], allowed=", ".join(self.inputs))
        inputs = [one.column(frame[one.name]) for one in self._read]
        found = {name: _plain(one) for name, one in self.program.columns(inputs, len(frame)).items()}
        own = self.own.columns(frame) if self.own else {}
        return found | {name: one for name, one in own.items() if name in self.wanted}

    def widen(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Put the features beside the columns of a frame."""
        return frame.assign(**self.columns(frame)) if self else frame

    def widened(self, table: Table) -> Table:
        """Put the features beside the columns of a table that is read in parts."""
        if not self:
            return table

        def read(names: Names) -> Iterator[pd.DataFrame]:
            asked = [name for name in names if name not in self.wanted]
            raw: list[Hashable] = [*asked, *(name for name in self.inputs if name not in asked)]
            for part in table.read(names if len(asked) == len(names) else raw):
                yield part if len(asked) == len(names) else self.widen(part)[list(names)]

        return Table((*table.columns, *self.wanted), table.rows, read)

    def to_json(self) -> dict[str, Json]:
        """Write it as plain JSON."""
        return {
            "definitions": {one.name: one.text for one in self.definitions},
            "reads": [
                {"name": one.name, "kind": one.kind.value, "missing_codes": list(one.missing_codes)}
                for one in self.intakes
            ],
            "wanted": list(self.wanted),
            **({"own": self.own.to_json()} if self.own else {}),
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any], own: OwnFeatures | None = None) -> Self:
        """Read what `to_json` wrote; whatever makes no sense is refused here, before a row is asked for."""
        made = cls(
            tuple(Definition(str(name), str(text)) for name, text in document["definitions"].items()),
            tuple(
                Intake(str(one["name"]), Kind(one["kind"]), tuple(one["missing_codes"])) for one in document["reads"]
            ),
            tuple(map(str, document["wanted"])),
            own,
        )
        if unknown := [name for name in made.wanted if name not in made.meanings and name not in made._of_own]:
            raise InputRefused("a feature has no definition", found=unknown[0])
        return made


NOTHING_DERIVED = Derivation()
"""Where every feature is a column."""


def derivation_of(
    definitions: Sequence[Definition], known: Sequence[Known], intakes: Sequence[Intake]
) -> tuple[Derivation, Mapping[str, Meaning], Mapping[str, Misread]]:
    """Read definitions against what is known; what is wrong is told by feature, and left out."""
    meanings, wrong = meanings_of(definitions, {one.name: one for one in known})
    sound = tuple(one for one in definitions if one.name in meanings)
    return Derivation(sound, tuple(intakes), tuple(one.name for one in sound)), meanings, wrong


def _names_in(meaning: Meaning) -> set[str]:
    from_steps = [meaning.step]
    found: set[str] = set()
    while from_steps:
        step = from_steps.pop()
        from_steps += step.of
        if not step.of and isinstance(step.value, str) and step.op.value == "input":
            found.add(step.value)
    return found


def _float(value: bool) -> float:  # noqa: FBT001  it is what is converted
    return 1.0 if value else 0.0


def _plain(found: Any) -> Any:
    if isinstance(found, Truth):
        return np.where(found.yes, 1.0, np.where(found.no, 0.0, np.nan))
    return _categorical(found) if isinstance(found, Words) else found


def _categorical(words: Words) -> Any:
    # pandas only where there is a frame
    import pandas as pd

    levels = {level: place for place, level in enumerate(dict.fromkeys(words.levels))}
    table = np.array([*(levels[level] for level in words.levels), -1], dtype=np.intp)
    return pd.Categorical.from_codes(table[words.codes], categories=list(levels))  # type: ignore[call-overload]
