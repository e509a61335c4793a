"""The declared business rule that decides when no model may: values in, a side or an amount out, nothing else."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flywheel.domain.digests import Json
from flywheel.errors import InputRefused
from flywheel.project.answer import Outcome
from flywheel.project.charter.data_schema import missing_codes
from flywheel.project.reading.missing import Codes

if TYPE_CHECKING:
    import pandas as pd

    from flywheel.project.charter.charter import Charter
    from flywheel.project.scorer import Decided

_SIDES = ("negative", "positive")
_ONE_KIND = "sides or finite amounts throughout"


@dataclass(frozen=True)
class Rule:
    """One answer within a limit of one column, the other beyond it; what is missing or out of bounds has its own."""

    column: str
    at_least: float | None = None
    at_most: float | None = None
    then: Outcome = False
    otherwise: Outcome = True
    missing: Outcome = True
    missing_codes: tuple[float, ...] = ()
    between: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        limits = [limit for limit in (self.at_least, self.at_most) if limit is not None]
        numbers = [*limits, *self.missing_codes, *(self.between or ())]
        if len(limits) != 1 or not all(math.isfinite(number) for number in numbers):
            raise InputRefused("a rule needs one limit and finite numbers", found=limits, allowed="at_least or at_most")
        kinds = {isinstance(one, bool) for one in self.outcomes}
        if len(kinds) != 1 or not all(map(math.isfinite, self.outcomes)):
            raise InputRefused("a rule answers in one kind", found=list(self.outcomes), allowed=_ONE_KIND)

    @property
    def outcomes(self) -> tuple[Outcome, Outcome, Outcome]:
        """What it may answer: within its limit, beyond it, and where the value is missing."""
        return self.then, self.otherwise, self.missing

    def to_json(self) -> dict[str, Json]:
        """Write it for the serving contract, in the charter's words."""
        return {
            "column": self.column,
            "at_least": self.at_least,
            "at_most": self.at_most,
            "then": _written(self.then),
            "otherwise": _written(self.otherwise),
            "missing": _written(self.missing),
            "missing_codes": list(self.missing_codes),
            "between": list(self.between) if self.between else None,
        }


def rule_of(charter: Charter) -> Rule | None:
    """Build the rule of a charter from its declared column and `[delivery.rule]`."""
    block = charter.delivery.rule if charter.delivery else None
    column = charter.data.columns.get(block.column) if block and charter.data else None
    if block is None or column is None or charter.data is None:
        return None
    return Rule(
        block.column,
        block.at_least,
        block.at_most,
        then=_outcome(block.then),
        otherwise=_outcome(block.beyond),
        missing=_outcome(block.missing),
        missing_codes=tuple(sorted(filter(math.isfinite, Codes.of(missing_codes(charter.data, block.column)).numbers))),
        between=(float(column.between[0]), float(column.between[1])) if column.between else None,  # type: ignore[arg-type]
    )


def rule_in_words(charter: Charter) -> str:
    """Say what the rule of a charter answers, sides in the words of its decision; nothing where it has none."""
    rule = rule_of(charter)
    if rule is None:
        return ""
    within, beyond, missing = (_worded(one, charter) for one in rule.outcomes)
    bound = f"at least {rule.at_least:,g}" if rule.at_least is not None else f"at most {_limit(rule):,g}"
    return f"{within} where {rule.column} is {bound}, else {beyond}; where it is missing or out of bounds {missing}"


def written(rule: Rule) -> str:
    """Write what a rule answers on both sides of its limit, as its charter does: the other side follows by itself."""
    if isinstance(rule.then, bool):
        return f'then = "{_SIDES[rule.then]}"'
    return f"then = {rule.then:g} and otherwise = {rule.otherwise:g}"


def read_rule(document: Mapping[str, Any]) -> Rule:
    """Read what `to_json` wrote; refuse whatever is unknown or of another form."""
    values = dict(document)
    try:
        between = values.pop("between", None)
        rule = Rule(
            str(values.pop("column")),
            _number(values.pop("at_least", None)),
            _number(values.pop("at_most", None)),
            then=_outcome(values.pop("then")),
            otherwise=_outcome(values.pop("otherwise")),
            missing=_outcome(values.pop("missing")),
            missing_codes=tuple(float(code) for code in values.pop("missing_codes", ())),
            between=(float(between[0]), float(between[1])) if between else None,
        )
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise InputRefused(f"the business rule cannot be read: {error}", found=dict(document)) from error
    if values:
        raise InputRefused("the business rule holds unknown keys", found=sorted(values))
    return rule


def decide(rule: Rule, values: Mapping[str, Any]) -> Outcome:
    """What the rule answers for one row."""
    value = values.get(rule.column)
    if value is None or isinstance(value, bool | str) or not math.isfinite(value) or value in rule.missing_codes:
        return rule.missing
    if rule.between is not None and not rule.between[0] <= value <= rule.between[1]:
        return rule.missing
    is_within = value >= rule.at_least if rule.at_least is not None else value <= _limit(rule)
    return rule.then if is_within else rule.otherwise


def decide_all(rule: Rule, frame: pd.DataFrame) -> Decided:
    """What the rule answers for each row of a frame."""
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
    is_within = values >= rule.at_least if rule.at_least is not None else values <= _limit(rule)
    return np.where(missing, rule.missing, np.where(is_within, rule.then, rule.otherwise))


def _limit(rule: Rule) -> float:
    return math.inf if rule.at_most is None else rule.at_most


def _number(value: Any) -> float | None:
    return None if value is None else float(value)


def _outcome(said: Any) -> Outcome:
    """Read a side, or an amount as it stands."""
    return float(said) if isinstance(said, int | float) and not isinstance(said, bool) else bool(_SIDES.index(said))


def _written(outcome: Outcome) -> Json:
    return _SIDES[outcome] if isinstance(outcome, bool) else outcome


def _worded(outcome: Outcome, charter: Charter) -> str:
    """Write a side as the word of its decision, an amount as a number."""
    words = charter.decision
    if isinstance(outcome, bool):
        return f"“{words.positive if outcome else words.negative}”"
    return f"{outcome:,g}"
