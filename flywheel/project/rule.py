"""The declared business rule that decides when no model may: values in, yes or no out, nothing else."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flywheel.domain.digests import Json
from flywheel.errors import InputRefused

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from flywheel.project.charter import Charter

_CLASSES = ("positive", "negative")


@dataclass(frozen=True)
class Rule:
    """Approve above (or below) a limit of one column; what is missing or out of bounds has an answer of its own."""

    column: str
    approve_at_least: float | None = None
    approve_at_most: float | None = None
    approves_otherwise: bool = False
    approves_missing: bool = False
    missing_codes: tuple[float, ...] = ()
    between: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        limits = [limit for limit in (self.approve_at_least, self.approve_at_most) if limit is not None]
        numbers = [*limits, *self.missing_codes, *(self.between or ())]
        if len(limits) != 1 or not all(math.isfinite(number) for number in numbers):
            raise InputRefused(
                "a rule needs one limit and finite numbers", found=limits, allowed="approve_at_least or approve_at_most"
            )

    def to_json(self) -> dict[str, Json]:
        """Write it for the serving contract, in the charter's words."""
        return {
            "column": self.column,
            "approve_at_least": self.approve_at_least,
            "approve_at_most": self.approve_at_most,
            "otherwise": _CLASSES[self.approves_otherwise],
            "missing": _CLASSES[self.approves_missing],
            "missing_codes": list(self.missing_codes),
            "between": list(self.between) if self.between else None,
        }


def rule_of(charter: Charter) -> Rule | None:
    """Build the rule of a charter from its declared column and `[delivery.rule]`."""
    block = charter.delivery.rule if charter.delivery else None
    column = charter.data.columns.get(block.column) if block and charter.data else None
    if block is None or column is None:
        return None
    return Rule(
        block.column,
        block.approve_at_least,
        block.approve_at_most,
        approves_otherwise=block.otherwise == "negative",
        approves_missing=block.missing == "negative",
        missing_codes=tuple(float(code) for code in column.missing.codes if not isinstance(code, str)),
        between=(float(column.between[0]), float(column.between[1])) if column.between else None,  # type: ignore[arg-type]
    )


def read_rule(document: Mapping[str, Any]) -> Rule:
    """Read what `to_json` wrote; refuse whatever is unknown or of another form."""
    values = dict(document)
    try:
        between = values.pop("between", None)
        rule = Rule(
            str(values.pop("column")),
            _number(values.pop("approve_at_least", None)),
            _number(values.pop("approve_at_most", None)),
            approves_otherwise=_is_negative(values.pop("otherwise", "positive")),
            approves_missing=_is_negative(values.pop("missing", "positive")),
            missing_codes=tuple(float(code) for code in values.pop("missing_codes", ())),
            between=(float(between[0]), float(between[1])) if between else None,
        )
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise InputRefused(f"the business rule cannot be read: {error}", found=dict(document)) from error
    if values:
        raise InputRefused("the business rule holds unknown keys", found=sorted(values))
    return rule


def decide(rule: Rule, values: Mapping[str, Any]) -> bool:
    """Whether the rule approves one row, that is: answers negative."""
    value = values.get(rule.column)
    if value is None or isinstance(value, bool | str) or not math.isfinite(value) or value in rule.missing_codes:
        return rule.approves_missing
    if rule.between is not None and not rule.between[0] <= value <= rule.between[1]:
        return rule.approves_missing
    if rule.approve_at_least is not None:
        return True if value >= rule.approve_at_least else rule.approves_otherwise
    return True if value <= _limit(rule) else rule.approves_otherwise


def decide_all(rule: Rule, frame: pd.DataFrame) -> NDArray[np.bool_]:
    """Whether the rule approves each row of a frame."""
    # numpy and pandas only where a whole frame is decided
    import numpy as np
    import pandas as pd

    if rule.column not in frame.columns:
        raise InputRefused(
            "the rule's column is missing", found=sorted(map(str, frame.columns))[:20], allowed=rule.column
        )
    values = pd.to_numeric(frame[rule.column], errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    missing = ~np.isfinite(values) | np.isin(values, np.asarray(rule.missing_codes, dtype=np.float64))
    if rule.between is not None:
        missing |= (values < rule.between[0]) | (values > rule.between[1])
    within = values >= rule.approve_at_least if rule.approve_at_least is not None else values <= _limit(rule)
    return np.where(missing, rule.approves_missing, within | rule.approves_otherwise)


def _limit(rule: Rule) -> float:
    return math.inf if rule.approve_at_most is None else rule.approve_at_most


def _number(value: Any) -> float | None:
    return None if value is None else float(value)


def _is_negative(word: Any) -> bool:
    return bool(_CLASSES.index(word))
