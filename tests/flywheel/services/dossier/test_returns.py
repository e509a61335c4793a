"""What a dossier says of the return: the expectation, and the same again by what was measured."""

from __future__ import annotations

import re
from dataclasses import replace

from flywheel.domain.digests import Json
from flywheel.domain.value import Payoff
from flywheel.project.problems.binary import Binary
from flywheel.project.problems.telling import Year
from flywheel.services.dossier.returns import expected_return
from tests.factories.tellings import told_by

ESTIMATE: dict[str, Json] = {
    "low": "10000.00", "likely": "40000.00", "high": "60000.00", "value_at_stake": "1000000.00",
    "interval": ["-5000.00", "70000.00"], "chance_of_loss": 0.2, "quadrant": "sweet spot", "reason": "it pays",
    "cost": "20000.00", "break_even": 0.02, "point_worth": "10000.00", "decisions": 10_000,
}  # fmt: skip
MET: dict[str, Json] = {"decided": {"tp": 60, "fp": 100, "tn": 800, "fn": 40}, "metrics": {"auc": 0.8}}
KIND = Binary("y", True, Payoff.of(true_positive=100, false_positive=-10, true_negative=0, false_negative=-100))
YEAR = Year("EUR", 10_000, 20_000.0)
MEASURED: dict[str, Json] = {
    "purpose": {"currency": "EUR", "unit": "case"},
    "return": ESTIMATE,
    "feasibility": {
        "sponsor": "petra@bank.example", "bounded": True, "data": "at hand", "operations": "in place", "change": "none"
    },
    **told_by(KIND, MET, year=YEAR),
    "measured": MET,
    "gates": [
        {
            "code": "PERF-001",
            "figures": {"gain_per_row": 8.5, "gain_per_row_low": 7.0, "gain_per_row_high": 10.0},
        }
    ],
}  # fmt: skip


def said(document: dict[str, Json]) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", str(expected_return(document))))


def test_the_estimate_is_made_again_from_measured_money_with_what_a_point_of_auc_is_worth() -> None:
    text = said(MEASURED)
    assert "65,000 EUR" in text
    assert "50,000 to 80,000" in text
    assert "sweet spot: it may return at least 3 times its costs; no effort stands against it" in text
    assert re.search(r"0.01 more of AUC, a year [\d,.]+ EUR", text)
    assert re.search(r"Pays its costs from an AUC of 0\.79", text)


def test_without_a_sponsor_what_was_measured_is_judged_so_too() -> None:
    assert isinstance(MEASURED["feasibility"], dict)
    assert "don't: nobody sponsors it" in said(
        MEASURED | {"feasibility": MEASURED["feasibility"] | {"sponsor": None}}
    ).replace("&#39;", "'")


def test_where_nothing_was_measured_the_expectation_stands_alone() -> None:
    text = said({"purpose": {"currency": "EUR"}, "return": ESTIMATE})
    assert "2.0 %" in text or "2.0%" in text
    assert "measured" not in text


def test_where_no_costs_are_stated_none_are_spoken_of_as_paid() -> None:
    assert isinstance(MEASURED["return"], dict)
    free = told_by(KIND, MET, year=replace(YEAR, cost=0.0))
    text = said(MEASURED | free | {"return": MEASURED["return"] | {"cost": "0"}})
    assert "no costs are stated" in text
    assert "times its costs" not in text
    assert "Pays its costs" not in text
