"""What the business rule would have brought on rows whose outcome is known, beside one answer for all."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING

from flywheel.domain.amounts import as_money
from flywheel.project.checking.faults import Fault
from flywheel.project.rule import Rule, decide_all, rule_of

if TYPE_CHECKING:
    import pandas as pd

    from flywheel.domain.value import Payoff
    from flywheel.project.charter.charter import Charter


@dataclass(frozen=True)
class RuleWorth:
    """How often a rule acts, and what it brings a case, beside the same rule with its sides swapped."""

    rows: int
    acts: int
    per_case: Decimal
    swapped: Decimal
    one_answer: Decimal
    """What the better of yes to all and no to all brings."""
    is_yes_to_all: bool
    known: Decimal

    @property
    def is_worse(self) -> bool:
        """Whether one answer for all brings more."""
        return self.per_case < self.one_answer


def rule_worth(charter: Charter, parts: Iterable[pd.DataFrame]) -> RuleWorth | None:
    """Let the rule of a charter decide rows; nothing where it has no rule, no money, or no row with an outcome."""
    rule, data = rule_of(charter), charter.data
    if rule is None or data is None or data.target is None or charter.value is None:
        return None
    swapped = replace(rule, is_positive_within=not rule.is_positive_within)
    made, other = [0, 0, 0, 0], [0, 0, 0, 0]
    for part in parts:
        rows = part[part[data.target].notna()]
        if not rows.empty:
            labels = (rows[data.target] == data.positive).to_numpy(dtype=bool)
            for one, counts in ((rule, made), (swapped, other)):
                said = decide_all(one, rows)
                for place, cell in enumerate((said & labels, said & ~labels, ~said & ~labels, ~said & labels)):
                    counts[place] += int(cell.sum())
    if not sum(made):
        return None
    return _worth(made, other, charter.value.money)


def _worth(made: list[int], other: list[int], payoff: Payoff) -> RuleWorth:
    """Put money on the rows by decision and truth: right and wrong “act”, right and wrong “leave”."""
    rows, yes = sum(made), made[0] + made[3]
    yes_to_all, no_to_all, known = payoff.per_case(Decimal(yes) / rows)
    sums = (payoff.true_positive, payoff.false_positive, payoff.true_negative, payoff.false_negative)
    here, there = (
        sum((count * amount for count, amount in zip(counts, sums, strict=True)), Decimal(0)) / rows
        for counts in (made, other)
    )
    is_yes = yes_to_all > no_to_all
    return RuleWorth(rows, made[0] + made[1], here, there, max(yes_to_all, no_to_all), is_yes, known)


def rule_columns(charter: Charter) -> tuple[str, ...]:
    """The two columns that say what a rule is worth; none where nothing does."""
    rule, data = rule_of(charter), charter.data
    return (rule.column, data.target) if rule and data and data.target and charter.value else ()


def rule_note(charter: Charter, parts: Iterable[pd.DataFrame]) -> Fault | None:
    """Say what the rule does on the data; where it brings less than one answer for all, ask whether it is meant so."""
    worth = rule_worth(charter, parts)
    if worth is None or charter.value is None:
        return None
    unit, currency = charter.value.unit, charter.value.currency
    words = {True: charter.decision.positive, False: charter.decision.negative}
    naive = f"{words[worth.is_yes_to_all]!r} for all"
    what = (
        f"the rule decides {words[True]!r} in {worth.acts / worth.rows:.1%} of the rows, which brings "
        f"{as_money(worth.per_case)} {currency} a {unit}; {naive} brings {as_money(worth.one_answer)}, "
        f"a perfect model {as_money(worth.known)}"
    )
    cure = "none needed"
    if worth.is_worse:
        what += f": it earns less than {naive}, and decides wherever no model may. Is that intended?"
        cure = _cure(rule_of(charter), worth, currency)
    return Fault("project.toml", "delivery.rule", what, cure=cure)


def _cure(rule: Rule | None, worth: RuleWorth, currency: str) -> str:
    """Name the other side where it would bring more, else another limit or column."""
    other = "another column or limit"
    if rule is None or worth.swapped <= worth.per_case:
        return f"{other} under delivery.rule"
    side = "negative" if rule.is_positive_within else "positive"
    return f'then = "{side}" under delivery.rule would bring {as_money(worth.swapped)} {currency}; or {other}'
