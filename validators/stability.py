"""PERF-010: what the model is worth holds from period to period, and has not gone down lately."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from flywheel.domain.amounts import as_money
from flywheel.domain.gate_catalogue import minimum_rows
from flywheel.domain.gates import GateFinding, Severity
from flywheel.pages.charts import Span, interval_chart
from flywheel.project.tabular.certainty import ALONE, Units
from validators.columns import Floats, frame_problems, moments
from validators.flips import Swing, chance_of_no_loss, gain_of_flips
from validators.protocol import Figure, Judgement, Report, gate, not_applicable
from validators.rendering import evidence
from validators.specs import POINTS, ColumnRole, ColumnRule, Worth, named
from validators.statistics import auc, auc_error, holm, redrawn


@dataclass(frozen=True)
class StabilityLimits:
    """How finely time is cut, and how much may be lost towards its end."""

    rows_at_least: int = minimum_rows("PERF-010") // 2
    periods_at_most: int = 12
    drop_at_most: float = 0.5
    rank_drop_at_most: float = 0.05
    level: float = 0.03
    level_of_falls: float = 0.005


@gate("PERF-010")
def check(
    frame: pd.DataFrame,
    gain: Floats,
    labels: npt.NDArray[np.uint8],
    chances: Floats,
    *,
    rules: tuple[ColumnRule, ...],
    swing: Swing,
    worth: Worth = POINTS,
    limits: StabilityLimits = StabilityLimits(),
    units: Units = ALONE,
) -> Judgement:
    """Judge gain over the baseline and power to rank, by period of the rows that the model has never seen.

    `swing` is what a yes brings over a no, by what is true: of it each row's gain is made.
    """
    clock = named(rules, ColumnRole.TIME)
    if clock is None:
        return not_applicable("The charter names no time (data.time), so there are no periods to compare.")
    problems = frame_problems(frame, (clock,), at_least_rows=2 * limits.rows_at_least)
    if not problems and bool(frame[clock.name].isna().any()):
        problems.append(GateFinding(f"Some rows have no {clock.name} and belong to no period.", locator=clock.name))
    if any(len(column) != len(frame) for column in (gain, labels, chances)):
        problems.append(GateFinding("The rows and their predictions do not match.", allowed="one answer a row"))
    if problems:
        return Judgement(tuple(problems), figures={"rows": len(frame)})
    periods = _periods(frame, clock, gain, swing, units, limits)
    scored = _Scored(gain, labels, chances, units)
    found = (*_losing(periods, worth, limits), *_lately(periods, scored, worth, limits))
    last = periods[-1]
    figures: dict[str, Figure] = {
        "rows": len(frame),
        "periods": len(periods),
        "worst_gain": min(one.gain for one in periods),
        "last_gain": last.gain,
        "last_gain_low": last.low,
        "last_gain_high": last.high,
    }
    return Judgement(found, evaluated=len(periods), figures=figures, reports=_reports(periods, worth))


@dataclass(frozen=True)
class _Scored:
    gain: Floats
    labels: npt.NDArray[np.uint8]
    chances: Floats
    units: Units


@dataclass(frozen=True)
class Period:
    """A stretch of time and what the model was worth in it."""

    name: str
    rows: npt.NDArray[np.intp]
    gain: float
    low: float
    high: float
    p_value: float


def _periods(
    frame: pd.DataFrame, clock: ColumnRule, gain: Floats, swing: Swing, units: Units, limits: StabilityLimits
) -> list[Period]:
    """Cut the rows, in the order of time, into as many equal parts as hold enough cases; one moment is never split."""
    times = moments(frame[clock.name])
    order = np.argsort(times, kind="stable")
    wanted = int(np.clip(units.count(len(frame)) // limits.rows_at_least, 2, limits.periods_at_most))
    starts = times[order][[len(frame) * part // wanted for part in range(1, wanted)]]
    places = np.searchsorted(np.unique(starts), times, side="right")
    found = []
    for place in np.unique(places):
        rows = np.flatnonzero(places == place)
        if rows.size < 2:
            continue
        mine, alike = gain[rows], units.only(rows)
        interval = gain_of_flips(mine, np.zeros_like(mine), swing=swing, confidence=0.95, is_one_way=True, units=alike)
        first, last = times[rows].min(), times[rows].max()
        found.append(
            Period(
                name=f"{np.datetime_as_string(first, unit='D')} to {np.datetime_as_string(last, unit='D')}",
                rows=rows,
                gain=interval.estimate,
                low=interval.low,
                high=interval.high,
                p_value=chance_of_no_loss(mine, swing=swing, units=alike),
            )
        )
    return found


def _losing(periods: list[Period], worth: Worth, limits: StabilityLimits) -> Iterator[GateFinding]:
    for one, p_value in zip(periods, holm([one.p_value for one in periods]), strict=True):
        if one.gain < 0 and p_value <= limits.level:
            what = f"From {one.name} the model loses {worth.said(-one.gain)} against the baseline."
            seen = f"{as_money(one.low)} to {as_money(one.high)}"
            yield GateFinding(what, Severity.WARNING, one.name, seen, "at least 0")


def _lately(periods: list[Period], scored: _Scored, worth: Worth, limits: StabilityLimits) -> Iterator[GateFinding]:
    """Hold the last third of the periods against those before it."""
    if len(periods) < 2:
        yield GateFinding("All rows have the same time, so stability over time cannot be judged.", Severity.WARNING)
        return
    gain, labels, chances = scored.gain, scored.labels, scored.chances
    cut = max(1, len(periods) - max(1, len(periods) // 3))
    before = np.concatenate([one.rows for one in periods[:cut]])
    lately = np.concatenate([one.rows for one in periods[cut:]])
    then, now = float(gain[before].mean()), float(gain[lately].mean())
    effect, draw = scored.units.effect(gain), np.random.default_rng(0)
    by_chance = redrawn(gain[lately], gain, -1.0, repeats=_DRAWS, draw=draw, effect=effect)
    if now < then and by_chance <= limits.level_of_falls:
        is_far = now < (1 - limits.drop_at_most) * then
        what = (
            f"Lately (since {periods[cut].name[:10]}) the model brings {worth.said(now)} over the baseline, "
            f"before {worth.said(then)}. Is it degrading?"
        )
        weight = Severity.WARNING if is_far else Severity.QUESTION
        yield GateFinding(what, weight, "gain", as_money(now), f"at least {as_money((1 - limits.drop_at_most) * then)}")
    if min(np.unique(labels[before]).size, np.unique(labels[lately]).size) < 2:
        return
    ranks = [auc(labels[rows], chances[rows]) for rows in (before, lately)]
    errors = [auc_error(rank, labels[rows]) for rank, rows in zip(ranks, (before, lately), strict=True)]
    weight_of_one = math.sqrt(scored.units.effect(labels))
    drop = ranks[0] - ranks[1]
    if drop > _CLEAR * weight_of_one * math.hypot(*errors):
        since = periods[cut].name[:10]
        what = f"Since {since} the model separates cases less well: AUC {ranks[1]:.3f} after {ranks[0]:.3f}."
        weight = Severity.WARNING if drop > limits.rank_drop_at_most else Severity.QUESTION
        yield GateFinding(what, weight, "auc", f"{drop:.3f} lower", f"{limits.rank_drop_at_most:g} lower")


_DRAWS = 1_999
_CLEAR = 2.58
"""One in two hundred by chance."""


def _reports(periods: list[Period], worth: Worth) -> tuple[Report, ...]:
    rows = [(one.name, int(one.rows.size), one.gain, one.low, one.high) for one in periods]
    return evidence(
        "stability",
        "What the model is worth, period by period",
        ("period", "cases", "gain", "gain_low", "gain_high"),
        rows,
        note=f"Gain: {worth.currency} per {worth.unit} over the baseline, 95 % confidence intervals; red: below 0.",
        amounts=("gain",),
        picture=interval_chart(
            [Span(row[0], row[2], row[3], row[4], is_bad=row[4] < 0) for row in rows],
            mark=0.0,
            title="gain over the baseline by period",
        ),
    )
