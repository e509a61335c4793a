"""Yes or no in a dossier: what each way of deciding brings, how often it was so, and what a point of AUC is worth."""

from __future__ import annotations

from decimal import Decimal

import pytest

from flywheel.domain.value import Payoff
from flywheel.project.answer import Decisions
from flywheel.project.problems.binary_telling import BINORMAL, told_of, worth_of
from flywheel.project.problems.telling import Measured, Year

WORDS = Decisions("decline", "accept")
PAYOFF = Payoff(Decimal("11.50"), Decimal(-67), Decimal(0), Decimal(-450))
MET = Measured({"auc": 0.8}, {"tp": 12, "fp": 29, "tn": 1_150, "fn": 9}, 0.2137)
YEAR = Year("EUR", 10_000, 20_000.0)


def test_each_way_in_which_a_decision_turns_out_has_its_money_its_cases_and_their_product() -> None:
    assert [(one.title, one.each, one.cases, one.together) for one in told_of(WORDS, PAYOFF, MET).cases] == [
        ("“decline” and right", "11.50", 12, "138.00"),
        ("“decline” and wrong", "-67", 29, "-1943"),
        ("“accept” and right", "0", 1_150, "0"),
        ("“accept” and wrong", "-450", 9, "-4050"),
    ]


def test_how_it_decided_is_told_in_figures_and_in_one_sentence() -> None:
    told = told_of(WORDS, PAYOFF, MET)
    assert told.decided == {
        "threshold": "0.2137",
        "decided “decline”": "41, 29 wrong",
        "decided “accept”": "1,159, 9 wrong",
    }
    assert told.sentence == (
        "From its threshold of 0.2137 on it decides “decline” for 41 of 1,200 test rows (29 wrong) "
        "and “accept” for 1,159 (9 wrong)."
    )


def test_of_a_version_that_met_no_test_rows_only_the_money_is_told() -> None:
    told = told_of(WORDS, PAYOFF, None)
    assert {(one.cases, one.together) for one in told.cases} == {(None, None)}
    assert (told.decided, told.sentence) == ({}, "")


def test_a_point_of_auc_is_worth_money_and_costs_are_paid_from_some_auc_on() -> None:
    worth = worth_of(PAYOFF, MET, YEAR)
    assert list(worth) == ["0.01 more of AUC, a year", "pays its costs from an AUC of"]
    assert worth["0.01 more of AUC, a year"].endswith(f" EUR, {BINORMAL}")


@pytest.mark.parametrize(("cost", "said"), [(0.0, None), (1e9, "none: no model brings as much")])
def test_without_costs_none_are_paid_and_some_no_model_pays(cost: float, said: str | None) -> None:
    assert worth_of(PAYOFF, MET, Year("EUR", 10_000, cost)).get("pays its costs from an AUC of") == said
