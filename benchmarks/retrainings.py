"""Honest retrainings and candidates of pure noise: how figures lied by the old way to part and choose, and by the new.

`python -m benchmarks retrainings`: a world that does not change, a champion, a tenth more rows and its recipe trained
anew, a hundred times; then searches among hundreds of candidates that know nothing. The old way parts rows by position
and seed, compares on all test rows, and publishes the best of the candidates' figures on test rows.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from flywheel.domain.gates import Verdict
from flywheel.domain.value import Payoff
from flywheel.project.problems.binary import Binary, labels_of
from flywheel.project.reading.kinds import Kind
from flywheel.project.tabular.model import FittedModel, fit
from flywheel.project.tabular.recipe import ColumnFacts, Recipe, RecipeKind
from flywheel.project.tabular.scoring import best_cut, gains, money_by_row
from flywheel.project.tabular.seen import Seen, seen_rows
from flywheel.project.tabular.split import Split, SplitRule
from flywheel.project.tabular.units import Unit
from validators import money
from validators.statistics import mean_interval

RETRAININGS = 100
ROWS, MORE = 4_000, 400
SEARCHES, CANDIDATES, JUDGED_ROWS = 200, 300, 2_000
PAYOFF = Payoff(Decimal(1900), Decimal(-140), Decimal(0), Decimal(-2100))
NAMES = ("income", "score", "usage", "age", "channel")
COLUMNS = (*(ColumnFacts(name, Kind.NUMBER) for name in NAMES[:-1]), ColumnFacts("channel", Kind.CATEGORY))
RECIPE = Recipe(RecipeKind.BOOSTED, NAMES, (), 7).with_params(
    {"eta": 0.3, "max_depth": 6, "min_child_weight": 1.0, "reg_lambda": 1.0, "rounds": 100}
)
"""Trees that learn rows by heart more than a search would let them, within the grid that it searches."""
RULE = SplitRule(Unit("retrainings", None, NAMES), 0.2, 0.2)
WAYS = (
    "old way: rows that the champion has seen",
    "new way: rows that neither has seen",
)
OPEN = {Verdict.PASSED, Verdict.WARNED}


@dataclass(frozen=True)
class Told:
    """What a comparison said: whether the gate opened, and the gain as a share of the champion's money."""

    is_open: bool
    gain: float


def main() -> int:
    """Simulate and print before and after."""
    began = time.process_time()
    told = [retrained(seed) for seed in range(RETRAININGS)]
    for place, name in enumerate(WAYS):
        opened = sum(pair[place].is_open for pair in told)
        gain = float(np.mean([pair[place].gain for pair in told]))
        print(f"honest retrainings, {name}: {opened} of {RETRAININGS} released, mean gain {gain:+.1%}")
    for name, choose in (("old way, chosen by test rows", True), ("new way, chosen by validation rows", False)):
        figures = [noise_published(seed, by_test=choose) for seed in range(SEARCHES)]
        beyond = sum(low > 0 for _, low in figures)
        gain = float(np.mean([one for one, _ in figures]))
        print(f"{CANDIDATES} candidates of noise, {name}: gain {gain:+.4f} a row, sure in {beyond} of {SEARCHES}")
    print(f"{time.process_time() - began:.0f} CPU s")
    return 0


def retrained(seed: int) -> tuple[Told, Told]:
    """Hold a renewal against its champion: the old way, and on unseen rows."""
    rows = world(ROWS + MORE, seed=seed)
    return _by_position(rows, seed=seed), _by_rule(rows)


def world(rows: int, *, seed: int) -> pd.DataFrame:
    """Draw applications from a world that stays as it is."""
    draw = np.random.default_rng(seed)
    frame = pd.DataFrame({name: draw.normal(size=rows) for name in NAMES[:-1]})
    frame["channel"] = draw.choice(["web", "branch", "phone"], rows)
    logit = -1.6 + 0.8 * frame["score"] - 0.5 * frame["income"] + 0.4 * (frame["channel"] == "web") * frame["usage"]
    return frame.assign(target=draw.random(rows) < 1 / (1 + np.exp(-logit)))


def noise_published(seed: int, *, by_test: bool, candidates: int = CANDIDATES) -> tuple[float, float]:
    """Search among candidates that know nothing: the published gain of the best over the baseline, and how sure."""
    draw = np.random.default_rng(seed)
    labels = draw.random((2, JUDGED_ROWS)) < 0.3
    validation, test = labels.astype(np.uint8)
    payoff = Payoff(Decimal(1), Decimal(-1), Decimal(0), Decimal(-1))
    naive = gains(payoff)[test, int(best_cut(validation, np.full(JUDGED_ROWS, 0.3), payoff=payoff).threshold <= 0.3)]
    best, published = -np.inf, np.zeros(JUDGED_ROWS)
    for _ in range(candidates):
        chances = draw.random((2, JUDGED_ROWS))
        cut = best_cut(validation, chances[0], payoff=payoff)
        earned = money_by_row(test, chances[1] >= cut.threshold, payoff=payoff)
        chosen_by = float(earned.mean()) if by_test else float(cut.per_unit)
        if chosen_by > best:
            best, published = chosen_by, earned
    gain = mean_interval(published - naive, confidence=0.9)
    return gain.estimate, gain.low


def _by_position(rows: pd.DataFrame, *, seed: int) -> Told:
    """Part by place and seed, as it was: with more rows every place is drawn anew."""

    def part(frame: pd.DataFrame) -> Split:
        place = np.random.default_rng(seed).permutation(len(frame)) / len(frame)
        return Split(*map(np.flatnonzero, (place >= 0.4, (place >= 0.2) & (place < 0.4), place < 0.2)))

    return _held(rows, part, lambda split: np.ones(split.test.size, dtype=bool))


def _by_rule(rows: pd.DataFrame) -> Told:
    before, now = rows.iloc[:ROWS], RULE.part(rows)
    seen = Seen.of(RULE, RULE.part(before), before.columns)
    unseen = ~seen_rows(rows, rule=RULE, parted=now, seen=seen)
    return _held(rows, lambda frame: RULE.part(frame).split, lambda split: unseen[split.test])


def _held(
    rows: pd.DataFrame,
    part: Callable[[pd.DataFrame], Split],
    compared: Callable[[Split], NDArray[np.bool_]],
) -> Told:
    champion = _fitted(RECIPE, rows.iloc[:ROWS], part)
    renewal = _fitted(champion.recipe, rows, part)
    split = part(rows)
    test = rows.iloc[split.test][compared(split)]
    ours, theirs = (_money(model, test) for model in (renewal, champion))
    result = money.check_champion(ours, theirs, must_beat=0.0, swing=PAYOFF.swing, is_renewal=True).result
    return Told(result.verdict in OPEN, float(result.figures.get("gain_share", 0.0)))


def _fitted(recipe: Recipe, rows: pd.DataFrame, part: Callable[[pd.DataFrame], Split]) -> FittedModel:
    train, validation, _ = part(rows).frames(rows)
    return fit(recipe, train, validation, columns=COLUMNS, goal=Binary("target", positive=True, payoff=PAYOFF)).model


def _money(model: FittedModel, rows: pd.DataFrame) -> NDArray[np.float64]:
    labels = labels_of(rows, target="target", positive=True)
    return money_by_row(labels, model.decided(model.said(rows)), payoff=PAYOFF)
