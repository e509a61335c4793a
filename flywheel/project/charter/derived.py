"""Reads a charter's derived features against its columns: what they mean, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from flywheel.errors import Problem
from flywheel.project.charter.charter import Charter
from flywheel.project.charter.data import ColumnUse, Data
from flywheel.project.charter.data_schema import declared_kinds, missing_codes
from flywheel.project.charter.toml_text import Path, dotted
from flywheel.project.expressions.definitions import Definition
from flywheel.project.expressions.derivation import Derivation, derivation_of
from flywheel.project.expressions.intake import Intake
from flywheel.project.expressions.known import AMOUNTS, Known
from flywheel.project.expressions.misread import Misread
from flywheel.project.expressions.operands import Meaning
from flywheel.project.expressions.parsing import RESERVED
from flywheel.project.expressions.units import measure_of
from flywheel.project.reading.kinds import Kind

FILE = "project.toml"


@dataclass(frozen=True)
class Derived:
    """The features that make sense, what each means, and the mistakes of the others."""

    derivation: Derivation
    meanings: Mapping[str, Meaning]
    mistakes: Mapping[str, Misread]

    def unit(self, name: str) -> str:
        """Say what a feature is counted in; nothing where that is not known."""
        return self.meanings[name].measure.name if name in self.meanings else ""


def derived_of(charter: Charter) -> Derived:
    """Read the features of a charter."""
    if not charter.features or charter.data is None:
        return Derived(Derivation(), {}, {})
    definitions = tuple(
        Definition(name, one.text, one.unit or "", "" if one.permitted else "is not permitted")
        for name, one in charter.features.items()
    )
    return Derived(*derivation_of(definitions, known_columns(charter.data), intakes_of(charter.data)))


def intakes_of(data: Data) -> tuple[Intake, ...]:
    """Say how the columns are read that a feature may be made of."""
    return tuple(
        Intake(one.name, one.kind, missing_codes(data, one.name)) for one in known_columns(data) if not one.barred
    )


def wrong_features(charter: Charter) -> Iterator[tuple[Path, Problem]]:
    """Find what is wrong with derived features, before any data is read."""
    if charter.features and charter.data is None:
        yield _problem(("features",), "are made of columns, and none is declared", allowed="a [data.columns] block")
        return
    names = {} if charter.data is None else {name.casefold(): name for name in charter.data.declared}
    derived = derived_of(charter)
    for name, one in charter.features.items():
        path: Path = ("features", name)
        if name in RESERVED:
            yield _problem(path, "is a word of expressions", found=name, allowed="another name")
        if (taken := names.get(name.casefold())) is not None:
            yield _problem(path, f"is the name of a column too, {taken}", found=name, allowed="a name of its own")
        names.setdefault(name.casefold(), name)
        meaning = derived.meanings.get(name)
        if one.expect and meaning is not None and meaning.kind not in {*AMOUNTS, Kind.BOOLEAN}:
            what = f"expect has no meaning for {meaning.said}: no amount goes up or down"
            yield _problem((*path, "expect"), what, found=one.expect, allowed="leave it out")
        if (mistake := derived.mistakes.get(name)) is not None:
            yield _pointed(path, mistake, one.text)


def known_columns(data: Data) -> tuple[Known, ...]:
    """Say of each declared column what it is, and why no model may decide by it."""
    return tuple(
        Known(name, kind, measure_of(column.unit if column else None), column.categories if column else (), barred)
        for name, kind in declared_kinds(data).items()
        for column in (data.columns.get(name),)
        for barred in (_why_barred(data, name),)
    )


def _why_barred(data: Data, name: str) -> str:
    """Say why no model may decide by a column; nothing where it may. When a decision was asked for is known then."""
    column = data.columns.get(name)
    if name == data.target:
        return "is the target, which is not known at the decision"
    if name == data.entity:
        return "tells whom a row is about, and no model decides by that"
    if column is not None and not column.permitted:
        return "is not permitted"
    if column is not None and not column.known_at_decision:
        return "is not known when the decision is taken"
    if name == data.time:
        return ""
    if column is None:
        return "is the key by which sources are joined"
    reasons = {ColumnUse.GROUP: "is declared for fairness only", ColumnUse.KEPT: 'is kept aside (role = "kept")'}
    return reasons.get(column.role, "")


def _pointed(path: Path, mistake: Misread, text: str) -> tuple[Path, Problem]:
    key = "unit" if mistake.is_of_the_unit else "is"
    problem = Problem(
        FILE,
        dotted((*path, key)),
        mistake.what,
        allowed=mistake.allowed,
        suggestion=mistake.suggestion,
        shown="" if mistake.is_of_the_unit else mistake.pointed_at(text),
    )
    return (*path, key), problem


def _problem(path: Path, what: str, *, found: str = "", allowed: str = "") -> tuple[Path, Problem]:
    return path, Problem(FILE, dotted(path), what, found=found, allowed=allowed)
