"""PERF-004: where the model says 20 %, it happens in about 20 % of cases."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from flywheel.domain.gates import GateFinding
from validators.protocol import Judgement, gate
from validators.rendering import table_report
from validators.statistics import Floats, two_proportions


@dataclass(frozen=True)
class CalibrationLimits:
    """How far said and seen may lie apart, beyond what chance explains."""

    error_at_most: float = 0.05
    mean_gap_at_most: float = 0.03
    rows_at_least: int = 100
    bins: int = 10


@gate("PERF-004", "Probabilities mean what they say")
def check(
    probabilities: npt.ArrayLike, outcomes: npt.ArrayLike, *, limits: CalibrationLimits = CalibrationLimits()
) -> Judgement:
    """Judge predicted probabilities against what happened (outcomes are 0 or 1)."""
    said, seen = np.asarray(probabilities, dtype=np.float64), np.asarray(outcomes, dtype=np.float64)
    problems = _problems(said, seen, limits)
    if problems:
        return Judgement(problems, figures={"rows": int(said.size)})
    table = _table(said, seen, limits.bins)
    error = _error_beyond_chance(table)
    gap = float(said.mean() - seen.mean())
    figures = {
        "rows": int(said.size),
        "calibration_error": error,
        "mean_said": float(said.mean()),
        "mean_seen": float(seen.mean()),
        "brier": float(np.square(said - seen).mean()),
        "brier_of_base_rate": float(seen.mean() * (1 - seen.mean())),
    }
    columns = ("cases", "said", "seen")
    report = table_report("calibration.html", "Said and seen, by tenth of the cases", columns, table.tolist())
    return Judgement(_findings(error, gap, seen, limits), evaluated=len(table), figures=figures, reports=(report,))


def _problems(said: Floats, seen: Floats, limits: CalibrationLimits) -> tuple[GateFinding, ...]:
    if said.ndim != 1 or said.shape != seen.shape:
        what = "Predictions and outcomes are not of the same rows."
        return (GateFinding(what, seen=f"{said.shape} and {seen.shape}", allowed="two lists of equal length"),)
    if said.size < limits.rows_at_least:
        what = f"{said.size} cases are too few to judge probabilities."
        return (GateFinding(what, seen=str(said.size), allowed=f"at least {limits.rows_at_least}"),)
    if broken := int((~((said >= 0) & (said <= 1))).sum()):
        what = f"{broken} predictions are not probabilities."
        return (GateFinding(what, seen=str(broken), allowed="from 0 to 1"),)
    if not np.isin(seen, (0.0, 1.0)).all() or np.unique(seen).size < 2:
        what = "The outcomes are not a mix of yes (1) and no (0)."
        return (GateFinding(what, seen=f"{np.unique(seen).size} distinct outcomes", allowed="both 0 and 1"),)
    return ()


def _table(said: Floats, seen: Floats, bins: int) -> Floats:
    """Count cases, mean said and share seen in bins of equal size that never split equal predictions."""
    edges = np.unique(np.quantile(said, np.linspace(0, 1, bins + 1)[1:-1]))
    bin_of = np.searchsorted(edges, said, side="right")
    cases = np.bincount(bin_of, minlength=edges.size + 1)
    sums = np.vstack([np.bincount(bin_of, weights=column, minlength=edges.size + 1) for column in (said, seen)])
    filled = cases > 0
    return np.column_stack([cases[filled], (sums[:, filled] / cases[filled]).T])


def _error_beyond_chance(table: Floats) -> float:
    """Average the gaps over the cases after taking off what a perfectly calibrated model shows by chance."""
    cases, said, seen = table.T
    by_chance = said * (1 - said) / cases
    gaps = np.sqrt(np.maximum(np.square(said - seen) - by_chance, 0.0))
    return float((gaps * cases).sum() / cases.sum())


def _findings(error: float, gap: float, seen: Floats, limits: CalibrationLimits) -> tuple[GateFinding, ...]:
    found = []
    if error > limits.error_at_most:
        what = f"Predicted probabilities miss what happened by {error:.1%} on average."
        found.append(GateFinding(what, seen=f"{error:.2%}", allowed=f"at most {limits.error_at_most:.2%}"))
    expected = round((seen.mean() + gap) * seen.size)
    is_chance = two_proportions(int(expected), seen.size, int(seen.sum()), seen.size) > 0.01
    if abs(gap) > limits.mean_gap_at_most and not is_chance:
        what = f"On the whole the model promises {'more' if gap > 0 else 'fewer'} cases than happened."
        found.append(GateFinding(what, seen=f"{gap:+.2%}", allowed=f"within {limits.mean_gap_at_most:.2%}"))
    return tuple(found)
