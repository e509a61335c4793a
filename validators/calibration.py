"""PERF-004: where the model says 20 %, it happens in about 20 % of cases."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from flywheel.domain.gate_catalogue import minimum_rows
from flywheel.domain.gates import GateFinding, Severity
from flywheel.errors import counted
from flywheel.pages.charts import Said, Span, calibration_chart, interval_chart
from flywheel.project.tabular.certainty import ALONE, Units
from validators.columns import Mask
from validators.protocol import Judgement, Report, gate
from validators.rendering import evidence
from validators.statistics import Floats, Interval, holm, wilson

TAIL = 0.025
"""What lies outside the stated interval on either side."""
NO_PARTS: Mapping[str, Mask] = {}


@dataclass(frozen=True)
class CalibrationLimits:
    """How far said and seen may lie apart, beyond what chance does in a share of `level`."""

    error_at_most: float = 0.05
    mean_gap_at_most: float = 0.03
    rows_at_least: int = minimum_rows("PERF-004")
    bins: int = 10
    level: float = 0.01


@gate("PERF-004")
def check(
    probabilities: npt.ArrayLike,
    outcomes: npt.ArrayLike,
    *,
    parts: Mapping[str, Mask] = NO_PARTS,
    limits: CalibrationLimits = CalibrationLimits(),
    seed: int = 0,
    units: Units = ALONE,
) -> Judgement:
    """Judge predicted probabilities against what happened (outcomes are 0 or 1), on the whole and in named parts."""
    said, seen = np.asarray(probabilities, dtype=np.float64), np.asarray(outcomes, dtype=np.float64)
    problems = _problems(said, seen, limits)
    if problems:
        return Judgement(problems, figures={"rows": int(said.size)})
    table = _table(said, seen, units, limits.bins)
    error, bounds = _error_beyond_chance(table), _bounds(table, seed)
    gap, by_chance = float(said.mean() - seen.mean()), _chance_of_error(table, error, seed)
    figures = {
        "rows": int(said.size),
        "calibration_error": error,
        "calibration_error_low": bounds.low,
        "calibration_error_high": bounds.high,
        "mean_said": float(said.mean()),
        "mean_seen": float(seen.mean()),
        "chance_of_error": by_chance,
        "brier": float(np.square(said - seen).mean()),
        "brier_of_base_rate": float(seen.mean() * (1 - seen.mean())),
    }
    apart = [
        _part(name, said[mask], seen[mask], units.only(mask))
        for name, mask in parts.items()
        if mask.sum() >= limits.rows_at_least
    ]
    found = (*_findings((error, by_chance), (gap, _chance_of(said, seen, units)), limits), *_in_parts(apart, limits))
    return Judgement(found, evaluated=len(table), figures=figures, reports=_reports(table, apart))


@dataclass(frozen=True)
class Part:
    """What was said and seen in one part of the rows, and how easily chance explains the difference."""

    name: str
    rows: int
    said: float
    seen: Interval
    p_value: float


def _problems(said: Floats, seen: Floats, limits: CalibrationLimits) -> tuple[GateFinding, ...]:
    if said.ndim != 1 or said.shape != seen.shape:
        what = "Predictions and outcomes are not of the same rows."
        return (GateFinding(what, seen=f"{said.shape} and {seen.shape}", allowed="two lists of equal length"),)
    if said.size < limits.rows_at_least:
        what = f"{counted(said.size, 'case', 'are')} too few to judge probabilities."
        return (GateFinding(what, seen=str(said.size), allowed=f"at least {limits.rows_at_least}"),)
    if broken := int((~((said >= 0) & (said <= 1))).sum()):
        what = f"{counted(broken, 'prediction', 'are')} not probabilities."
        return (GateFinding(what, seen=str(broken), allowed="from 0 to 1"),)
    if not np.isin(seen, (0.0, 1.0)).all() or np.unique(seen).size < 2:
        what = "The outcomes must include both yes (1) and no (0)."
        return (GateFinding(what, seen=counted(np.unique(seen).size, "distinct outcome"), allowed="both 0 and 1"),)
    return ()


def _table(said: Floats, seen: Floats, units: Units, bins: int) -> Floats:
    """Count rows, mean said, share seen and rows that weigh alone in bins that never split equal predictions."""
    edges = np.unique(np.quantile(said, np.linspace(0, 1, bins + 1)[1:-1]))
    bin_of = np.searchsorted(edges, said, side="right")
    cases = np.bincount(bin_of, minlength=edges.size + 1)
    sums = np.vstack([np.bincount(bin_of, weights=column, minlength=edges.size + 1) for column in (said, seen)])
    filled = np.flatnonzero(cases)
    effects = [units.only(bin_of == place).effect((seen - said)[bin_of == place]) for place in filled]
    alone = np.maximum(np.round(cases[filled] / effects), 1.0)
    return np.column_stack([cases[filled], (sums[:, filled] / cases[filled]).T, alone])


def _error_beyond_chance(table: Floats) -> float:
    """Average the gaps over the cases after taking off what a perfectly calibrated model shows by chance."""
    cases, said, seen, alone = table.T
    by_chance = said * (1 - said) / alone
    gaps = np.sqrt(np.maximum(np.square(said - seen) - by_chance, 0.0))
    return float((gaps * cases).sum() / cases.sum())


def _chance_of_error(table: Floats, error: float, seed: int) -> float:
    """Say how often a model whose every word is true misses by as much on as many cases, by drawing them."""
    cases, said, _, alone = table.T
    size = (_DRAWS, len(table))
    drawn = np.random.default_rng(seed).binomial(alone.astype(np.int64), np.clip(said, 0, 1), size=size) / alone
    gaps = np.sqrt(np.maximum(np.square(said - drawn) - said * (1 - said) / alone, 0.0))
    return float((1 + ((gaps * cases).sum(axis=1) / cases.sum() >= error).sum()) / (_DRAWS + 1))


_DRAWS = 2_000


def _bounds(table: Floats, seed: int) -> Interval:
    """Bound the error by drawing what happened in each bin again.

    Drawing adds noise of its own to the gaps: the lower end takes it off, the upper one leaves it in, so that neither
    is too narrow. Where chance explains the whole error, none is among what the cases allow.
    """
    cases, said, seen, alone = table.T
    drawn = np.random.default_rng(seed).binomial(alone.astype(np.int64), seen, size=(500, len(table))) / alone
    gaps = np.square(said - drawn) - said * (1 - said) / alone
    noise = seen * (1 - seen) / alone
    low, high = np.quantile(_mean_gap(gaps - noise, cases), TAIL), np.quantile(_mean_gap(gaps, cases), 1 - TAIL)
    error = _error_beyond_chance(table)
    is_by_chance = _chance_of_error(table, error, seed) > TAIL
    return Interval(error, 0.0 if is_by_chance else min(float(low), error), max(float(high), error))


def _mean_gap(squares: Floats, cases: Floats) -> Floats:
    gaps: Floats = (np.sqrt(np.maximum(squares, 0.0)) * cases).sum(axis=-1) / cases.sum()
    return gaps


def _part(name: str, said: Floats, seen: Floats, units: Units) -> Part:
    effect = units.effect(seen - said)
    happened = wilson(int(seen.sum()) / effect, seen.size / effect)
    return Part(name, said.size, float(said.mean()), happened, _chance_of(said, seen, units))


def _chance_of(said: Floats, seen: Floats, units: Units) -> float:
    """Give the p-value of what happened if all went by what was said; a certainty leaves nothing to chance."""
    spread, distance = float(np.sqrt((said * (1 - said)).sum())), abs(float((seen - said).sum()))
    if spread == 0:
        return float(distance == 0)
    return float(special.erfc(distance / spread / np.sqrt(2 * units.effect(seen - said))))


def _in_parts(parts: list[Part], limits: CalibrationLimits) -> tuple[GateFinding, ...]:
    """Ask about parts whose promise lies off beyond chance, as many as are looked at."""
    found = []
    for part, p_value in zip(parts, holm([part.p_value for part in parts]), strict=True):
        gap = part.said - part.seen.estimate
        if p_value <= 0.01 and abs(gap) > limits.mean_gap_at_most:
            what = (
                f"Where {part.name}, the model predicts {part.said:.1%} and {part.seen.estimate:.1%} was observed. Why?"
            )
            bounds = f"{part.seen.low:.1%} to {part.seen.high:.1%}"
            found.append(GateFinding(what, Severity.QUESTION, part.name, bounds, f"{part.said:.1%}"))
    return tuple(found)


def _reports(table: Floats, parts: list[Part]) -> tuple[Report, ...]:
    tenths = [
        (f"predicted {said:.1%} on average", int(cases), said, wilson(seen * alone, alone))
        for cases, said, seen, alone in table.tolist()
    ]
    slices = [(part.name, part.rows, part.said, part.seen) for part in parts]
    rows = [*tenths, *slices]
    points = [
        Said(said, seen.estimate, seen.low, seen.high, is_bad=not seen.low <= said <= seen.high)
        for _, _, said, seen in tenths
    ]
    spans = [
        Span(f"{name} ({rows:,})", seen.estimate, seen.low, seen.high, is_bad=not seen.low <= said <= seen.high)
        for name, rows, said, seen in slices
    ]
    return evidence(
        "calibration",
        "Calibration: predicted and observed, by tenth of the cases and by slice",
        ("which", "cases", "predicted", "observed", "observed_low", "observed_high"),
        [(name, cases, said, seen.estimate, seen.low, seen.high) for name, cases, said, seen in rows],
        note="Observed shares with 95 % confidence intervals; red where the predicted one lies outside.",
        shares=("predicted", "observed"),
        picture=calibration_chart(points, title="observed by predicted")
        + interval_chart(spans, title="observed by slice", is_share=True),
    )


def _findings(
    missed: tuple[float, float], off: tuple[float, float], limits: CalibrationLimits
) -> tuple[GateFinding, ...]:
    """Object to what is both large and beyond chance: few cases miss by far though every word is true."""
    (error, by_chance), (gap, chance), found = missed, off, []
    if error > limits.error_at_most and by_chance <= limits.level:
        what = f"Predicted probabilities differ from observed shares by {error:.1%} on average."
        found.append(GateFinding(what, seen=f"{error:.2%}", allowed=f"at most {limits.error_at_most:.2%}"))
    if abs(gap) > limits.mean_gap_at_most and chance <= limits.level:
        what = f"Overall, the model predicts {'more' if gap > 0 else 'fewer'} cases than were observed."
        found.append(GateFinding(what, seen=f"{gap:+.2%}", allowed=f"within {limits.mean_gap_at_most:.2%}"))
    return tuple(found)
