"""The part of a dossier about the return: what the charter expected of a year, and what was measured since."""

from __future__ import annotations

from decimal import Decimal

from markupsafe import Markup

from flywheel.domain.digests import Json
from flywheel.domain.quadrants import DataState, Feasibility, OperationsState, WorkChange, quadrant_of
from flywheel.pages.figures import between, money, percent, words
from flywheel.pages.pieces import heading, pairs, paragraph
from flywheel.services.dossier.summary import Document, InAYear, in_a_year, part


def expected_return(document: Document) -> Markup:
    """Show the charter's estimate of the first year, and the same made again from what was measured."""
    estimate, currency = part(document, "return"), str(part(document, "purpose").get("currency", ""))
    if not estimate:
        return paragraph("Nobody has estimated the return.")
    span = estimate.get("interval")
    ends = span if isinstance(span, list) and len(span) == 2 else [None, None]
    amounts = {words(key): money(estimate.get(key), currency) for key in ("low", "likely", "high", "value_at_stake")}
    even = estimate.get("break_even")
    pays = {} if even is None else {"pays for itself where this share of today's loss is avoided": percent(even)}
    said = pairs(
        {
            **amounts,
            "80 % range": between(ends[0], ends[1]),
            "chance of losing money": percent(estimate.get("chance_of_loss"), digits=0),
            **pays,
            "each percentage point more of it, a year": money(estimate.get("point_worth"), currency),
            "judged as": f"{estimate.get('quadrant')}: {estimate.get('reason')}",
        }
    )
    measured = in_a_year(document)
    return said + _measured(document, measured, currency) if measured else said


def _measured(document: Document, measured: InAYear, currency: str) -> Markup:
    """Show the estimate of today, by the money that was measured on the test rows."""
    cost = Decimal(str(part(document, "return").get("cost", 0)))
    quadrant, reason = quadrant_of(
        Decimal(str(round(measured.likely, 2))), cost, feasibility=_feasibility(part(document, "feasibility"))
    )
    shown: dict[str, Json] = {
        "likely": money(measured.likely, currency),
        "range, by the interval of the gain": between(measured.low, measured.high),
        "judged as": f"{quadrant.value}: {reason}",
        **part(part(document, "kind"), "worth"),
    }
    return heading("The same by what was measured against the baseline") + pairs(shown)


def _feasibility(said: Document) -> Feasibility | None:
    if not said:
        return None
    return Feasibility(
        str(said.get("sponsor") or ""),
        bool(said.get("bounded")),
        DataState(str(said.get("data"))),
        OperationsState(str(said.get("operations"))),
        WorkChange(str(said.get("change"))),
    )
