"""PERF-005: no feature knows the outcome already, which would look like skill and vanish in production."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from flywheel.domain.gate_catalogue import minimum_rows
from flywheel.domain.gates import GateFinding
from flywheel.project.kinds import Kind
from validators.columns import Floats, Mask, frame_problems, labels, numbers
from validators.protocol import Figure, Judgement, gate
from validators.specs import ColumnRole, ColumnRule
from validators.statistics import auc

ROWS_AT_LEAST = minimum_rows("PERF-005")
ROWS_AT_MOST = 100_000


@gate("PERF-005")
def check(
    frame: pd.DataFrame,
    outcomes: npt.ArrayLike,
    *,
    rules: tuple[ColumnRule, ...],
    auc_at_most: float = 0.995,
    seed: int = 0,
) -> Judgement:
    """Judge each feature alone against the outcomes: 0 and 1, or numbers of a regression."""
    features = tuple(rule for rule in rules if rule.role is ColumnRole.FEATURE)
    happened = np.asarray(outcomes, dtype=np.float64)
    findings = frame_problems(frame, features, at_least_rows=ROWS_AT_LEAST) + _outcome_problems(frame, happened)
    if findings:
        return Judgement(tuple(findings), figures={"rows": len(frame)})
    chosen = np.random.default_rng(seed).permutation(len(frame))[:ROWS_AT_MOST]
    sample, happened = frame.iloc[chosen], happened[chosen]
    power = {rule.name: single_feature_power(sample[rule.name], rule, happened) for rule in features}
    found = tuple(_finding(name, value, auc_at_most) for name, value in power.items() if value > auc_at_most)
    strongest = max(power, key=lambda name: power[name], default="")
    figures: dict[str, Figure] = {
        "rows": len(sample),
        "strongest_feature": strongest,
        "strongest_power": power.get(strongest, 0.5),
    }
    return Judgement(found, evaluated=len(power), figures=figures)


def single_feature_power(series: pd.Series[Any], rule: ColumnRule, happened: Floats) -> float:
    """Rank the outcome by one feature alone: 0.5 knows nothing, 1 knows all, whichever way it points."""
    is_missing: Mask = series.isna().to_numpy(dtype=bool)
    guesses: list[Floats] = [is_missing.astype(np.float64)]
    if rule.kind in {Kind.NUMBER, Kind.INTEGER}:
        values = numbers(series)
        guesses.append(np.where(is_missing, np.nanmedian(values), values).astype(np.float64))
        guesses.append(_by_level(pd.Series(values), happened))
    elif rule.kind in {Kind.CATEGORY, Kind.BOOLEAN}:
        guesses.append(_by_level(labels(series, rule.kind).reindex(series.index, fill_value=""), happened))
    elif rule.kind is Kind.TIME:
        guesses.append(np.asarray(series.astype("int64"), dtype=np.float64))
    return max(_ranking(guess, happened) for guess in guesses)


def _outcome_problems(frame: pd.DataFrame, happened: Floats) -> list[GateFinding]:
    if happened.ndim != 1 or happened.size != len(frame):
        what = "Features and outcomes are not of the same rows."
        return [GateFinding(what, seen=f"{happened.shape}", allowed=f"{len(frame)} outcomes")]
    if not np.isfinite(happened).all():
        return [GateFinding("Some outcomes are missing or not numbers.", allowed="a known outcome in each row")]
    if np.unique(happened).size < 2:
        return [GateFinding("The outcome is the same in every row, so nothing can give it away.", allowed="both")]
    return []


def _by_level(levels: pd.Series[Any], happened: Floats) -> Floats:
    """Guess each half of the rows from the other half's mean by level, so that rare levels cannot know themselves."""
    codes, names = pd.factorize(levels, use_na_sentinel=False)
    half = np.arange(codes.size) % 2
    guess = np.empty(codes.size)
    for side in (0, 1):
        known = half != side
        sums = np.bincount(codes[known], weights=happened[known], minlength=len(names))
        cases = np.bincount(codes[known], minlength=len(names))
        mean = (sums + happened.mean()) / (cases + 1)
        guess[~known] = mean[codes[~known]]
    return guess


def _ranking(guess: Floats, happened: Floats) -> float:
    if np.unique(guess).size < 2:
        return 0.5
    if set(np.unique(happened)) <= {0.0, 1.0}:
        value = auc(happened > 0.5, guess)
        return max(value, 1 - value)
    return 0.5 + abs(float(pd.Series(guess).corr(pd.Series(happened), method="spearman"))) / 2


def _finding(name: str, power: float, limit: float) -> GateFinding:
    what = f"The feature {name} alone all but gives the outcome away; is it known before the decision is taken?"
    return GateFinding(what, locator=name, seen=f"{power:.4f} single-feature AUC", allowed=f"at most {limit:g}")
