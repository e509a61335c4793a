"""Amounts: what an error costs, where the best single amount lies, and models that are fitted to the cost."""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from flywheel.domain.value import ErrorCost
from flywheel.errors import InputRefused
from flywheel.project.problems.kind import ProblemKind
from flywheel.project.problems.regression import Regression
from flywheel.project.reading.kinds import Kind
from flywheel.project.tabular.answering import Amounts
from flywheel.project.tabular.certainty import ALONE
from flywheel.project.tabular.model import FittedModel, load_verified, save
from flywheel.project.tabular.recipe import Budget, ColumnFacts, RecipeKind

COST = ErrorCost(over=Decimal(1), under=Decimal(4))
KIND: ProblemKind = Regression("count", COST)
COLUMNS = (ColumnFacts("hour", Kind.INTEGER), ColumnFacts("warm", Kind.NUMBER), ColumnFacts("day", Kind.CATEGORY))
RUNGS = (RecipeKind.NAIVE, RecipeKind.LINEAR, RecipeKind.BOOSTED)


def rentals(rows: int, *, seed: int) -> pd.DataFrame:
    """Hours in which bicycles were taken: more in the afternoon, when it is warm and on working days."""
    draw = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "hour": draw.integers(0, 24, rows),
            "warm": draw.normal(15, 8, rows),
            "day": draw.choice(["working", "free"], rows),
        }
    )
    mean = 30 + 6 * np.minimum(frame["hour"], 24 - frame["hour"]) + 3 * frame["warm"].clip(0)
    mean *= np.where(frame["day"] == "working", 1.4, 1.0)
    return frame.assign(count=draw.poisson(mean * draw.gamma(6, 1 / 6, rows)))


@cache
def fitted(kind: RecipeKind) -> FittedModel:
    recipe = next(one for one in KIND.ladder(COLUMNS, seed=7, budget=Budget(3, 5)) if one.kind is kind)
    return KIND.fit(recipe, rentals(3_000, seed=1), rentals(1_200, seed=2), COLUMNS).model


def test_each_unit_too_high_or_too_low_has_its_price() -> None:
    money = KIND.money(np.array([10.0, 10.0, 10.0]), np.array([12.0, 7.0, 10.0]))
    np.testing.assert_allclose(money, [-2.0, -12.0, 0.0])


def test_the_best_single_amount_is_the_quantile_that_costs_least() -> None:
    rows = rentals(2_000, seed=3)
    truth, best = KIND.truth(rows), float(KIND.simplest(rows).money.mean())
    others = [float(KIND.money(truth, np.full(truth.size, amount)).mean()) for amount in np.quantile(truth, [0.7, 0.9])]
    assert best > max(others)
    assert COST.quantile == 0.8


@pytest.mark.parametrize("kind", RUNGS)
def test_decisions_are_exceeded_as_often_as_the_prices_say(kind: RecipeKind) -> None:
    judged = KIND.answered(rentals(4_000, seed=5), fitted(kind))
    happened, chances = KIND.as_chances(judged.truth, judged.said)
    assert happened.mean() == pytest.approx(0.2, abs=0.03)
    assert set(np.round(chances, 9)) == {0.2}


def test_each_rung_costs_less_than_the_one_before() -> None:
    rows = rentals(4_000, seed=5)
    costs = [-float(KIND.answered(rows, fitted(kind)).money.mean()) for kind in RUNGS]
    assert costs[2] < costs[1] < costs[0]
    figures = KIND.figures(KIND.answered(rows, fitted(RecipeKind.BOOSTED)), units=ALONE)
    assert figures.metrics["explained"] > 0.2
    assert float(figures.kpi.low) < figures.metrics["kpi"] < float(figures.kpi.high)
    assert sum(figures.counts.values()) == 4_000


@pytest.mark.parametrize("kind", RUNGS)
def test_intervals_hold_nine_of_ten_amounts(kind: RecipeKind) -> None:
    rows, model = rentals(4_000, seed=5), fitted(kind)
    assert isinstance(model.answering, Amounts)
    low, high = model.answering.interval(model.said(rows))
    truth = KIND.truth(rows)
    assert np.mean((truth >= low) & (truth <= high)) == pytest.approx(0.9, abs=0.03)


@pytest.mark.parametrize("kind", RUNGS)
def test_a_model_is_kept_and_answers_as_before(kind: RecipeKind, tmp_path: Path) -> None:
    model, rows = fitted(kind), rentals(200, seed=9)
    loaded = load_verified(tmp_path / "m", save(model, tmp_path / "m"))
    np.testing.assert_array_equal(loaded.said(rows), model.said(rows))
    assert KIND.answer(loaded) == KIND.answer(model)
    assert save(loaded, tmp_path / "again") == save(model, tmp_path / "once more")


def test_nothing_below_nought_is_said_where_nothing_lies_there() -> None:
    cold = rentals(50, seed=1).assign(hour=0, warm=-400.0, day="free")
    assert (fitted(RecipeKind.LINEAR).said(cold) >= 0).all()


@pytest.mark.parametrize(("target", "words"), [(["many", "few"], "no number"), ([1.0, np.inf], "infinite")])
def test_a_target_that_is_no_amount_is_refused(target: list[object], words: str) -> None:
    with pytest.raises(InputRefused, match=words):
        KIND.truth(pd.DataFrame({"count": target}))
