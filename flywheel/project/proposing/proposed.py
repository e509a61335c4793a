"""What is proposed for one column, and what follows from it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date

from flywheel.errors import counted
from flywheel.project.proposing.personal import Personal
from flywheel.project.proposing.shared_names import NAMES_AT_LEAST, is_shared
from flywheel.project.reading.kinds import Kind

_SHARED_FROM = 0.05
"""From so many rows more than values on, values stand in 1.1 rows each; below, it is few that stand twice."""
SIGNS_AT_LEAST = 5
"""A value that fewer rows hold, or lack, is no sign of anything."""


@dataclass(frozen=True)
class Proposed:
    """What is proposed for one column, and what a person must decide about it."""

    name: str
    header: str
    kind: Kind
    rows: int
    distinct: int
    missing_share: float
    between: tuple[float, float] | None = None
    middle: float | None = None
    categories: tuple[str, ...] = ()
    codes: tuple[float | int | str, ...] = ()
    unit: str = ""
    """What stands beside its numbers."""
    date_formats: tuple[str, ...] = ()
    spans: tuple[tuple[date, date], ...] = ()
    """The first and the last day by each of the formats, or by ISO 8601."""
    decide: tuple[str, ...] = ()
    personal: Personal | None = None
    is_weight: bool = False
    is_name: bool = False
    """Whether its header calls it a name of what rows are about."""
    is_amount: bool = False
    """Whether its numbers or words are amounts, which name nothing even where each row has its own."""
    is_old_split: bool = False
    """Whether it parts the rows as somebody has learned from them before."""
    tells_when: bool = False
    """Whether its words or numbers seem to be moments, so that they name nothing."""
    is_period: bool = False
    """Whether its words name the period in which a row came, such as 2023-Q1."""
    follows: str = ""
    """The part of time that tells all it says, such as the month, where no week of traffic holds all of it."""
    otherwise: Proposed | None = None
    """The same column where the numbers that look like codes are values; or where a ceiling is a code."""

    @property
    def kept(self) -> str:
        """Why no model should use it, where that is so."""
        if self.is_constant:
            return "a single value carries no information"
        if self.is_weight:
            return "it says how many people a row stands for, and nothing about this one"
        if self.is_old_split:
            return "it says which rows somebody learned from or tested on before, and nothing about the case"
        if self.is_period:
            return "it names periods, and each that comes is one that no model has seen"
        if self.is_unique and self.tells_when:
            return "each row has its own moment, and later rows have others"
        if self.is_unique and self.is_amount:
            return "" if self.kind in {Kind.NUMBER, Kind.INTEGER} else "each row has its own amount, read as words"
        is_of_each = self.is_unique or (self.kind is Kind.TEXT and self.distinct == self.filled > NAMES_AT_LEAST)
        if is_of_each and self.kind not in {Kind.NUMBER, Kind.TIME} and not self.unit:
            return "each row has its own, so it is a name"
        if self.names_several_rows:
            return f"it names what a row is about, {self.sharing}"
        return ""

    @property
    def is_permitted(self) -> bool:
        """Whether it may be decided on, as proposed."""
        return self.personal is not Personal.IDENTITY

    @property
    def span(self) -> tuple[date, date] | None:
        """The first and the last day, where it is settled how its days are read."""
        return self.spans[0] if len(set(self.spans)) == 1 else None

    @property
    def alias(self) -> str:
        """The source's header, where it is not the name already."""
        return "" if self.header == self.name else self.header

    @property
    def is_unique(self) -> bool:
        """Whether every row has a value of its own."""
        return self.missing_share == 0 and self.distinct == self.rows > 1

    @property
    def filled(self) -> int:
        """How many rows have a value."""
        return round(self.rows * (1 - self.missing_share))

    @property
    def sharing(self) -> str:
        """In how many rows each of its values stands, or how many rows repeat one where most stand in one."""
        again = self.filled - self.distinct
        if again >= _SHARED_FROM * self.distinct:
            return f"{self.filled / self.distinct:.1f} rows each"
        return f"one row each but for {counted(again, 'row')} that {'repeats' if again == 1 else 'repeat'} one"

    @property
    def has_upper_half(self) -> bool:
        """Whether amounts may lie above the middle one, within what is proposed as bounds."""
        return self.middle is not None and (self.between is None or self.middle < self.between[1])

    @property
    def names_several_rows(self) -> bool:
        """Whether it names what a few rows each are about, such as the customer of several contracts."""
        return self.is_name and is_shared(self.distinct, self.filled) and self.kind not in {Kind.NUMBER, Kind.TIME}

    @property
    def missing_at_most(self) -> float:
        """How many may be missing, with room for what chance adds."""
        return min(1.0, math.ceil((self.missing_share * 1.2 + 0.01) * 100) / 100)

    @property
    def is_empty(self) -> bool:
        """Whether no row holds a value that is read."""
        return self.missing_share >= 1

    @property
    def is_constant(self) -> bool:
        """Whether there is one value at most, and whether it is there tells nothing either."""
        return self.distinct <= 1 and not self.is_a_sign

    @property
    def is_a_sign(self) -> bool:
        """Whether there is one value or none, and either in so many rows that being there may tell something."""
        absent = round(self.rows * self.missing_share)
        return self.distinct == 1 and min(absent, self.rows - absent) >= SIGNS_AT_LEAST
