"""What a charter's money means for its data, before anything is trained: where acting pays, and how much can be won."""

from __future__ import annotations

from decimal import Decimal

from flywheel.domain.amounts import as_money
from flywheel.project.charter.charter import Charter
from flywheel.project.checking.faults import Fault

WORTH = Decimal("0.1")
"""A model that knew all must bring this share more than the better constant answer, or there is little to win."""


def money_note(charter: Charter, *, yes: int, rows: int) -> Fault | None:
    """Say what both constant answers bring and what could be won; nothing where the charter names no money yet."""
    if charter.value is None or charter.value.money is None or not 0 < yes < rows:
        return None
    money, unit, currency = charter.value.money, charter.value.unit, charter.value.currency
    yes_to_all, no_to_all, known = money.per_case(Decimal(yes) / rows)
    act, leave = charter.decision.positive, charter.decision.negative
    naive, room = max(yes_to_all, no_to_all), known - max(yes_to_all, no_to_all)
    what = (
        f"{act!r} pays where a yes is likelier than {money.pays_from:.1%}; {yes / rows:.1%} of the rows are yes. "
        f"One {unit} brings {as_money(yes_to_all)} {currency} if all are {act!r}, {as_money(no_to_all)} if all are "
        f"{leave!r}, and {as_money(known)} if everything were known: a model can win {as_money(room)} at most"
    )
    if room < WORTH * abs(naive):
        what += f", which is little beside {as_money(abs(naive))}, and PERF-001 asks that it wins beyond chance"
    return Fault(
        "project.toml",
        "value.payoff",
        what,
        cure="nothing where these are your sums; else put yours under value.payoff",
    )
