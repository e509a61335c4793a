"""Amounts in a dossier: what each unit too high or too low costs, how often it was so, what less error is worth."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest

from flywheel.domain.value import ErrorCost
from flywheel.project.problems.regression_telling import IN_SHAPE, told_of, worth_of
from flywheel.project.problems.telling import Measured, Year

COST = ErrorCost(Decimal("0.5"), Decimal(2))
ERRORS = np.array([4.0, 2.0, 0.0, -1.0, -3.0, -6.0])
MONEY = np.where(ERRORS > 0, -0.5 * ERRORS, 2 * ERRORS)
MET = Measured(
    {
        "kpi": float(MONEY.mean()),
        "mae": float(np.abs(ERRORS).mean()),
        "bias": float(ERRORS.mean()),
        "explained": 0.75,
    },
    {"high": 2, "low": 3, "exact": 1},
)


def test_each_unit_on_either_side_has_its_price_its_cases_and_what_they_came_to_together() -> None:
    told = told_of("count", COST, MET)
    assert [(one.title, one.each, one.cases, one.together) for one in told.cases] == [
        ("each unit of “count” too high", "-0.5", 2, "-3.00"),
        ("each unit of “count” too low", "-2", 3, "-20.00"),
    ]
    assert sum(float(str(one.together)) for one in told.cases) == pytest.approx(MONEY.sum())


def test_how_it_decided_is_told_in_figures_and_in_one_sentence() -> None:
    told = told_of("count", COST, MET)
    assert told.decided == {
        "decided too high": "2, by 3 on average",
        "decided too low": "3, by 3.333 on average",
        "decided exactly": "1",
    }
    assert told.sentence == (
        "It decides amounts: too high for 2 of 6 test rows (by 3 on average) and too low for 3 (by 3.333 on average)."
    )


def test_a_side_on_which_it_never_errs_has_no_average() -> None:
    met = Measured({"kpi": -0.5, "mae": 1.0, "bias": 1.0, "explained": 0.1}, {"high": 3, "low": 0, "exact": 0})
    assert told_of("count", COST, met).sentence.endswith("(by 1 on average) and too low for 0.")


def test_of_a_version_that_met_no_test_rows_only_the_prices_are_told() -> None:
    told = told_of("count", COST, None)
    assert [(one.each, one.cases, one.together) for one in told.cases] == [("-0.5", None, None), ("-2", None, None)]
    assert (told.decided, told.sentence) == ({}, "")


def test_a_hundredth_less_error_is_worth_a_hundredth_of_what_errors_cost_a_year() -> None:
    met = Measured({"kpi": -10.0, "mae": 4.0, "bias": 0.0, "explained": 0.75}, {"high": 1, "low": 1, "exact": 0})
    worth = worth_of(met, Year("EUR", 1_000, 20_000.0))
    assert worth == {
        "1 % less of its error, a year": f"100.00 EUR, {IN_SHAPE}",
        "pays its costs from a mean absolute error of": "8",  # the constant costs 40, and 20 of it pay the year
    }


@pytest.mark.parametrize(("cost", "said"), [(0.0, None), (40_000.0, "none: no model saves as much")])
def test_without_costs_none_are_paid_and_some_no_model_pays(cost: float, said: str | None) -> None:
    met = Measured({"kpi": -10.0, "mae": 4.0, "bias": 0.0, "explained": 0.75}, {"high": 1, "low": 1, "exact": 0})
    assert worth_of(met, Year("EUR", 1_000, cost)).get("pays its costs from a mean absolute error of") == said


def test_a_model_without_an_error_leaves_nothing_to_be_won() -> None:
    met = Measured({"kpi": 0.0, "mae": 0.0, "bias": 0.0, "explained": 1.0}, {"high": 0, "low": 0, "exact": 2})
    assert worth_of(met, Year("EUR", 1_000, 20_000.0)) == {}
