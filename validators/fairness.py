"""PERF-013: groups that the charter declares are treated alike, within the difference that it allows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations

import numpy as np
import numpy.typing as npt
import pandas as pd

from flywheel.domain.gate_catalogue import minimum_rows
from flywheel.domain.gates import GateFinding, Severity
from flywheel.errors import counted
from flywheel.pages.charts import Span, interval_chart
from flywheel.project.tabular.certainty import ALONE, Units
from validators.bins import binned
from validators.columns import Mask, frame_problems
from validators.protocol import Figure, Judgement, Report, gate, not_applicable
from validators.rendering import evidence
from validators.specs import ColumnRule
from validators.statistics import Interval, newcombe, wilson


class Rate(StrEnum):
    """What is counted in each group."""

    YES = "predicts yes"
    FOUND = "predicts yes for true cases"
    ACCUSED = "predicts yes for false cases"


MEASURES = {
    "demographic_parity": (Rate.YES,),
    "equal_opportunity": (Rate.FOUND,),
    "equalized_odds": (Rate.FOUND, Rate.ACCUSED),
}
"""Which rates may differ only so much."""


SHOWN_GROUPS = 8
"""So many rates are said in a question; the report has them all."""


@dataclass(frozen=True)
class FairnessLimits:
    """How far apart groups may be at most, whatever a charter allows, and from how many cases on they are judged."""

    at_most: float = 1.0
    cases_at_least: int = minimum_rows("PERF-013") // 2
    confidence: float = 0.95


@dataclass(frozen=True)
class Promise:
    """What a charter promises: columns of groups, the measure, and the difference at most."""

    groups: tuple[str, ...]
    measure: str
    at_most: float


@gate("PERF-013")
def check(
    frame: pd.DataFrame,
    labels: npt.NDArray[np.uint8],
    decisions: Mask,
    *,
    promise: Promise | None,
    rules: tuple[ColumnRule, ...],
    of_people: tuple[str, ...] = (),
    decides_about_people: bool = False,
    limits: FairnessLimits = FairnessLimits(),
    units: Units = ALONE,
) -> Judgement:
    """Judge the promised rates of every two groups, each difference with bounds that hold for all pairs together.

    `of_people` are the columns that the model decides by and that tell of people: whether it should is asked.
    """
    if promise is None:
        return _nothing_promised(of_people, decides_about_people)
    of_groups = tuple(rule for rule in rules if rule.name in promise.groups)
    problems = frame_problems(frame, of_groups, at_least_rows=2 * limits.cases_at_least)
    if lost := sorted(set(promise.groups) - {rule.name for rule in of_groups}):
        problems.append(GateFinding(f"The group column {lost[0]} is not declared.", locator=lost[0]))
    if len(labels) != len(frame) or len(decisions) != len(frame):
        problems.append(GateFinding("The rows and what was decided do not match.", allowed="one decision a row"))
    if problems:
        return Judgement(tuple(problems), figures={"rows": len(frame)})
    at_most = min(promise.at_most, limits.at_most)
    counted = [
        one for rule in of_groups for one in _counted(frame, rule, _Decided(labels == 1, decisions, units), limits)
    ]
    gaps = [
        gap
        for rate in MEASURES[promise.measure]
        for rule in of_groups
        for gap in _gaps(counted, rule.name, rate, limits)
    ]
    asked = _decided_by(of_people, counted, promise)
    found = (*_findings(gaps, at_most), *_small(counted, promise, limits), *asked)
    worst = max(gaps, key=lambda gap: gap.bounds.estimate, default=None)
    figures: dict[str, Figure] = {
        "rows": len(frame),
        "measure": promise.measure,
        "at_most": at_most,
        "pairs": len(gaps),
    }
    if worst is not None:
        figures |= {
            "difference": worst.bounds.estimate,
            "difference_low": worst.bounds.low,
            "difference_high": worst.bounds.high,
            "between": f"{worst.higher} and {worst.lower}",
        }
    return Judgement(found, evaluated=len(gaps), figures=figures, reports=_reports(counted))


@dataclass(frozen=True)
class Counted:
    """One rate in one group."""

    column: str
    group: str
    rate: Rate
    cases: int
    alone: float
    bounds: Interval
    is_judged: bool


@dataclass(frozen=True)
class _Decided:
    is_true: Mask
    is_yes: Mask
    units: Units


@dataclass(frozen=True)
class Gap:
    """By how much one group's rate lies above another's."""

    column: str
    rate: Rate
    higher: str
    lower: str
    bounds: Interval


def _nothing_promised(of_people: tuple[str, ...], decides_about_people: bool) -> Judgement:  # noqa: FBT001  one fact of the charter
    what = "The charter declares no groups ([validation.fairness]), so no difference between groups was tested."
    if of_people:
        asked = f"{_uses(of_people)} {what} Should it decide by that, and are the groups treated alike?"
    elif decides_about_people:
        asked = f"{what} The model decides about people: should it?"
    else:
        return not_applicable(what)
    return Judgement((GateFinding(asked, Severity.QUESTION),), is_applicable=False)


def _decided_by(of_people: tuple[str, ...], counted: list[Counted], promise: Promise) -> Iterator[GateFinding]:
    """Ask whether it should decide by what tells of people, with what each declared group meets."""
    if not of_people:
        return
    met = [
        f"{one.rate}: {one.bounds.estimate:.1%} of {one.cases:,} where {one.group}"
        for one in counted
        if one.cases and one.rate in MEASURES[promise.measure]
    ]
    more = f"; and {len(met) - SHOWN_GROUPS} more in the report" if len(met) > SHOWN_GROUPS else ""
    apart = [name for name in of_people if name not in promise.groups]
    unseen = f" No groups are declared for {', '.join(apart)}." if apart else ""
    what = f"{_uses(of_people)} Rates: {'; '.join(met[:SHOWN_GROUPS])}{more}.{unseen} Should it decide by that?"
    yield GateFinding(what, Severity.QUESTION)


def _uses(of_people: tuple[str, ...]) -> str:
    return (
        f"The model decides by {', '.join(of_people)}, which "
        f"{'describes' if len(of_people) == 1 else 'describe'} people."
    )


def _counted(frame: pd.DataFrame, rule: ColumnRule, decided: _Decided, limits: FairnessLimits) -> Iterator[Counted]:
    cut, is_true = binned(frame[rule.name], rule, bins=4, levels=24), decided.is_true
    base = {Rate.YES: np.ones(len(frame), dtype=bool), Rate.FOUND: is_true, Rate.ACCUSED: ~is_true}
    for place, level in enumerate(cut.levels):
        is_here: Mask = cut.codes == place
        for rate, of in base.items():
            chosen = is_here & of
            cases, is_yes = int(chosen.sum()), decided.is_yes[chosen]
            alone = cases / decided.units.only(chosen).effect(is_yes) if cases else 0.0
            share = float(is_yes.mean()) if cases else 0.0
            bounds = wilson(share * alone, alone, confidence=limits.confidence) if cases else Interval(0.0, 0.0, 1.0)
            is_judged = alone >= max(limits.cases_at_least, 1)
            yield Counted(rule.name, f"{rule.name} {level}", rate, cases, alone, bounds, is_judged)


def _gaps(counted: list[Counted], column: str, rate: Rate, limits: FairnessLimits) -> Iterator[Gap]:
    judged = [one for one in counted if one.column == column and one.rate is rate and one.is_judged]
    pairs = list(combinations(sorted(judged, key=lambda one: -one.bounds.estimate), 2))
    share = 1 - (1 - limits.confidence) / max(len(pairs), 1)
    for higher, lower in pairs:
        sides = [wilson(one.bounds.estimate * one.alone, one.alone, confidence=share) for one in (higher, lower)]
        yield Gap(column, rate, higher.group, lower.group, newcombe(*sides))


def _findings(gaps: list[Gap], at_most: float) -> Iterator[GateFinding]:
    for gap in gaps:
        if gap.bounds.estimate <= at_most:
            continue
        is_certain, points = gap.bounds.low > at_most, gap.bounds.estimate * 100
        said = f"the model {gap.rate} {points:.1f} points more often where {gap.higher} than where {gap.lower}"
        what = (
            f"Beyond chance, {said}."
            if is_certain
            else f"In these cases, {said}; there are too few to rule out chance."
        )
        weight = Severity.CRITICAL if is_certain else Severity.WARNING
        seen = f"{gap.bounds.low:.1%} to {gap.bounds.high:.1%}"
        yield GateFinding(what, weight, gap.higher, seen, f"at most {at_most:.1%}")
    if unsure := [f"{g.higher} and {g.lower}" for g in gaps if g.bounds.estimate <= at_most < g.bounds.high]:
        what = (
            "The observed difference is allowed, but a larger one cannot be ruled out, between "
            f"{'; '.join(unsure[:5])}."
        )
        yield GateFinding(
            what, Severity.INFO, seen=f"{len(unsure)} of {counted(len(gaps), 'pair')}", allowed=f"{at_most:.1%}"
        )


def _small(counted: list[Counted], promise: Promise, limits: FairnessLimits) -> Iterator[GateFinding]:
    rates = MEASURES[promise.measure]
    if small := sorted({one.group for one in counted if one.rate in rates and not one.is_judged}):
        what = f"Groups with too few cases to judge: {', '.join(small[:10])}. Nothing was compared for them."
        yield GateFinding(what, Severity.QUESTION, allowed=f"at least {limits.cases_at_least} cases")


def _reports(counted: list[Counted]) -> tuple[Report, ...]:
    rows = [
        (one.group, one.rate.value, one.cases, one.bounds.estimate, one.bounds.low, one.bounds.high)
        for one in counted
        if one.cases
    ]
    return evidence(
        "fairness",
        "Rates by group",
        ("group", "the model", "cases", "rate", "rate_low", "rate_high"),
        rows,
        note="Each rate with its 95 % confidence interval (Wilson). Small groups have wide ones.",
        shares=("rate",),
        picture=interval_chart(
            [Span(f"{row[0]}: {row[1]}", row[3], row[4], row[5]) for row in rows], title="rates by group", is_share=True
        ),
    )
