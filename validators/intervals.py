"""PERF-015: of ten true amounts nine lie within the intervals that were said, everywhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from flywheel.domain.gate_catalogue import minimum_rows
from flywheel.domain.gates import GateFinding, Severity
from flywheel.errors import counted
from flywheel.pages.charts import Span, interval_chart
from flywheel.project.tabular.answering import COVERAGE
from flywheel.project.tabular.certainty import ALONE, Units
from validators.columns import Mask
from validators.protocol import Judgement, Report, gate, not_applicable
from validators.rendering import evidence
from validators.statistics import Interval, at_most, exact_share, holm

if TYPE_CHECKING:
    from flywheel.project.tabular import answering

NO_PARTS: Mapping[str, Mask] = {}


@dataclass(frozen=True)
class IntervalLimits:
    """How far the share that intervals hold may lie below what they promise, beyond what chance does.

    They were measured on validation rows, which leaves so much to chance, and the world moves on between these and the
    test rows: from the first shortfall on people are asked, the second closes.
    """

    unasked_shortfall_at_most: float = 0.05
    shortfall_at_most: float = 0.1
    rows_at_least: int = minimum_rows("PERF-015")
    level: float = 0.01


@gate("PERF-015")
def check(
    truth: npt.NDArray[np.float64],
    interval: answering.Interval | None,
    *,
    parts: Mapping[str, Mask] = NO_PARTS,
    limits: IntervalLimits = IntervalLimits(),
    units: Units = ALONE,
) -> Judgement:
    """Judge on rows that nobody has seen; far too few within closes, too few, also in a named part, is a question."""
    if interval is None:
        return not_applicable("This version says no amounts.")
    low, high = interval
    if not len(truth) == len(low) == len(high) or len(truth) < limits.rows_at_least:
        what = f"{counted(len(truth), 'row')} with {len(low):,} intervals are too few, or do not match."
        return Judgement((GateFinding(what, allowed=f"at least {limits.rows_at_least}"),), figures={"rows": len(truth)})
    held: Mask = (truth >= low) & (truth <= high)
    whole = _Part.of_rows("all rows", held, units)
    named = [
        _Part.of_rows(name, held[rows], units.only(rows))
        for name, rows in parts.items()
        if int(rows.sum()) >= limits.rows_at_least // 2
    ]
    figures = {
        "rows": len(truth),
        "coverage": whole.share.estimate,
        "coverage_low": whole.share.low,
        "coverage_high": whole.share.high,
        "promised": COVERAGE,
        "median_width": float(np.median(high - low)),
        "median_truth": float(np.median(truth)),
    }
    closes, asks = COVERAGE - limits.shortfall_at_most, COVERAGE - limits.unasked_shortfall_at_most
    found = [_finding(whole, closes)] if whole.by_chance(closes) <= limits.level else []
    asked = [*([] if found else [(whole, asks)]), *((part, closes) for part in named)]
    chances = holm([part.by_chance(least) for part, least in asked])
    found += [_question(*one) for one, chance in zip(asked, chances, strict=True) if chance <= limits.level]
    reports = _reports([whole, *named], closes)
    return Judgement(tuple(found), evaluated=1 + len(named), figures=figures, reports=reports)


@dataclass(frozen=True)
class _Part:
    """Some rows, and how many of them, and of as many as weigh as if each stood alone, have their amount within."""

    name: str
    rows: int
    hits: float
    of: float

    @classmethod
    def of_rows(cls, name: str, held: Mask, units: Units) -> _Part:
        """Count rows that may be of the same units."""
        effect = units.effect(held)
        return cls(name, int(held.size), float(held.sum()) / effect, held.size / effect)

    @property
    def share(self) -> Interval:
        """The share within, with its bounds."""
        return exact_share(self.hits, self.of, confidence=0.95)

    def by_chance(self, least: float) -> float:
        """The chance of so few within, where the share is `least`."""
        return at_most(self.hits, self.of, least)


def _finding(whole: _Part, least: float) -> GateFinding:
    seen = f"{whole.share.estimate:.1%}"
    what = f"Of the true amounts {seen} lie within their intervals, which promise {COVERAGE:.0%}."
    return GateFinding(what, locator="coverage", seen=seen, allowed=f"at least {least:.0%}")


def _question(one: _Part, least: float) -> GateFinding:
    seen = f"{one.share.estimate:.1%}"
    what = (
        f"In {one.name} ({counted(one.rows, 'case')}) {seen} of the true amounts lie within their intervals, which "
        f"promise {COVERAGE:.0%}. Is this acceptable?"
    )
    return GateFinding(what, Severity.QUESTION, one.name, seen, f"at least {least:.0%}")


def _reports(parts: list[_Part], least: float) -> tuple[Report, ...]:
    rows = [(one.name, one.rows, one.share.estimate, one.share.low, one.share.high) for one in parts]
    spans = [
        Span(one.name, one.share.estimate, one.share.low, one.share.high, is_bad=one.share.high < least)
        for one in parts
    ]
    return evidence(
        "intervals",
        "How often the true amount lies within its interval",
        ("part", "cases", "held", "held_low", "held_high"),
        rows,
        note=f"Intervals promise {COVERAGE:.0%}; 95 % confidence intervals of the share.",
        shares=("held",),
        picture=interval_chart(spans, mark=COVERAGE, title="share of true amounts within their interval"),
    )
