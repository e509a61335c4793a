"""DIFF-001: two versions on the same rows: who is decided otherwise, who gains and loses, what it brings."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from flywheel.domain.amounts import as_money
from flywheel.domain.gate_catalogue import minimum_rows
from flywheel.domain.gates import GateFinding, Severity
from flywheel.errors import counted
from flywheel.pages.charts import Span, interval_chart
from flywheel.project.examination import Answered
from flywheel.project.reading.kinds import Kind
from flywheel.project.reading.missing import Codes, is_missing
from flywheel.project.tabular.certainty import ALONE, Units
from validators.columns import Floats, Mask
from validators.flips import Swing, gain_of_flips
from validators.protocol import Judgement, Report, gate, not_applicable
from validators.rendering import table_report
from validators.same_ground import insufficient, unseen_of
from validators.segments import Segment, SegmentLimits, Side, find_segments
from validators.specs import POINTS, ColumnRole, ColumnRule, Worth, moved_by
from validators.statistics import Interval, wilson

ROWS_AT_LEAST = minimum_rows("DIFF-001")
EXAMPLES = 20
SHOWN_COLUMNS = 12
QUANTILES = (0.05, 0.5, 0.95)


@dataclass(frozen=True)
class Behaviour:
    """Two versions on the same rows."""

    rows: int
    noticeable: float
    """By how much a decision must move to be another one."""
    flips: Interval
    to_yes: int
    to_no: int
    shift: tuple[float, ...]
    correlation: float
    gain: Interval
    segments: tuple[Segment, ...]
    examples: tuple[tuple[object, ...], ...]
    example_columns: tuple[str, ...]


@dataclass(frozen=True)
class Ground:
    """By what two versions are compared; decisions that move by no more than is `noticeable` are the same."""

    swing: Swing
    noticeable: float = 0.0
    worth: Worth = POINTS
    units: Units = ALONE


@gate("DIFF-001")
def check(
    frame: pd.DataFrame,
    ours: Answered,
    theirs: Answered | None,
    *,
    rules: Sequence[ColumnRule],
    ground: Ground,
    unseen: Mask | None = None,
    seed: int = 0,
) -> Judgement:
    """Compare two versions on rows that neither has seen; segments that lose beyond chance are a question."""
    if theirs is None:
        return not_applicable("No model is in use to compare with.")
    if len({len(frame), ours.said.size, theirs.said.size}) != 1 or len(frame) < ROWS_AT_LEAST:
        what = f"Two models can be compared on at least {ROWS_AT_LEAST} common rows."
        return Judgement((GateFinding(what, seen=str(len(frame))),), figures={"rows": len(frame)})
    common = unseen_of(unseen, rows=len(frame))
    if too_few := insufficient(common, at_least=ROWS_AT_LEAST, whose=theirs.name):
        return too_few
    frame, ours, theirs = frame[common], ours.only(common), theirs.only(common)
    seen = compare(frame, ours, theirs, rules=rules, seed=seed, ground=replace(ground, units=ground.units.only(common)))
    worth = ground.worth
    losing = tuple(one for one in seen.segments if one.difference < 0 and one.inside < 0)
    finding = GateFinding(_sentence(seen, ours, theirs, worth), Severity.INFO)
    asked = tuple(GateFinding(_loses(one, worth), Severity.QUESTION, locator=one.name) for one in losing)
    figures: dict[str, float | int | str] = {
        "against": theirs.name,
        "rows": seen.rows,
        "rows_left_out_as_seen": int((~common).sum()),
        "flip_share": seen.flips.estimate,
        "flip_share_low": seen.flips.low,
        "flip_share_high": seen.flips.high,
        "to_yes": seen.to_yes,
        "to_no": seen.to_no,
        "score_shift_median": seen.shift[1],
        "rank_correlation": seen.correlation,
        "gain_per_row": seen.gain.estimate,
        "gain_per_row_low": seen.gain.low,
        "gain_per_row_high": seen.gain.high,
        "segments_losing": len(losing),
        "segments_gaining": len(seen.segments) - len(losing),
    }
    return Judgement(
        (finding, *asked), evaluated=seen.rows, figures=figures, reports=_reports(seen, ours, theirs, worth)
    )


def compare(
    frame: pd.DataFrame,
    ours: Answered,
    theirs: Answered,
    *,
    rules: Sequence[ColumnRule],
    seed: int,
    ground: Ground,
) -> Behaviour:
    """Measure what differs between two versions' answers to the same rows."""
    flipped: Mask = moved_by(ours.decided, theirs.decided) > ground.noticeable
    gain: Floats = ours.money - theirs.money
    units, worth = ground.units, ground.worth
    shift = ours.said - theirs.said
    shown = [rule for rule in rules if _may_be_shown(rule)][:SHOWN_COLUMNS]
    names = tuple(rule.name for rule in shown)
    together, sides = units.effect(flipped), Side.EITHER
    return Behaviour(
        rows=len(frame),
        noticeable=ground.noticeable,
        flips=wilson(int(flipped.sum()) / together, len(frame) / together),
        to_yes=int((flipped & (ours.decided > theirs.decided)).sum()),
        to_no=int((flipped & (ours.decided < theirs.decided)).sum()),
        shift=tuple(float(value) for value in np.quantile(shift, QUANTILES)),
        correlation=_rank_correlation(ours.said, theirs.said),
        gain=gain_of_flips(ours.money, theirs.money, swing=ground.swing, confidence=0.95, units=units),
        segments=find_segments(frame, gain, rules=rules, seed=seed, side=sides, limits=SegmentLimits(), units=units),
        examples=_examples(frame, ours, theirs, flipped, shown, worth),
        example_columns=("decided before", "decided now", "predicted before", "predicted now", "money", *names),
    )


def _may_be_shown(rule: ColumnRule) -> bool:
    """Only what the model decides by, and no text, which may name a person."""
    return rule.role is ColumnRole.FEATURE and rule.kind is not Kind.TEXT


def _rank_correlation(one: Floats, other: Floats) -> float:
    """Correlate ranks; where either model says the same of everybody there is no order to agree on."""
    if np.ptp(one) == 0 or np.ptp(other) == 0:
        return 0.0
    ranks = [pd.Series(values).rank().to_numpy(dtype=np.float64) for values in (one, other)]
    return float(np.corrcoef(ranks[0], ranks[1])[0, 1])


def _examples(
    frame: pd.DataFrame, ours: Answered, theirs: Answered, flipped: Mask, rules: Sequence[ColumnRule], worth: Worth
) -> tuple[tuple[object, ...], ...]:
    """Pick the rows that changed most: those decided otherwise first, then by how far the chance moved."""
    distance = np.abs(ours.said - theirs.said) + flipped * (1 + np.ptp(ours.said))
    places = np.argsort(-distance, kind="stable")[:EXAMPLES]
    codes = [Codes.of(rule.missing_codes) for rule in rules]
    rows = frame.loc[:, [rule.name for rule in rules]].iloc[places].astype(object).itertuples(index=False)
    return tuple(
        (
            worth.word(theirs.decided[place]),
            worth.word(ours.decided[place]),
            round(float(theirs.said[place]), 4),
            round(float(ours.said[place]), 4),
            round(float(ours.money[place] - theirs.money[place]), 2),
            *("missing" if is_missing(value, held) else _plain(value) for value, held in zip(row, codes, strict=True)),
        )
        for place, row in zip(places, rows, strict=True)
    )


def _plain(value: object) -> object:
    if isinstance(value, int | float | np.number) and not isinstance(value, bool):
        return round(float(value), 4)
    return str(value)


def _sentence(seen: Behaviour, ours: Answered, theirs: Answered, worth: Worth) -> str:
    flips, gain = seen.flips, seen.gain
    beyond = f"by more than {seen.noticeable:,.4g}, half of all errors; " if seen.noticeable else ""
    return (
        f"{ours.name} decides {flips.estimate:.1%} of {counted(seen.rows, 'row')} differently from {theirs.name} "
        f"({beyond}{seen.to_yes:,} to “{worth.positive}”, {seen.to_no:,} to “{worth.negative}”); "
        f"that is worth {as_money(gain.estimate)} {worth.currency} per {worth.unit} "
        f"(95 % confidence interval: {as_money(gain.low)} to {as_money(gain.high)})."
    )


def _loses(segment: Segment, worth: Worth) -> str:
    return (
        f"Where {segment.name} ({segment.share:.1%} of the rows) the change costs {as_money(-segment.inside)} "
        f"{worth.currency} per {worth.unit}, elsewhere it brings {as_money(segment.outside)}. Is that acceptable?"
    )


def _reports(seen: Behaviour, ours: Answered, theirs: Answered, worth: Worth) -> tuple[Report, ...]:
    title = f"{ours.name} against {theirs.name}"
    note = _sentence(seen, ours, theirs, worth)
    picture = interval_chart(
        [Span(one.name, one.difference, one.low, one.high, is_bad=one.difference < 0) for one in seen.segments],
        mark=0.0,
        title=f"{worth.currency} per {worth.unit}, inside less outside the segment",
    )
    columns, rows = seen.example_columns, seen.examples
    page = table_report("behaviour.html", title, columns, rows, note=note, picture=picture, amounts=("money",))
    document = {
        "sentence": note,
        "score_shift": dict(zip(map(str, QUANTILES), seen.shift, strict=True)),
        "segments": [
            {"name": one.name, "rows": one.rows, "inside": one.inside, "outside": one.outside, "p_value": one.p_value}
            for one in seen.segments
        ],
        "examples": [dict(zip(seen.example_columns, row, strict=True)) for row in seen.examples],
    }
    return (page, Report("behaviour.json", "application/json", json.dumps(document, indent=1).encode()))
