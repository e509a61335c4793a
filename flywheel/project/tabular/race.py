"""The race: boosted candidates train side by side on one quantised matrix; the weaker ones stop at each rung."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from flywheel.project.tabular.goal import Goal
from flywheel.project.tabular.recipe import Param, Recipe

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from flywheel.project.tabular.encoding import Encoding
    from flywheel.project.tabular.goal import Truth

RUNGS = (8, 20, 50, 100)
"""Rounds at which candidates are compared; a third goes on, at least two until the last rung."""
MAX_BIN = 128
FIRST: dict[str, Param] = {"eta": 0.15, "max_depth": 4, "min_child_weight": 5.0, "reg_lambda": 5.0}
CHOICES: dict[str, tuple[Param, ...]] = {
    "eta": (0.08, 0.12, 0.2, 0.3),
    "max_depth": (2, 3, 4, 5, 6, 7),
    "min_child_weight": (1.0, 5.0, 20.0, 50.0),
    "reg_lambda": (1.0, 5.0, 20.0),
}


@dataclass(frozen=True)
class Trial:
    """One candidate: how far it came, and how far from the truth it was on validation rows at its best."""

    params: tuple[tuple[str, Param], ...]
    rounds: int
    loss: float
    seconds: float


@dataclass(frozen=True)
class Race:
    """All candidates, the recipe that won and its booster, cut at its best rung."""

    winner: Recipe
    booster: Any
    trials: tuple[Trial, ...]
    is_cut_short: bool


@dataclass(frozen=True)
class Part:
    """Encoded rows, in double or in single precision, and what is true of them."""

    matrix: NDArray[Any]
    truth: Truth

    def in_single(self, encoding: Encoding) -> Part:
        """The same rows in single precision, which boosted trees learn from."""
        return Part(encoding.single(self.matrix), self.truth)


@dataclass
class _Runner:
    params: dict[str, Param]
    booster: Any
    rounds: int = 0
    loss: float = float("inf")
    best_loss: float = float("inf")
    best_rounds: int = 0
    seconds: float = 0.0


def run_race(
    plan: Recipe,
    train: Part,
    validation: Part,
    *,
    goal: Goal,
    threads: int = 1,
    clock: Callable[[], float] = time.monotonic,
) -> Race:
    """Race the plan's candidates; only running out of minutes lets the machine have a say, and is told."""
    # xgboost costs seconds to import and only boosted models need it
    import xgboost

    settings = plan.settings
    ends_at = clock() + float(settings.get("minutes", 10.0)) * 60
    data = _quantised(train, threads)
    field = [
        _Runner(params, xgboost.Booster(_booster_params(goal.objective, params, plan.seed, threads), [data]))
        for params in candidates(int(settings.get("trials", 8)), seed=plan.seed)
    ]
    alive, is_cut_short = field, False
    for rung in RUNGS:
        for place, runner in enumerate(alive):
            if clock() > ends_at and (rung > RUNGS[0] or place > 0):
                is_cut_short = True
                break
            _advance(runner, rung, data, clock)
            _judge(runner, validation, goal)
        alive = _survivors(alive, rung)
    best = min((r for r in field if r.rounds), key=lambda r: (r.best_loss, field.index(r)))
    winner = plan.with_params({**best.params, "rounds": best.best_rounds})
    trials = tuple(
        Trial(tuple(sorted(r.params.items())), r.rounds, r.best_loss, round(r.seconds, 4)) for r in field if r.rounds
    )
    return Race(winner, _cut(best.booster, best.best_rounds), trials, is_cut_short)


def fit_booster(recipe: Recipe, train: Part, *, objective: Mapping[str, Param], threads: int = 1) -> Any:
    """Train a concrete recipe anew: bit for bit the booster that won the race with it."""
    # xgboost costs seconds to import and only boosted models need it
    import xgboost

    params = {name: value for name, value in recipe.params if name != "rounds"}
    data = _quantised(train, threads)
    booster = xgboost.Booster(_booster_params(objective, params, recipe.seed, threads), [data])
    for iteration in range(int(recipe.settings["rounds"])):
        booster.update(data, iteration)
    return _cut(booster, int(recipe.settings["rounds"]))


def candidates(trials: int, *, seed: int) -> tuple[dict[str, Param], ...]:
    """A sound first guess, then distinct draws from the grid."""
    grid = [dict(zip(CHOICES, values, strict=True)) for values in product(*CHOICES.values())]
    order = np.random.default_rng(seed).permutation(len(grid))
    return (FIRST, *(grid[place] for place in order[: max(0, trials - 1)]))


def _advance(runner: _Runner, rung: int, data: Any, clock: Callable[[], float]) -> None:
    began_at = clock()
    for iteration in range(runner.rounds, rung):
        runner.booster.update(data, iteration)
    runner.rounds = rung
    runner.seconds += clock() - began_at


def _judge(runner: _Runner, validation: Part, goal: Goal) -> None:
    runner.loss = goal.loss(validation.truth, raw_output(runner.booster, validation.matrix))
    if runner.loss < runner.best_loss:
        runner.best_loss, runner.best_rounds = runner.loss, runner.rounds


def raw_output(booster: Any, matrix: NDArray[Any]) -> NDArray[np.float64]:
    """What boosted trees give of each row, predicted in place: no DMatrix is built."""
    return np.asarray(booster.inplace_predict(matrix), dtype=np.float64).reshape(len(matrix))


def _survivors(alive: list[_Runner], rung: int) -> list[_Runner]:
    reached = sorted((r for r in alive if r.rounds == rung), key=lambda r: r.loss)
    return reached[: max(2, -(-len(reached) // 3))]


def _quantised(train: Part, threads: int) -> Any:
    # xgboost costs seconds to import and only boosted models need it
    import xgboost

    return xgboost.QuantileDMatrix(train.matrix, label=train.truth, max_bin=MAX_BIN, nthread=threads)


def _booster_params(
    objective: Mapping[str, Param], params: dict[str, Param], seed: int, threads: int
) -> dict[str, Param]:
    fixed: dict[str, Param] = {
        **objective,
        "tree_method": "hist",
        "max_bin": MAX_BIN,
        "nthread": threads,
        "seed": seed,
        "verbosity": 0,
    }
    return fixed | params


def _cut(booster: Any, rounds: int) -> Any:
    return booster if booster.num_boosted_rounds() == rounds else booster[:rounds]
