"""PERF-007: no feature knows what was only known after the decision."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from flywheel.domain.gate_catalogue import minimum_rows
from flywheel.domain.gates import GateFinding, Severity
from flywheel.project.reading.kinds import Kind
from validators.columns import Floats, Mask, frame_problems, missing_mask, moments
from validators.leakage import single_feature_power
from validators.protocol import Figure, Judgement, gate, not_applicable
from validators.specs import ColumnRole, ColumnRule, named
from validators.statistics import share_effect, two_proportions

Moments = npt.NDArray[np.datetime64]


@dataclass(frozen=True)
class TravelLimits:
    """From where on a feature looks as if it came from later."""

    future_share_at_most: float = 0.001
    newest_share: float = 0.05
    missing_effect_at_most: float = 0.5
    lag_jump_at_most: float = 0.2
    rows_at_least: int = minimum_rows("PERF-007")


@gate("PERF-007")
def check(
    frame: pd.DataFrame,
    outcomes: Floats,
    *,
    rules: tuple[ColumnRule, ...],
    limits: TravelLimits = TravelLimits(),
    seed: int = 0,
) -> Judgement:
    """Judge features by their own times, by when they fill up, and by what they knew one step earlier."""
    clock, entity = named(rules, ColumnRole.TIME), named(rules, ColumnRole.ENTITY)
    if clock is None:
        return not_applicable("The charter names no time of the decision (data.time), so nothing can come after it.")
    features = tuple(rule for rule in rules if rule.role is ColumnRole.FEATURE)
    problems = frame_problems(frame, (clock, *features), at_least_rows=limits.rows_at_least)
    if not problems and bool(frame[clock.name].isna().any()):
        problems.append(
            GateFinding(
                f"Some rows have no {clock.name}, so it is unknown what came after the decision.", allowed="none"
            )
        )
    if problems:
        return Judgement(tuple(problems), figures={"rows": len(frame)})
    decided = moments(frame[clock.name])
    found = [
        *_from_the_future(frame, decided, features, limits),
        *_filled_in_later(frame, decided, features, limits),
        *_known_too_well(frame, outcomes, decided, features, entity, limits, seed),
    ]
    figures: dict[str, Figure] = {"rows": len(frame), "features": len(features), "suspects": len(found)}
    return Judgement(tuple(found), evaluated=len(features), figures=figures)


def _from_the_future(
    frame: pd.DataFrame, decided: Moments, features: tuple[ColumnRule, ...], limits: TravelLimits
) -> list[GateFinding]:
    """A time after the decision closes, where it was recorded then; of one that may have been agreed people are asked.

    A day stands for all of its hours: what happened within it, in whatever zone, is not after it.
    """
    found = []
    for rule in features:
        if rule.kind is not Kind.TIME:
            continue
        times = moments(frame[rule.name])
        is_late = times > decided
        if _are_days(decided) and not _are_days(times):
            is_late = times >= decided + _A_DAY + _ZONES_APART
        share, allowed = float(is_late.mean()), "no time after the decision"
        if share <= limits.future_share_at_most:
            continue
        what = f"In {share:.1%} of rows {rule.name} lies after the decision"
        if _may_be_agreed(times, decided, is_late):
            asked = (
                f"{what}. A maturity or an appointment is known by then; what is recorded when it happens is not "
                "known at the decision. Which of the two is it?"
            )
            found.append(GateFinding(asked, Severity.QUESTION, rule.name, f"{share:.2%}", allowed))
        else:
            what += ": it cannot have been known by then."
            found.append(GateFinding(what, locator=rule.name, seen=f"{share:.2%}", allowed=allowed))
    return found


_A_DAY, _ZONES_APART = np.timedelta64(1, "D"), np.timedelta64(12, "h")
_AGREED_FROM, _REACHING_FROM, _EXPECTED_AT_LEAST = 0.9, 0.5, 20
"""Nearly all of what is agreed lies ahead; of the newest rows it lies beyond the newest decision as often as its usual
distance says, where what is recorded ends with the data."""


def _are_days(times: Moments) -> bool:
    """Whether all are written without an hour."""
    filled = times[~np.isnat(times)]
    return bool((filled == filled.astype("datetime64[D]")).all())


def _may_be_agreed(times: Moments, decided: Moments, is_late: Mask) -> bool:
    is_filled = ~np.isnat(times)
    ahead = np.sort(times[is_filled] - decided[is_filled])
    room = decided.max() - decided
    expected = float((1 - np.searchsorted(ahead, room, side="right") / ahead.size).sum())
    if expected < _EXPECTED_AT_LEAST:
        return float(is_late[is_filled].mean()) >= _AGREED_FROM
    return int((times[is_filled] > decided.max()).sum()) >= _REACHING_FROM * expected


def _filled_in_later(
    frame: pd.DataFrame, decided: Moments, features: tuple[ColumnRule, ...], limits: TravelLimits
) -> list[GateFinding]:
    """A value that newest rows lack and older ones have is filled in after the decision."""
    order = np.argsort(decided, kind="stable")
    newest = max(int(len(frame) * limits.newest_share), limits.rows_at_least // 4)
    found = []
    for rule in features:
        is_missing: Mask = missing_mask(frame[rule.name], rule.missing_codes)[order]
        late, early = is_missing[-newest:], is_missing[:-newest]
        now, before = float(late.mean()), float(early.mean())
        if now <= before or share_effect(now, before) < limits.missing_effect_at_most:
            continue
        if two_proportions(int(late.sum()), late.size, int(early.sum()), early.size) < 0.001:
            what = (
                f"{rule.name} is missing in {now:.0%} of the newest rows and {before:.0%} of older ones. "
                "Is it filled in later? Then it is not available when the decision is taken."
            )
            found.append(GateFinding(what, Severity.QUESTION, rule.name, f"{now:.1%}", f"about {before:.1%}"))
    return found


def _known_too_well(
    frame: pd.DataFrame,
    outcomes: Floats,
    decided: Moments,
    features: tuple[ColumnRule, ...],
    entity: ColumnRule | None,
    limits: TravelLimits,
    seed: int,
) -> list[GateFinding]:
    """A feature strong in its own row and weak one step earlier of the same subject tells of the outcome's moment."""
    steps = _steps(frame, decided, entity)
    if steps is None or steps[0].size < limits.rows_at_least:
        return []
    if steps[0].size > _STEPS_AT_MOST:
        chosen = np.random.default_rng(seed).permutation(steps[0].size)[:_STEPS_AT_MOST]
        steps = steps[0][chosen], steps[1][chosen]
    here, before = steps
    happened = outcomes[here]
    if np.unique(happened).size < 2:
        return []
    found = []
    for rule in features:
        power = single_feature_power(frame[rule.name].iloc[here], rule, happened)
        if power < _STRONG:
            continue
        earlier = single_feature_power(frame[rule.name].iloc[before], rule, happened)
        if power - earlier > limits.lag_jump_at_most:
            what = (
                f"{rule.name} ranks the outcome far better in its own row ({power:.2f}) than one step earlier "
                f"({earlier:.2f}). Is its value really available before the decision?"
            )
            found.append(GateFinding(what, Severity.QUESTION, rule.name, f"{power - earlier:.2f} apart"))
    return found


_STRONG = 0.75
_STEPS_AT_MOST = 20_000


def _steps(frame: pd.DataFrame, decided: Moments, entity: ColumnRule | None) -> tuple[np.ndarray, np.ndarray] | None:
    """Pair each row with the one before it of the same subject; of one series, where rows come at even times."""
    order = np.argsort(decided, kind="stable")
    if entity is not None and entity.name in frame.columns:
        codes = pd.factorize(frame[entity.name], use_na_sentinel=True)[0][order]
        by_subject = np.argsort(codes, kind="stable")
        sorted_codes, rows = codes[by_subject], order[by_subject]
        follows = (sorted_codes[1:] == sorted_codes[:-1]) & (sorted_codes[1:] >= 0)
        return rows[1:][follows], rows[:-1][follows]
    gaps = np.diff(decided[order].astype("datetime64[s]").astype(np.int64))
    is_even = bool(gaps.size) and np.median(gaps) > 0 and float((gaps == np.median(gaps)).mean()) > 0.9
    return (order[1:], order[:-1]) if is_even else None
