"""PERF-016: a version reaches the targets that people agreed on, as far as the test rows can measure them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from flywheel.domain.amounts import written_out
from flywheel.domain.gates import GateFinding, Severity
from validators.protocol import Figure, Judgement, gate, not_applicable


@dataclass(frozen=True)
class Target:
    """What people want: from which level of today to which other one, and by which day."""

    name: str
    measure: str
    before: float
    wanted: float
    by: date | None

    def is_reached(self, level: float) -> bool:
        """Whether a level is as far as is wanted; a target below today's level is reached from above."""
        return level <= self.wanted if self.wanted < self.before else level >= self.wanted

    def is_worse(self, level: float) -> bool:
        """Whether a level is worse than today's."""
        return level > self.before if self.wanted < self.before else level < self.before


@gate("PERF-016")
def check(measured: Mapping[str, float], *, targets: tuple[Target, ...], today: date) -> Judgement:
    """Judge each target by what was measured on the test rows.

    What is not reached closes the gate once its day is past, or where it has none; before that people are asked, unless
    it is worse than what there is today.
    """
    if not targets:
        return not_applicable("The charter names no target that test rows can measure.")
    findings, figures = list[GateFinding](), dict[str, Figure]()
    for one in targets:
        level = measured.get(one.measure)
        if level is None or isinstance(level, bool) or not math.isfinite(level):
            what = f"{one.name}: the test rows give no {one.measure}."
            findings.append(GateFinding(what, locator=one.measure, allowed="a figure of the test rows"))
            continue
        figures[one.measure.replace(" ", "_")] = float(level)
        findings += [] if one.is_reached(level) else [_missed(one, level, today)]
    return Judgement(tuple(findings), evaluated=len(figures), figures=figures)


def _missed(one: Target, level: float, today: date) -> GateFinding:
    is_open = one.by is not None and today <= one.by and not one.is_worse(level)
    seen, wanted = written_out(level), written_out(one.wanted)
    what = f"{one.name}: {one.measure} is {seen} on the test rows, and {wanted} is the target"
    what += f" by {one.by}" if one.by else ""
    if one.is_worse(level):
        what += f"; today it is {written_out(one.before)}"
    what += ". Is that enough for now?" if is_open else "."
    weight = Severity.QUESTION if is_open else Severity.CRITICAL
    return GateFinding(what, weight, one.measure, seen, wanted)
