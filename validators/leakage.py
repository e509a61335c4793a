"""PERF-005: no feature knows the outcome already, which would look like skill and vanish in production."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special

from flywheel.domain.gate_catalogue import minimum_rows
from flywheel.domain.gates import GateFinding, Severity
from flywheel.errors import counted
from flywheel.project.reading.kinds import Kind
from flywheel.project.tabular.certainty import ALONE, Codes, Units
from validators.columns import Floats, Mask, frame_problems, labels, missing_mask, moments, numbers
from validators.pockets import Pocket, PocketLimits, pockets
from validators.protocol import Figure, Judgement, gate
from validators.specs import ColumnRole, ColumnRule
from validators.statistics import auc

ROWS_AT_LEAST = minimum_rows("PERF-005")
ROWS_AT_MOST = 100_000


@dataclass(frozen=True)
class LeakLimits:
    """Above which single-feature AUC a person is asked, and above which the gate closes; both only beyond chance.

    Whatever its AUC, a column is asked about where some of its rows are all but certain (`PocketLimits`).
    """

    auc_at_most: float = 0.995
    unasked_auc_at_most: float = 0.9
    false_alarm_rate: float = 0.01


@gate("PERF-005")
def check(
    frame: pd.DataFrame,
    outcomes: npt.ArrayLike,
    *,
    rules: tuple[ColumnRule, ...],
    limits: LeakLimits = LeakLimits(),
    seed: int = 0,
    units: Units = ALONE,
) -> Judgement:
    """Judge each feature alone against the outcomes: 0 and 1, or numbers of a regression."""
    features = tuple(rule for rule in rules if rule.role is ColumnRole.FEATURE)
    happened = np.asarray(outcomes, dtype=np.float64)
    findings = frame_problems(frame, features, at_least_rows=ROWS_AT_LEAST) + _outcome_problems(frame, happened)
    if findings:
        return Judgement(tuple(findings), figures={"rows": len(frame)})
    chosen = np.random.default_rng(seed).permutation(len(frame))[:ROWS_AT_MOST]
    sample, happened, units = frame.iloc[chosen], happened[chosen], units.only(chosen)
    power = {rule.name: single_feature_power(sample[rule.name], rule, happened, units) for rule in features}
    chance = limits.false_alarm_rate / max(GUESSES * len(power), 1)
    sure = {name: value for name, value in power.items() if _by_chance(value, happened, units) <= chance}
    found = [_finding(name, value, limits) for name, value in sure.items() if value > limits.auc_at_most]
    asked = {name: value for name, value in sure.items() if limits.unasked_auc_at_most < value <= limits.auc_at_most}
    strongest = max(power, key=lambda name: power[name], default="")
    figures: dict[str, Figure] = {
        "rows": len(sample),
        "strongest_feature": strongest,
        "strongest_power": power.get(strongest, 0.5),
    }
    weighed = [p for rule in features for p in pockets(sample[rule.name], rule, happened, units, PocketLimits())]
    certain = _certain(weighed, limits, unless={*asked, *(finding.column for finding in found)})
    told = (*found, *_questions(asked, limits), *(_pocket_question(one, happened) for one in certain))
    return Judgement(told, evaluated=len(power), figures=figures)


GUESSES = 4
"""In how many ways a feature is tried at most."""


def single_feature_power(series: pd.Series[Any], rule: ColumnRule, happened: Floats, units: Units = ALONE) -> float:
    """Rank the outcome by one feature alone: 0.5 knows nothing, 1 knows all, whichever way it points.

    By its size, by its levels and by what happened to rows of about the same value, so that a band in the middle that
    gives the outcome away is seen too. Each half of the units is guessed from the other, so that no copy knows a row.
    """
    half = units.numbers(happened.size) % 2
    is_missing = missing_mask(series, rule.missing_codes)
    guesses: list[Floats] = [is_missing.astype(np.float64)]
    if rule.kind in {Kind.NUMBER, Kind.INTEGER, Kind.TIME}:
        values = _amounts(series, rule, is_missing)
        guesses.append(np.where(is_missing, np.nanmedian(values), values).astype(np.float64))
        guesses.append(_by_neighbours(values, happened, half))
        guesses.append(_by_level(pd.Series(values), happened, half))
    elif rule.kind in {Kind.CATEGORY, Kind.BOOLEAN}:
        guesses.append(_by_level(labels(series, rule.kind).reindex(series.index, fill_value=""), happened, half))
    return max(_ranking(guess, happened) for guess in guesses)


def _amounts(series: pd.Series[Any], rule: ColumnRule, is_missing: Mask) -> Floats:
    values = moments(series).astype("int64").astype(np.float64) if rule.kind is Kind.TIME else numbers(series)
    shown: Floats = np.where(is_missing, np.nan, values)
    return shown if not is_missing.all() else np.zeros(len(series))


def _outcome_problems(frame: pd.DataFrame, happened: Floats) -> list[GateFinding]:
    if happened.ndim != 1 or happened.size != len(frame):
        what = "Features and outcomes are not of the same rows."
        return [GateFinding(what, seen=f"{happened.shape}", allowed=counted(len(frame), "outcome"))]
    if not np.isfinite(happened).all():
        return [GateFinding("Some outcomes are missing or are not numbers.", allowed="a known outcome in each row")]
    if np.unique(happened).size < 2:
        return [GateFinding("The outcome is the same in every row, so no feature can leak it.", allowed="both")]
    return []


def _by_level(levels: pd.Series[Any], happened: Floats, half: Codes) -> Floats:
    """Guess each half of the rows from the other half's mean by level, so that rare levels cannot know themselves."""
    codes, names = pd.factorize(levels, use_na_sentinel=False)
    guess = np.empty(codes.size)
    for side in (0, 1):
        known = half != side
        sums = np.bincount(codes[known], weights=happened[known], minlength=len(names))
        cases = np.bincount(codes[known], minlength=len(names))
        mean = (sums + happened.mean()) / (cases + 1)
        guess[~known] = mean[codes[~known]]
    return guess


NEIGHBOURS = 15


def _by_neighbours(values: Floats, happened: Floats, half: Codes) -> Floats:
    """Guess each row from the other half's rows of the nearest values; missing ones from the missing ones."""
    guess = np.full(values.size, float(happened.mean()))
    is_missing = np.isnan(values)
    for side in (0, 1):
        known, asked = half != side, half == side
        if (known & is_missing).any():
            guess[asked & is_missing] = happened[known & is_missing].mean()
        order = np.argsort(values[known & ~is_missing], kind="stable")
        placed = values[known & ~is_missing][order]
        sums = np.concatenate([[0.0], np.cumsum(happened[known & ~is_missing][order])])
        wanted = values[asked & ~is_missing]
        first, last = np.searchsorted(placed, wanted, "left"), np.searchsorted(placed, wanted, "right")
        width = min(NEIGHBOURS, placed.size)
        around = np.clip((first + last) // 2 - width // 2, 0, placed.size - width)
        first, last = np.minimum(first, around), np.maximum(last, around + width)
        if width:
            guess[asked & ~is_missing] = (sums[last] - sums[first]) / (last - first)
    return guess


def _by_chance(power: float, happened: Floats, units: Units) -> float:
    """Give the chance that a feature which knows nothing ranks the outcome as well."""
    effect = units.effect(happened)
    cases = happened.size / effect
    if set(np.unique(happened)) <= {0.0, 1.0}:
        yes = int(happened.sum()) / effect
        if power >= 1:
            return float(
                np.exp(special.gammaln(yes + 1) + special.gammaln(cases - yes + 1) - special.gammaln(cases + 1))
            )
        spread = float(np.sqrt((cases + 1) / (12 * yes * (cases - yes))))
    else:
        spread = 0.5 / float(np.sqrt(max(cases - 1, 1)))
    return float(special.erfc((power - 0.5) / spread / np.sqrt(2)))


def _ranking(guess: Floats, happened: Floats) -> float:
    if np.unique(guess).size < 2:
        return 0.5
    if set(np.unique(happened)) <= {0.0, 1.0}:
        value = auc(happened > 0.5, guess)
        return max(value, 1 - value)
    return 0.5 + abs(float(pd.Series(guess).corr(pd.Series(happened), method="spearman"))) / 2


def _finding(name: str, power: float, limits: LeakLimits) -> GateFinding:
    cure = f"If not, set known_at_decision = false in data.columns.{name}."
    what = f"Feature {name} alone almost determines the outcome. Is it known before the decision is taken? {cure}"
    seen, allowed = f"{power:.4f} single-feature AUC", f"at most {limits.auc_at_most:g}"
    return GateFinding(what, locator=name, seen=seen, allowed=allowed)


def _questions(asked: Mapping[str, float], limits: LeakLimits) -> Iterator[GateFinding]:
    """Ask one question about all strong features, the strongest first."""
    if not asked:
        return
    names = sorted(asked, key=lambda name: -asked[name])
    said = ", ".join(f"{name} ({asked[name]:.3f})" for name in names[:5])
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    verb = "alone predicts" if len(names) == 1 else "each alone predict"
    ask = (
        "Is it known before the decision is taken?"
        if len(names) == 1
        else "Are they known before the decision is taken?"
    )
    cure = "If not, set known_at_decision = false under data.columns."
    what = f"{said}{more} {verb} the outcome almost as well as a model would. {ask} {cure}"
    allowed = f"no question up to {limits.unasked_auc_at_most:g}"
    yield GateFinding(what, Severity.QUESTION, names[0], f"{asked[names[0]]:.4f} single-feature AUC", allowed)


def _certain(weighed: Sequence[Pocket], limits: LeakLimits, *, unless: Set[str]) -> list[Pocket]:
    """Take the largest pocket of each column in which chance and an honest feature cannot explain the outcome."""
    chance = limits.false_alarm_rate / max(len(weighed), 1)
    known = [one for one in weighed if one.chance <= chance and one.column not in unless]
    largest = {one.column: one for one in sorted(known, key=lambda one: one.hits)}
    return sorted(largest.values(), key=lambda one: -one.hits)


def _pocket_question(one: Pocket, happened: Floats) -> GateFinding:
    outcome, share = ("yes", happened.mean()) if one.is_yes else ("no", 1 - happened.mean())
    seen = f"{one.hits:,} of {counted(one.rows, 'row')}"
    what = (
        f"Where {one.column} {one.words}, the outcome is {outcome} in {seen}; "
        f"of all rows it is in {share:.1%}. Is it known before the decision is taken? "
        f"If not, set known_at_decision = false in data.columns.{one.column}."
    )
    return GateFinding(what, Severity.QUESTION, one.column, seen, "an open outcome")
