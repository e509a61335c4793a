"""PERF-012: the model moves with each feature as the people who know it expect, or is asked why not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from flywheel.domain.gate_catalogue import minimum_rows
from flywheel.domain.gates import GateFinding, Severity
from flywheel.pages.charts import Curve, curve_chart
from flywheel.project.problems.telling import PROBABILITY, Predicted
from flywheel.project.reading.kinds import Kind
from flywheel.project.scorer import Scorer
from flywheel.project.tabular.certainty import ALONE, Units
from validators.columns import Floats, frame_problems, missing_mask, numbers
from validators.protocol import Figure, Judgement, Report, gate, not_applicable
from validators.rendering import evidence
from validators.specs import ColumnRole, ColumnRule
from validators.statistics import Interval, mean_interval


class Answer(StrEnum):
    """What the model says to an expectation."""

    AGREES = "agrees"
    CONTRADICTS = "contradicts"
    NO_EFFECT = "no effect"
    TURNS = "changes direction"
    NOT_USED = "not used by the model"
    NOT_ASKED = "no expectation declared"


@dataclass(frozen=True)
class SensitivityLimits:
    """How finely a feature is moved, and which effect counts as none: a share of how much the answers differ anyway."""

    grid: int = 8
    rows_at_most: int = 400
    rows_at_least: int = minimum_rows("PERF-012")
    effect_share_at_least: float = 0.1
    turn_at_most: float = 0.25


NOTHING_ALONE: Mapping[str, Scorer] = MappingProxyType({})


@gate("PERF-012")
def check(
    frame: pd.DataFrame,
    scorer: Scorer,
    *,
    rules: tuple[ColumnRule, ...],
    expected: Mapping[str, str],
    limits: SensitivityLimits = SensitivityLimits(),
    said: Predicted = PROBABILITY,
    seed: int = 0,
    units: Units = ALONE,
    alone: Mapping[str, Scorer] = NOTHING_ALONE,
) -> Judgement:
    """Move each feature of a sample over its range, all else equal, and hold the mean answer against `expected`.

    A derived feature moves by a scorer of its own (`alone`), which does not compute it anew from its columns.
    """
    if not expected:
        return not_applicable("No expectation is declared for any column (expect), so nothing can be contradicted.")
    features = tuple(rule for rule in rules if rule.role is ColumnRole.FEATURE)
    amounts = tuple(rule for rule in features if rule.kind in {Kind.NUMBER, Kind.INTEGER, Kind.BOOLEAN})
    problems = frame_problems(frame, features, at_least_rows=limits.rows_at_least)
    if problems:
        return Judgement(tuple(problems), figures={"rows": len(frame)})
    chosen = np.sort(np.random.default_rng(seed).permutation(len(frame))[: limits.rows_at_most])
    sample, alike = frame.iloc[chosen].reset_index(drop=True), units.only(chosen)
    moved = [_moved(frame[rule.name], sample, rule, alone.get(rule.name, scorer), limits, alike) for rule in amounts]
    floor = limits.effect_share_at_least * float(np.std(scorer.said(sample)))
    effects = [_answered(one, expected.get(one.name, ""), floor, limits) for one in moved if one is not None]
    effects += [_unused(name) for name in expected if name not in {one.name for one in effects}]
    asked = [effect for effect in effects if effect.answer is not Answer.NOT_ASKED]
    figures: dict[str, Figure] = {"rows": len(sample), "asked": len(asked)}
    figures |= {answer.value.replace(" ", "_"): sum(e.answer is answer for e in asked) for answer in _TOLD}
    found, reports = tuple(_findings(asked, said)), _reports(effects, said)
    return Judgement(found, evaluated=len(asked), figures=figures, reports=reports)


_TOLD = (Answer.AGREES, Answer.CONTRADICTS, Answer.NO_EFFECT, Answer.TURNS)


@dataclass(frozen=True)
class Moved:
    """The mean answer along a feature's range, and what the whole way changes for each row."""

    name: str
    places: tuple[float, ...]
    means: tuple[float, ...]
    change: Interval


@dataclass(frozen=True)
class Effect:
    """A feature, what people expect of it, and what the model does."""

    name: str
    expected: str
    answer: Answer
    moved: Moved | None = None


def _moved(
    whole: pd.Series[Any],
    sample: pd.DataFrame,
    rule: ColumnRule,
    scorer: Scorer,
    limits: SensitivityLimits,
    units: Units,
) -> Moved | None:
    values = numbers(whole)
    present = values[~missing_mask(whole, rule.missing_codes)]
    grid = _grid(present, limits.grid)
    if grid.size < 2:
        return None
    tiled = sample.iloc[np.tile(np.arange(len(sample)), grid.size)].reset_index(drop=True)
    column = np.repeat(grid, len(sample))
    tiled[rule.name] = column > 0.5 if rule.kind is Kind.BOOLEAN else column
    answers: Floats = np.asarray(scorer.said(tiled), dtype=np.float64).reshape(grid.size, len(sample))
    if not np.isfinite(answers).all():
        raise ValueError("the model did not answer every row with a number")
    means = tuple(map(float, answers.mean(axis=1)))
    change = answers[-1] - answers[0]
    bounds = mean_interval(change, effect=units.effect(change))
    return Moved(rule.name, tuple(map(float, grid)), means, bounds)


def _grid(present: Floats, places: int) -> Floats:
    """Choose values that occur, from the 5 % to the 95 % point; the two ends where hardly any differ."""
    if not present.size:
        return present
    grid = np.unique(np.quantile(present, np.linspace(0.05, 0.95, places), method="nearest"))
    return np.asarray(grid if grid.size > 1 else np.unique([present.min(), present.max()]), dtype=np.float64)


def _answered(moved: Moved, expected: str, floor: float, limits: SensitivityLimits) -> Effect:
    if not expected:
        return Effect(moved.name, expected, Answer.NOT_ASKED, moved)
    sign = 1.0 if expected == "increasing" else -1.0
    steps = sign * np.diff(moved.means)
    way = float(np.abs(steps).sum())
    against = float(-steps[steps < 0].sum())
    if max(moved.means) - min(moved.means) <= floor:
        return Effect(moved.name, expected, Answer.NO_EFFECT, moved)
    if sign * moved.change.estimate < 0:
        return Effect(moved.name, expected, Answer.CONTRADICTS, moved)
    turns = against > limits.turn_at_most * way
    return Effect(moved.name, expected, Answer.TURNS if turns else Answer.AGREES, moved)


def _unused(name: str) -> Effect:
    return Effect(name, "", Answer.NOT_USED)


def _findings(effects: list[Effect], said: Predicted) -> Iterator[GateFinding]:
    for effect in effects:
        if effect.answer in {Answer.AGREES, Answer.NOT_ASKED} or effect.moved is None:
            if effect.answer is Answer.NOT_USED:
                what = f"People expect {effect.name} to matter, but the model does not use it."
                yield GateFinding(what, Severity.INFO, effect.name)
            continue
        moved, wish = effect.moved, {"increasing": "rise", "decreasing": "fall"}[effect.expected]
        low, high = f"{moved.places[0]:,.6g}", f"{moved.places[-1]:,.6g}"
        way = (
            f"from {low} to {high} the prediction goes from {said.written(moved.means[0])} to "
            f"{said.written(moved.means[-1])}, all else equal"
        )
        does = {
            Answer.CONTRADICTS: f"the model does the opposite: {way}. Why?",
            Answer.TURNS: f"the model changes direction ({way}). Why?",
            Answer.NO_EFFECT: f"in the model it hardly matters ({way}).",
        }[effect.answer]
        what = f"People expect the {said.name} to {wish} with {effect.name}; {does}"
        weight = Severity.INFO if effect.answer is Answer.NO_EFFECT else Severity.QUESTION
        bounds = " to ".join(said.written(end, signed=True) for end in (moved.change.low, moved.change.high))
        yield GateFinding(what, weight, effect.name, bounds, effect.expected)


def _reports(effects: list[Effect], said: Predicted) -> tuple[Report, ...]:
    drawn = [effect for effect in effects if effect.moved is not None]
    rows = [_row(e, e.moved) for e in drawn if e.moved is not None]
    bad = {Answer.CONTRADICTS, Answer.TURNS}
    lines = [Curve(e.name, e.moved.places, e.moved.means, is_bad=e.answer in bad) for e in drawn if e.moved is not None]
    columns = ("at 5 %", "at 95 %", "change")
    return evidence(
        "sensitivity",
        "How the answer moves with each feature, all else equal",
        ("feature", "people expect", "the model", "at 5 %", "at 95 %", "change", "change_low", "change_high"),
        rows,
        note=f"Mean predicted {said.name} over a sample while one feature goes from its 5 % to its 95 % point; red: "
        "against expectation.",
        shares=columns if said.is_share else (),
        amounts=() if said.is_share else columns,
        picture=curve_chart(lines, title=f"mean {said.name} along each feature"),
    )


def _row(effect: Effect, moved: Moved) -> tuple[object, ...]:
    ends = (moved.means[0], moved.means[-1], moved.change.estimate, moved.change.low, moved.change.high)
    return (effect.name, effect.expected or "-", effect.answer.value, *ends)
