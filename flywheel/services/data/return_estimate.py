"""The return that a charter promises, as arithmetic that anyone can repeat, beside what the other ideas promise."""

from __future__ import annotations

from flywheel.catalog.engine import Catalog
from flywheel.catalog.project import read_projects
from flywheel.domain.quadrants import ALONE, Portfolio
from flywheel.domain.stages import ENDED_AS
from flywheel.domain.value import ReturnEstimate, estimate_return
from flywheel.project.charter.charter import Charter
from flywheel.services.data.reuse import charter_now


def return_of(charter: Charter, portfolio: Portfolio = ALONE) -> ReturnEstimate | None:
    """Estimate the first year's return; nothing where the charter names no loss of today or makes no guess."""
    value = charter.value
    if value is None or value.loss_per_year is None or value.guesses is None:
        return None
    return estimate_return(
        value_at_stake=value.loss_per_year,
        improvement=value.guesses,
        confidence=value.confidence,
        costs=value.spending,
        feasibility=charter.feasibility.stated if charter.feasibility else None,
        portfolio=portfolio,
    )


def portfolio_beside(catalog: Catalog, charter: Charter) -> Portfolio:
    """Gather what the other projects promise that count in the same currency: nobody here knows a rate of exchange."""
    currency = charter.value.currency if charter.value else None
    with catalog.look() as work:
        alive = [one.slug for one in read_projects(work.session) if one.stage not in ENDED_AS]
        others = [charter_now(work, slug) for slug in alive if slug != charter.name]
    estimates = [return_of(one) for one in others if one.value is not None and one.value.currency == currency]
    known = [one for one in estimates if one is not None]
    return Portfolio(tuple(one.likely for one in known), tuple(one.cost for one in known))
