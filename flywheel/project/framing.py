"""How a charter frames the modelling: which columns, which rows, and what a decision is worth."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from flywheel.domain.digests import Digest, digest_of
from flywheel.errors import CharterError, Problem
from flywheel.project.charter.charter import Charter
from flywheel.project.charter.data import ColumnUse, Data
from flywheel.project.charter.data_schema import missing_codes
from flywheel.project.charter.derived import Derived, derived_of
from flywheel.project.charter.fields import Duration
from flywheel.project.charter.stages import MustBeat
from flywheel.project.expressions.derivation import Derivation
from flywheel.project.expressions.own_features import OwnFeatures
from flywheel.project.problems.kind import ProblemKind
from flywheel.project.problems.known import problem_of
from flywheel.project.tabular.recipe import Budget, ColumnFacts, Param, Recipe, RecipeKind, usable_columns
from flywheel.project.tabular.split import Parted, SplitRule
from flywheel.project.tabular.units import Unit

if TYPE_CHECKING:
    import pandas as pd

    from flywheel.project.reading.table import Table


@dataclass(frozen=True)
class Framing:
    """A charter, read as a modelling problem."""

    charter: Charter
    own: OwnFeatures | None = None
    """The features that the project's own code adds, where they are known."""
    candidates: tuple[str, ...] = ()
    """The names of those that it offers."""
    code: str = ""
    """The digest of that code."""

    @cached_property
    def data(self) -> Data:
        """The data block, which every stage from here on needs."""
        if self.charter.data is None:
            raise CharterError((Problem("project.toml", "data", "the block is missing"),))
        return self.charter.data

    @cached_property
    def problem(self) -> ProblemKind:
        """The kind of problem, with what the charter says of it."""
        return problem_of(self.charter, self.data)

    @property
    def unit(self) -> str:
        """What one decision is about."""
        return self.charter.value.unit if self.charter.value else "row"

    @property
    def currency(self) -> str:
        """What money is counted in."""
        return self.charter.value.currency if self.charter.value else "points"

    @property
    def must_beat(self) -> MustBeat:
        """By how much a candidate must beat what is there."""
        return self.charter.validation.must_beat

    @property
    def seed(self) -> int:
        """Where all chance begins."""
        return self.charter.research.seed

    @cached_property
    def derived(self) -> Derived:
        """The features that are computed from columns, on the way into the model."""
        found = derived_of(self.charter)
        for name, mistake in found.mistakes.items():
            raise CharterError((Problem("project.toml", f"features.{name}.is", mistake.what, allowed=mistake.allowed),))
        return found

    @cached_property
    def derivation(self) -> Derivation:
        """What is computed on the way into the model: by expressions, and by the project's own code."""
        written = self.derived.derivation
        return written.beside(self.own) if self.own else written

    @cached_property
    def columns(self) -> tuple[ColumnFacts, ...]:
        """The columns that a model may use, derived features among them, in name order."""
        computed = (ColumnFacts(name, kind) for name, kind in self.derivation.kinds.items())
        facts = (
            ColumnFacts(
                name=name,
                kind=column.kind,
                role="feature" if column.role is ColumnUse.FEATURE else column.role.value,
                is_permitted=column.permitted,
                is_known_at_decision=column.known_at_decision,
                missing_codes=missing_codes(self.data, name),
            )
            for name, column in self.data.columns.items()
        )
        keys = [key for key in (self.data.target, self.data.entity, self.data.time) if key]
        return usable_columns((*facts, *computed), besides=keys)

    def ladder(self) -> tuple[Recipe, ...]:
        """The rungs from the baseline upwards, and the project's own candidates, each within the charter's budget."""
        wanted = self.charter.research.budget
        rungs = self.problem.ladder(self.columns, seed=self.seed, budget=Budget(wanted.trials, wanted.minutes))
        names = tuple(column.name for column in self.columns)
        search: dict[str, Param] = {"trials": wanted.trials, "minutes": wanted.minutes, "code": self.code}
        own = Recipe(RecipeKind.OWN, names, (), self.seed)
        return (*rungs, *(own.with_params(search | {"candidate": name}) for name in self.candidates))

    @cached_property
    def rule(self) -> SplitRule:
        """How rows are parted: by entity, else by what stands in their columns; by time where periods are named."""
        split, data = self.charter.research.split, self.data
        keys = [key for key in (data.entity, data.time) if key]
        columns = sorted(split.equal_in or {*data.columns, *keys} - {data.target})
        unit = Unit(self.charter.name, data.entity, tuple(columns))
        if not isinstance(split.validation, Duration) and not isinstance(split.test, Duration):
            return SplitRule(unit, split.validation, split.test)
        if data.time is None:
            raise CharterError((Problem("project.toml", "data.time", "a split by time needs the time column"),))
        return SplitRule(unit, str(split.validation), str(split.test), data.time)

    @property
    def trained_share(self) -> float:
        """Which part of the rows trains, where shares say so; how many a period holds is seen in the data alone."""
        split = self.charter.research.split
        is_by_share = isinstance(split.validation, float) and isinstance(split.test, float)
        return 1.0 - split.validation - split.test if is_by_share else 1.0  # type: ignore[operator]  # both are shares

    def part(self, given: pd.DataFrame | Table) -> Parted:
        """Say which rows of a whole table belong to training, validation and test, as the charter says."""
        return self.rule.part(given)

    def split(self, frame: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
        """Cut rows into training, validation and test."""
        return self.part(frame).split.frames(frame)

    def yardstick(self, part: Digest) -> Digest:
        """Name what must be the same for two figures to be compared: the rows, and the money that is counted."""
        return digest_of([part, self.problem.stakes, self.unit, self.currency])
