"""What the business rule would have brought on rows whose outcome is known, beside one answer for all."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING

from flywheel.domain.amounts import as_money
from flywheel.project.checking.constant_worth import ConstantWorth, constant_worth, per_case
from flywheel.project.checking.faults import Fault
from flywheel.project.rule import Rule, decide_all, rule_of, written

if TYPE_CHECKING:
    import pandas as pd

    from flywheel.project.charter.charter import Charter
    from flywheel.project.problems.kind import ProblemKind


@dataclass(frozen=True)
class RuleWorth:
    """How often a rule acts, and what it brings a case, beside the same rule with its answers swapped."""

    acts: int
    """How often it gives the higher of its answers: yes, the larger amount."""
    per_case: Decimal
    swapped: Decimal
    constant: ConstantWorth

    @property
    def is_worse(self) -> bool:
        """Whether one answer for all brings more."""
        return self.per_case < self.constant.per_case


def rule_worth(charter: Charter, problem: ProblemKind, parts: Iterable[pd.DataFrame]) -> RuleWorth | None:
    """Let the rule of a charter decide rows; nothing where it has no rule, no money, or no row with an outcome.

    Of all rows the outcomes are kept, at 8 bytes each: the best answer for all follows from no fewer.
    """
    # pandas only where rows are decided
    import pandas as pd

    rule = rule_of(charter)
    if rule is None or charter.value is None:
        return None
    swapped = replace(rule, then=rule.otherwise, otherwise=rule.then)
    acts, outcomes, made, other = 0, [], [0.0], [0.0]
    for part in parts:
        rows = part[part[problem.target].notna()]
        if rows.empty:
            continue
        truth, decided = problem.truth(rows), decide_all(rule, rows)
        acts += int((decided == max(rule.outcomes)).sum())
        outcomes.append(rows[[problem.target]])
        for sums, answers in ((made, decided), (other, decide_all(swapped, rows))):
            sums.append(math.fsum(problem.money(truth, answers)))
    if not outcomes:
        return None
    constant = constant_worth(problem, pd.concat(outcomes, ignore_index=True))
    here, there = (per_case(math.fsum(sums), constant.rows) for sums in (made, other))
    return RuleWorth(acts, here, there, constant)


def rule_columns(charter: Charter) -> tuple[str, ...]:
    """The two columns that say what a rule is worth; none where nothing does."""
    rule, data = rule_of(charter), charter.data
    return (rule.column, data.target) if rule and data and data.target and charter.value else ()


def rule_note(charter: Charter, problem: ProblemKind, parts: Iterable[pd.DataFrame]) -> Fault | None:
    """Say what the rule does on the data; where it brings less than one answer for all, ask whether it is meant so."""
    worth, rule = rule_worth(charter, problem, parts), rule_of(charter)
    if worth is None or rule is None or charter.value is None:
        return None
    unit, currency, constant = charter.value.unit, charter.value.currency, worth.constant
    naive = f"{problem.worded(constant.best)} for all"
    what = (
        f"the rule decides {problem.worded(max(rule.outcomes))} in {worth.acts / constant.rows:.1%} of the rows, which "
        f"brings {as_money(worth.per_case)} {currency} a {unit}; {naive} brings {as_money(constant.per_case)}, "
        f"a perfect model {as_money(constant.known)}"
    )
    cure = "none needed"
    if worth.is_worse:
        what += f": it earns less than {naive}, and decides wherever no model may. Is that intended?"
        cure = _cure(rule, worth, currency)
    return Fault("project.toml", "delivery.rule", what, cure=cure)


def _cure(rule: Rule, worth: RuleWorth, currency: str) -> str:
    """Name the other answer where it would bring more, else another limit or column."""
    other = "another column or limit"
    if worth.swapped <= worth.per_case:
        return f"{other} under delivery.rule"
    swapped = written(replace(rule, then=rule.otherwise, otherwise=rule.then))
    return f"{swapped} under delivery.rule would bring {as_money(worth.swapped)} {currency}; or {other}"
