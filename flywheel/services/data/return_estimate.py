"""The return that a charter promises, as arithmetic that anyone can repeat."""

from __future__ import annotations

from flywheel.domain.value import ReturnEstimate, estimate_return
from flywheel.project.charter.charter import Charter


def return_of(charter: Charter) -> ReturnEstimate | None:
    """Estimate the first year's return; nothing where the charter names no loss of today or makes no guess."""
    value = charter.value
    if value is None or value.loss_per_year is None or value.guesses is None:
        return None
    return estimate_return(
        value_at_stake=value.loss_per_year,
        improvement=value.guesses,
        confidence=value.confidence,
        costs=value.spending,
    )
