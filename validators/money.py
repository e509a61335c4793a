"""PERF-001, 002, 006: the candidate earns more than the naive rule, the model in use and the simple model."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from flywheel.domain.gate_catalogue import minimum_rows
from flywheel.domain.gates import GateFinding, Severity
from validators.flips import Swing, gain_of_flips
from validators.protocol import Judgement, gate, not_applicable
from validators.specs import POINTS, Worth
from validators.statistics import Floats, Interval, mean_interval
from validators.unseen import insufficient, unseen_of

ROWS_AT_LEAST = minimum_rows("PERF-001")


@gate("PERF-001")
def check_baseline(
    candidate: npt.ArrayLike, baseline: npt.ArrayLike, *, must_beat: float, swing: Swing, confidence: float = 0.95
) -> Judgement:
    """Judge money per row of the candidate against that of the naive baseline, which says the same of all rows.

    `swing` is what a yes brings over a no, by what is true: of it each row's gain is made.
    """
    rival = Rival("the naive baseline", must_beat, swing, must_gain=must_beat >= 0, is_one_way=True)
    return _judge(candidate, baseline, rival, confidence)


@gate("PERF-002")
def check_champion(
    candidate: npt.ArrayLike,
    champion: npt.ArrayLike | None,
    *,
    must_beat: float,
    swing: Swing,
    unseen: npt.ArrayLike | None = None,
    is_renewal: bool = False,
    confidence: float = 0.95,
) -> Judgement:
    """Judge money per row against the champion on rows that neither has seen; without one nothing is evaluated.

    A challenger must be better beyond chance. A renewal, the champion's own recipe on newer data, must only not be
    worse beyond chance: asked to beat itself, it would fail for ever. Where too few unseen rows are left people are
    asked.
    """
    if champion is None:
        what = "There is no champion yet, so there is nothing to compare with; the policy asks only where there is one."
        return Judgement((GateFinding(what, Severity.WARNING),))
    ours, theirs = np.asarray(candidate, dtype=np.float64), np.asarray(champion, dtype=np.float64)
    common = unseen_of(unseen, rows=ours.size)
    if too_few := insufficient(common, at_least=minimum_rows("PERF-002"), whose="the champion"):
        return too_few
    rival = Rival("the champion", must_beat, swing, is_bound_from_above=is_renewal)
    if ours.ndim == 1 and ours.shape == theirs.shape:
        ours, theirs = ours[common], theirs[common]
    judged = _judge(ours, theirs, rival, confidence)
    return replace(judged, figures={**judged.figures, "rows_left_out_as_seen": int((~common).sum())})


@gate("PERF-006")
def check_simple(
    candidate: npt.ArrayLike,
    simple: npt.ArrayLike | None,
    *,
    swing: Swing,
    why_not: str = "",
    worth: Worth = POINTS,
    confidence: float = 0.95,
) -> Judgement:
    """Judge money per row against the simple linear model; where none stands beside it, `why_not` says why.

    A complex model that earns less, beyond chance, is closed; one that does not clearly earn more is a question.
    """
    if simple is None:
        return not_applicable(why_not or "This version is itself the simple model.")
    judged = _judge(candidate, simple, Rival("the simple model", 0.0, swing, is_bound_from_above=True), confidence)
    gain = judged.figures.get("gain_per_row_low")
    if judged.findings or not isinstance(gain, float) or gain > 0:
        return judged
    low, high = worth.said(gain), worth.said(float(judged.figures["gain_per_row_high"]))
    what = f"The complex model does not clearly earn more than the simple one ({low} to {high}): is it worth its keep?"
    return replace(judged, findings=(GateFinding(what, Severity.QUESTION),))


@dataclass(frozen=True)
class Rival:
    """What a candidate is held against, by how much it must win, at which end; with `must_gain` a draw is lost."""

    name: str
    must_beat: float
    swing: Swing
    is_bound_from_above: bool = False
    must_gain: bool = False
    is_one_way: bool = False

    def bound_of(self, gain: Interval) -> float:
        """The end of the interval that is judged."""
        return gain.high if self.is_bound_from_above else gain.low


def _judge(candidate: npt.ArrayLike, reference: npt.ArrayLike, rival: Rival, confidence: float) -> Judgement:
    if not (math.isfinite(rival.must_beat) and 0.5 <= confidence < 1):
        raise ValueError("must_beat has to be a finite number and confidence at least 0.5 and below 1")
    ours, theirs = np.asarray(candidate, dtype=np.float64), np.asarray(reference, dtype=np.float64)
    problems = _problems(ours, theirs, rival.name)
    if problems:
        return Judgement(problems, figures={"rows": int(ours.size)})
    gain = gain_of_flips(ours, theirs, swing=rival.swing, confidence=confidence, is_one_way=rival.is_one_way)
    share = _as_share(gain, mean_interval(theirs, confidence=confidence), rival.must_beat)
    figures = {
        "rows": int(ours.size),
        "candidate_per_row": float(ours.mean()),
        "reference_per_row": float(theirs.mean()),
        "gain_per_row": gain.estimate,
        "gain_per_row_low": gain.low,
        "gain_per_row_high": gain.high,
        **({"gain_share": share.estimate, "gain_share_low": share.low, "gain_share_high": share.high} if share else {}),
        "must_beat": rival.must_beat,
        "judged_at": "upper bound" if rival.is_bound_from_above else "lower bound",
        "confidence": confidence,
    }
    if _is_beaten(gain, share, rival):
        return Judgement(evaluated=1, figures=figures)
    return Judgement((_too_little(gain, share, rival),), evaluated=1, figures=figures)


def _problems(ours: Floats, theirs: Floats, name: str) -> tuple[GateFinding, ...]:
    if ours.ndim != 1 or ours.shape != theirs.shape:
        what = f"The candidate and {name} were not judged on the same rows."
        return (GateFinding(what, seen=f"{ours.shape} and {theirs.shape}", allowed="two lists of equal length"),)
    if ours.size < ROWS_AT_LEAST:
        what = f"{ours.size} rows are too few to say whether the candidate beats {name}."
        return (GateFinding(what, seen=str(ours.size), allowed=f"at least {ROWS_AT_LEAST}"),)
    if broken := int((~np.isfinite(ours) | ~np.isfinite(theirs)).sum()):
        what = f"In {broken} rows the money of the candidate or of {name} is not a number."
        return (GateFinding(what, seen=str(broken), allowed="none"),)
    return ()


def _as_share(gain: Interval, of: Interval, asked: float) -> Interval | None:
    """Express a gain as a share of the reference's money, as unsure as what is asked of it; None of nothing."""
    scale = abs(of.estimate)
    if scale < 1e-12:
        return None
    unsure, share = asked * (of.high - of.estimate) / scale, gain.estimate / scale
    down, up = (gain.estimate - gain.low) / scale, (gain.high - gain.estimate) / scale
    return Interval(share, share - math.hypot(down, unsure), share + math.hypot(up, unsure))


def _is_beaten(gain: Interval, share: Interval | None, rival: Rival) -> bool:
    if rival.must_gain and gain.low <= 0:
        return False
    if share is None:  # no share of nothing can be asked for: any gain beyond chance beats it
        return gain.high >= 0 if rival.is_bound_from_above else gain.low > 0
    bound = rival.bound_of(share)
    return bound > rival.must_beat or math.isclose(bound, rival.must_beat, rel_tol=1e-9, abs_tol=1e-12)


def _too_little(gain: Interval, share: Interval | None, rival: Rival) -> GateFinding:
    name, must_beat = rival.name, rival.must_beat
    if gain.low == gain.high == 0:
        what = f"The candidate earns exactly what {name} earns: it decides every row alike."
        return GateFinding(what, seen="0.00 per row", allowed="more than 0")
    if share is None:
        what = f"The candidate does not earn more than {name} (which earns nothing) beyond chance."
        return GateFinding(what, seen=f"at least {gain.low:,.2f} per row", allowed="more than 0")
    what = (
        f"The candidate beats {name} by {share.estimate:.1%} of its money, but only {share.low:.1%} is beyond chance."
        if share.estimate > 0
        else f"The candidate earns {-share.estimate:.1%} less than {name}."
    )
    end = "upper" if rival.is_bound_from_above else "lower"
    return GateFinding(
        what, seen=f"{rival.bound_of(share):.2%} at the {end} bound", allowed=f"at least {must_beat:.2%}"
    )
