"""The declarations that checks are held against, as small frozen values of our own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt

from flywheel.domain.amounts import as_money, written_out
from flywheel.domain.gates import Severity
from flywheel.project.reading.kinds import Kind

Bound = float | datetime
Code = float | int | str


class ColumnRole(StrEnum):
    """What a column is there for."""

    FEATURE = "feature"
    TARGET = "target"
    ENTITY = "entity"
    TIME = "time"
    GROUP = "group"
    KEPT = "kept"


@dataclass(frozen=True)
class ColumnRule:
    """All that the charter declares about one column."""

    name: str
    kind: Kind
    between: tuple[Bound | None, Bound | None] | None = None
    missing_codes: tuple[Code, ...] = ()
    missing_at_most: float | None = None
    severity: Severity = Severity.CRITICAL
    categories: tuple[str, ...] = ()
    role: ColumnRole = ColumnRole.FEATURE


class Operator(StrEnum):
    """The closed grammar of row conditions: nothing here is ever evaluated as code."""

    IS = "is"
    IS_NOT = "is_not"
    AT_LEAST = "at_least"
    AT_MOST = "at_most"
    IN = "in"
    IS_MISSING = "is_missing"
    IS_PRESENT = "is_present"


@dataclass(frozen=True)
class Where:
    """One condition on a declared column; several are joined by "and"."""

    column: str
    operator: Operator
    value: Code | bool | tuple[Code, ...] | None = None


@dataclass(frozen=True)
class ExpectationRule:
    """One Great Expectations check by its own name, with plain arguments."""

    type: str
    arguments: Mapping[str, object] = field(default_factory=dict)
    severity: Severity = Severity.CRITICAL
    where: tuple[Where, ...] = ()
    said: str = ""
    """What is wrong where it is not met, for an expectation that nobody declared."""
    asked_up_to: float = 0.0
    """Where no more than this share of the rows breaks it, people are asked whether these are real."""


@dataclass(frozen=True)
class Bounds:
    """What a figure may be; a bound that is None is no bound."""

    at_least: float | None = None
    at_most: float | None = None


@dataclass(frozen=True)
class Worth:
    """What is decided, and what money is counted in and for: findings are said in the words of the business."""

    unit: str = "row"
    currency: str = "points"
    positive: str = "yes"
    negative: str = "no"

    def said(self, amount: float) -> str:
        """Say an amount for one unit."""
        return f"{as_money(amount)} {self.currency} per {self.unit}"

    def word(self, decision: bool | float) -> str:  # noqa: FBT001  what was decided, and no switch
        """Say a decision: yes or no by its word, an amount by its figure."""
        if isinstance(decision, bool | np.bool_):
            return self.positive if decision else self.negative
        return written_out(round(float(decision), 2))


def moved_by(one: npt.NDArray[Any], other: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """By how much decisions differ; no and yes are 0 and 1."""
    return np.abs(one.astype(np.float64) - other.astype(np.float64))


POINTS = Worth()
"""Where the charter names no money."""


def named(rules: tuple[ColumnRule, ...], role: ColumnRole) -> ColumnRule | None:
    """Find the one column of a role."""
    return next((rule for rule in rules if rule.role is role), None)
