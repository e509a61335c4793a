"""PERF-009: nobody is left behind by a good figure on the whole: declared slices, and segments found unasked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from flywheel.domain.amounts import as_money
from flywheel.domain.gate_catalogue import minimum_rows
from flywheel.domain.gates import GateFinding, Severity
from flywheel.errors import counted
from flywheel.pages.charts import Span, interval_chart
from flywheel.project.tabular.certainty import ALONE, Units
from validators.bins import binned
from validators.columns import Floats, Mask, frame_problems
from validators.flips import Swing, chance_of_no_loss, gain_of_flips
from validators.protocol import Figure, Judgement, Report, gate
from validators.rendering import evidence
from validators.segments import Segment, SegmentLimits, Side, find_segments
from validators.specs import POINTS, ColumnRule, Worth
from validators.statistics import Interval, holm

SURE = 0.95
"""Of the intervals that are shown."""


@dataclass(frozen=True)
class SliceLimits:
    """How small a slice may be and still be judged, and how far saying and seeing may lie apart in it."""

    rows_at_least: int = minimum_rows("PERF-009") // 2
    gap_at_most: float = 0.15
    level: float = 0.05
    levels: int = 24


@dataclass(frozen=True)
class Scored:
    """What a model said of rows, what happened, and what its decisions brought beside the baseline's.

    `swing` is what a yes brings over a no, by what is true; the baseline says the same of all rows.
    """

    labels: npt.NDArray[np.uint8]
    chances: Floats
    money: Floats
    naive_money: Floats
    swing: Swing
    units: Units = ALONE
    told: Callable[[float, float], str] = "the model predicts {:.1%} and {:.1%} was observed".format
    """Says which share was predicted and which was seen, in the words of the kind of problem."""
    happening: str = ""
    """Of what these shares are, where it is not the outcome itself."""

    @property
    def surprise(self) -> Floats:
        """What happened less what was said: nought on average wherever the model knows what it does not know."""
        return np.asarray(self.labels - self.chances, dtype=np.float64)

    @property
    def gain(self) -> Floats:
        """What each decision brings over the baseline's."""
        return np.asarray(self.money - self.naive_money, dtype=np.float64)

    def gain_in(self, rows: Mask, *, confidence: float = SURE) -> Interval:
        """That gain per row of some rows, with its bounds."""
        ours, naive = self.money[rows], self.naive_money[rows]
        units = self.units.only(rows)
        return gain_of_flips(ours, naive, swing=self.swing, confidence=confidence, is_one_way=True, units=units)

    def gain_of(self, one: Segment, *, told: int) -> Interval:
        """That of a found segment, by the rows that decided; corrected for the choice (Benjamini and Yekutieli)."""
        return self.gain_in(one.deciding, confidence=1 - (1 - SURE) * min(told / one.tried, 1.0))


@gate("PERF-009")
def check(
    frame: pd.DataFrame,
    scored: Scored,
    *,
    rules: tuple[ColumnRule, ...],
    declared: tuple[str, ...] = (),
    worth: Worth = POINTS,
    limits: SliceLimits = SliceLimits(),
    seed: int = 0,
) -> Judgement:
    """Judge each part of the declared columns, and segments of one or two columns that a search brings up."""
    problems = [*frame_problems(frame, rules, at_least_rows=2 * limits.rows_at_least), *_undeclared(rules, declared)]
    if any(len(column) != len(frame) for column in (scored.labels, scored.chances, scored.money, scored.naive_money)):
        problems.append(GateFinding("The rows and their predictions do not match.", allowed="one answer a row"))
    if problems:
        return Judgement(tuple(problems), figures={"rows": len(frame)})
    slices = [one for rule in rules if rule.name in declared for one in _slices_of(frame, rule, scored, limits)]
    search = SegmentLimits(rows_at_least=_rows_needed(scored, limits))
    level, units = limits.level / 2, scored.units
    surprising, poor = (
        find_segments(frame, figure, rules=rules, seed=seed, level=level, side=side, limits=search, units=units)
        for figure, side in ((scored.surprise, Side.EITHER), (scored.gain, Side.WORSE))
    )
    surprising = tuple(one for one in surprising if abs(one.inside) > abs(one.outside))
    poor = tuple(one for one in poor if _loses(one, scored))
    found = (
        *_losing(slices, worth, limits),
        *(_surprise(one, scored, worth, limits) for one in surprising),
        *(_poor(one, scored.gain_of(one, told=len(poor)), worth) for one in poor),
    )
    figures: dict[str, Figure] = {
        "rows": len(frame),
        "slices": len(slices),
        "slices_too_small": sum(not one.is_judged for one in slices),
        "surprising_segments": len(surprising),
        "losing_segments": len(poor),
    }
    if surprising:
        figures |= {"first_segment": surprising[0].name, "first_segment_share": surprising[0].share}
    reports = _reports(slices, (surprising, poor), scored, worth)
    return Judgement(found, evaluated=len(rules), figures=figures, reports=reports)


@dataclass(frozen=True)
class Slice:
    """One part of a declared column and how it fares."""

    name: str
    rows: int
    said: float
    seen: float
    money: float
    gain: float
    low: float
    high: float
    p_value: float
    is_judged: bool


def _undeclared(rules: tuple[ColumnRule, ...], declared: tuple[str, ...]) -> list[GateFinding]:
    known = {rule.name for rule in rules}
    return [
        GateFinding(f"The slice column {name} is not a declared column.", locator=name)
        for name in declared
        if name not in known
    ]


def _rows_needed(scored: Scored, limits: SliceLimits) -> int:
    """A segment must be large enough for ten of the rarer answers, and hold one row in a hundred."""
    rarer = min(float(scored.labels.mean()), 1 - float(scored.labels.mean()))
    return max(limits.rows_at_least, len(scored.labels) // 100, int(10 / max(rarer, 0.01)))


def _slices_of(frame: pd.DataFrame, rule: ColumnRule, scored: Scored, limits: SliceLimits) -> Iterator[Slice]:
    cut = binned(frame[rule.name], rule, levels=limits.levels)
    for place, level in enumerate(cut.levels):
        mask: Mask = cut.codes == place
        rows = int(mask.sum())
        if rows < 2:
            continue
        interval = scored.gain_in(mask)
        yield Slice(
            name=f"{rule.name} {level}",
            rows=rows,
            said=float(scored.chances[mask].mean()),
            seen=float(scored.labels[mask].mean()),
            money=float(scored.money[mask].mean()),
            gain=interval.estimate,
            low=interval.low,
            high=interval.high,
            p_value=chance_of_no_loss(scored.gain[mask], swing=scored.swing, units=scored.units.only(mask)),
            is_judged=rows >= limits.rows_at_least,
        )


def _losing(slices: list[Slice], worth: Worth, limits: SliceLimits) -> Iterator[GateFinding]:
    """Slices where the model loses against the baseline, beyond what chance does to as many slices."""
    judged = [one for one in slices if one.is_judged]
    for one, p_value in zip(judged, holm([one.p_value for one in judged]), strict=True):
        if one.gain < 0 and p_value <= limits.level:
            loss, cases = worth.said(-one.gain), counted(one.rows, "case")
            what = f"Where {one.name}, the model loses {loss} against the baseline ({cases})."
            seen = f"{as_money(one.low)} to {as_money(one.high)}"
            yield GateFinding(what, Severity.WARNING, one.name, seen, "at least 0")
    if small := [one.name for one in slices if not one.is_judged]:
        what = f"Too few cases to judge: {', '.join(small[:10])}{' and others' if len(small) > 10 else ''}."
        yield GateFinding(what, Severity.INFO, allowed=f"at least {limits.rows_at_least} cases")


def _surprise(one: Segment, scored: Scored, worth: Worth, limits: SliceLimits) -> GateFinding:
    said, seen = float(scored.chances[one.deciding].mean()), float(scored.labels[one.deciding].mean())
    earned = float(scored.gain[one.deciding].mean())
    what = (
        f"Where {one.name} ({one.share:.1%} of cases), {scored.told(said, seen)}; "
        f"there it brings {worth.said(earned)} over the baseline. Is this acceptable?"
    )
    is_far = abs(one.inside) - (one.high - one.low) / 2 > limits.gap_at_most
    weight = Severity.WARNING if is_far else Severity.QUESTION
    return GateFinding(what, weight, one.name, f"{one.inside:+.1%}", f"within {limits.gap_at_most:.0%}")


def _loses(one: Segment, scored: Scored) -> bool:
    """Whether the model brings less than the baseline there, and not only less than elsewhere."""
    return scored.gain_in(one.mask).high < 0


def _poor(one: Segment, gain: Interval, worth: Worth) -> GateFinding:
    """Ask about a segment with the figure that its page shows, and how far off that may be."""
    is_sure = "" if gain.high < 0 else ", so that it may be chance"
    what = (
        f"Where {one.name} ({one.share:.1%} of cases), the model loses {worth.said(-gain.estimate)} against the "
        f"baseline (95 % confidence interval: {as_money(gain.low)} to {as_money(gain.high)}{is_sure}). "
        "Should the baseline decide there?"
    )
    return GateFinding(what, Severity.QUESTION, one.name, as_money(gain.estimate), f"{as_money(one.outside)} elsewhere")


_Shown = tuple[str, str, int, float, float, float, float, float, float]


def _shown(one: Segment, told: int, scored: Scored) -> _Shown:
    """Show a segment by the rows that decided."""
    mine, gain = one.deciding, scored.gain_of(one, told=told)
    said, seen = float(scored.chances[mine].mean()), float(scored.labels[mine].mean())
    money = float(scored.money[mine].mean())
    return ("found", one.name, one.rows, said, seen, money, gain.estimate, gain.low, gain.high)


def _reports(
    slices: list[Slice], searches: tuple[tuple[Segment, ...], ...], scored: Scored, worth: Worth
) -> tuple[Report, ...]:
    rows = [
        ("declared", one.name, one.rows, one.said, one.seen, one.money, one.gain, one.low, one.high) for one in slices
    ]
    rows += [_shown(one, len(found), scored) for found in searches for one in found]
    picture = interval_chart(
        [Span(f"{row[1]} ({row[2]:,})", row[6], row[7], row[8], is_bad=row[8] < 0) for row in rows],
        mark=0.0,
        title="gain over the baseline by slice",
    )
    of_what = f"Predicted and observed: the share of {scored.happening}. " if scored.happening else ""
    return evidence(
        "slices",
        "Slices: gain over the baseline, predicted and observed",
        ("kind", "slice", "cases", "predicted", "observed", "money", "gain", "gain_low", "gain_high"),
        rows,
        note=of_what
        + f"Gain: {worth.currency} per {worth.unit} over the baseline, 95 % confidence intervals; red: below 0. "
        "Segments that were found are shown by the half of the cases that had no part in finding them, with intervals "
        "as wide as the choice among all that were tried makes necessary.",
        shares=("predicted", "observed"),
        amounts=("money", "gain"),
        picture=picture,
    )
