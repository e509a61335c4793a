"""The race of boosted candidates."""

import numpy as np
import pytest

from flywheel.project.tabular.race import RUNGS, Part, candidates, run_race
from flywheel.project.tabular.recipe import Budget, RecipeKind, ladder
from tests.factories.tabular import GOAL, fit_recipe, fitted, rungs

DRAW = np.random.default_rng(4)
MATRIX = DRAW.normal(size=(400, 3)).astype(np.float32)
PART = Part(MATRIX, (MATRIX[:, 0] > DRAW.normal(size=400)).astype(np.uint8))


def test_weaker_candidates_stop_early() -> None:
    trials = fitted(RecipeKind.BOOSTED).trials
    assert len(trials) == 3
    assert sorted(t.rounds for t in trials) == [RUNGS[0], RUNGS[-1], RUNGS[-1]]


def test_the_winner_is_the_best_of_all_candidates() -> None:
    done = fitted(RecipeKind.BOOSTED)
    best = min(done.trials, key=lambda trial: trial.loss)
    assert best.params == tuple(p for p in done.model.recipe.params if p[0] != "rounds")


def test_the_same_plan_wins_with_the_same_bytes() -> None:
    again = fit_recipe(rungs()[RecipeKind.BOOSTED])
    assert again.model.estimator.content() == fitted(RecipeKind.BOOSTED).model.estimator.content()


def test_the_winning_recipe_alone_gives_the_same_bytes() -> None:
    won = fitted(RecipeKind.BOOSTED).model
    assert fit_recipe(won.recipe).model.estimator.content() == won.estimator.content()


def test_candidates_are_distinct_and_grow_with_the_budget() -> None:
    few, many = candidates(3, seed=1), candidates(20, seed=1)
    assert many[:3] == few
    assert len({tuple(sorted(c.items())) for c in many}) == 20


@pytest.mark.parametrize(("ticks", "is_cut_short"), [(0.0, False), (100.0, True)])
def test_a_race_out_of_minutes_ends_with_what_it_has_and_says_so(ticks: float, is_cut_short: bool) -> None:
    now = iter(np.arange(0, 1e6) * ticks)
    plan = ladder(["a", "b", "c"], seed=1, budget=Budget(trials=4, minutes=1))[-1]
    race = run_race(plan, PART, PART, goal=GOAL, clock=lambda: next(now))
    assert race.is_cut_short is is_cut_short
    assert race.booster.num_boosted_rounds() == race.winner.settings["rounds"]
