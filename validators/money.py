"""PERF-001, 002, 006: the candidate earns more than the baseline, the model in use and the simple model."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from flywheel.domain.amounts import as_money
from flywheel.domain.gate_catalogue import minimum_rows
from flywheel.domain.gates import GateFinding, Severity
from flywheel.errors import counted
from flywheel.project.tabular.certainty import ALONE, Units
from validators.flips import Swing, gain_of_flips
from validators.protocol import Judgement, gate, not_applicable
from validators.same_ground import insufficient, unseen_of
from validators.specs import POINTS, Worth
from validators.statistics import Floats, Interval, mean_interval

ROWS_AT_LEAST = minimum_rows("PERF-001")
CONFIDENCE = 0.95


@dataclass(frozen=True)
class RivalLimits:
    """By how much money at least a rival must be beaten, whatever a charter asks."""

    at_least: float = -math.inf


@dataclass(frozen=True)
class BaselineLimits(RivalLimits):
    """Below which confidence a gain that is not proven at 95 % closes the gate; from it on people are asked."""

    asked_confidence_at_least: float = CONFIDENCE


@gate("PERF-001")
def check_baseline(
    candidate: npt.ArrayLike,
    baseline: npt.ArrayLike,
    *,
    must_beat: float,
    swing: Swing,
    worth: Worth = POINTS,
    limits: BaselineLimits = BaselineLimits(),
    units: Units = ALONE,
) -> Judgement:
    """Judge money per row of the candidate against that of the baseline, which says the same of all rows.

    `swing` is what a yes brings over a no, by what is true: of it each row's gain is made. Few rows prove little: a
    policy may let people decide where a gain is likelier than not but not yet beyond chance.
    """
    asked = max(must_beat, limits.at_least)
    rival = Rival("the baseline", asked, swing, worth=worth, must_gain=asked >= 0, is_one_way=True, units=units)
    judged = _judge(candidate, baseline, rival)
    if not (judged.findings and judged.evaluated) or limits.asked_confidence_at_least >= CONFIDENCE:
        return judged
    if _judge(candidate, baseline, replace(rival, confidence=limits.asked_confidence_at_least)).findings:
        return judged
    question = f"{judged.findings[0].what} Is that acceptable?"
    return replace(judged, findings=(replace(judged.findings[0], what=question, severity=Severity.QUESTION),))


@gate("PERF-002")
def check_champion(
    candidate: npt.ArrayLike,
    champion: npt.ArrayLike | None,
    *,
    must_beat: float,
    swing: Swing,
    worth: Worth = POINTS,
    unseen: npt.ArrayLike | None = None,
    is_renewal: bool = False,
    units: Units = ALONE,
) -> Judgement:
    """Judge money per row against the champion on rows that neither has seen; without one nothing is evaluated.

    A challenger must be better beyond chance; where it is neither better nor worse beyond chance, people are asked
    whether it may take the champion's place, unless a gain is asked for in so many words (`must_beat` above nought). A
    renewal, the champion's own recipe on newer data, must only not be worse beyond chance: asked to beat itself, it
    would fail for ever. Where too few unseen rows are left people are asked.
    """
    if champion is None:
        what = "There is no champion yet, so there is nothing to compare with; the policy asks only where there is one."
        return Judgement((GateFinding(what, Severity.WARNING),))
    ours, theirs = np.asarray(candidate, dtype=np.float64), np.asarray(champion, dtype=np.float64)
    common = unseen_of(unseen, rows=ours.size)
    if too_few := insufficient(common, at_least=minimum_rows("PERF-002"), whose="the champion"):
        return too_few
    rival = Rival("the champion", must_beat, swing, worth=worth, is_bound_from_above=is_renewal)
    if ours.ndim == 1 and ours.shape == theirs.shape:
        ours, theirs, rival = ours[common], theirs[common], replace(rival, units=units.only(common))
    judged = _undecided(_judge(ours, theirs, rival), ours, theirs, rival)
    return replace(judged, figures={**judged.figures, "rows_left_out_as_seen": int((~common).sum())})


def _undecided(judged: Judgement, ours: Floats, theirs: Floats, rival: Rival) -> Judgement:
    """Ask people about a challenger that is not proven better, and not worse either; a gain that is asked is proven."""
    if not (judged.findings and judged.evaluated) or rival.is_bound_from_above or rival.must_beat > 0:
        return judged
    if _judge(ours, theirs, replace(rival, is_bound_from_above=True)).findings:
        return judged
    gain, low, high = (float(judged.figures[f"gain_per_row{end}"]) for end in ("", "_low", "_high"))
    what = f"On {counted(int(ours.size), 'row')} that it has not seen, the candidate earns "
    what += f"{rival.worth.said(abs(gain))} {'more' if gain > 0 else 'less'} than {rival.name}"
    if low != high:
        what += f" ({rival.confidence:.0%} confidence interval: {as_money(low)} to {as_money(high)})"
    if gain > 0:
        asked = rival.must_beat * abs(float(theirs.mean()))
        what += f", and about {_more_rows(Interval(gain, low, high), asked, ours.size)} more such rows would settle it"
    what += f". It is proven neither better nor worse: may it replace {rival.name}?"
    return replace(judged, findings=(replace(judged.findings[0], what=what, severity=Severity.QUESTION),))


@gate("PERF-006")
def check_simple(
    candidate: npt.ArrayLike,
    simple: npt.ArrayLike | None,
    *,
    swing: Swing,
    why_not: str = "",
    worth: Worth = POINTS,
    units: Units = ALONE,
) -> Judgement:
    """Judge money per row against the simple linear model; where none stands beside it, `why_not` says why.

    A complex model that earns less, beyond chance, is closed; one that does not clearly earn more is a question.
    """
    if simple is None:
        return not_applicable(why_not or "This version is itself the simple model.")
    rival = Rival("the simple model", 0.0, swing, worth=worth, is_bound_from_above=True, units=units)
    judged = _judge(candidate, simple, rival)
    gain = judged.figures.get("gain_per_row_low")
    if judged.findings or not isinstance(gain, float) or gain > 0:
        return judged
    low, high = as_money(gain), worth.said(float(judged.figures["gain_per_row_high"]))
    what = (
        f"The complex model does not clearly earn more than the simple one ({low} to {high}): is the "
        "complexity worth it?"
    )
    return replace(judged, findings=(GateFinding(what, Severity.QUESTION),))


@dataclass(frozen=True)
class Rival:
    """What a candidate is held against, by how much it must win, at which end; with `must_gain` a draw is lost."""

    name: str
    must_beat: float
    swing: Swing
    worth: Worth = POINTS
    is_bound_from_above: bool = False
    must_gain: bool = False
    is_one_way: bool = False
    confidence: float = CONFIDENCE
    units: Units = ALONE

    def bound_of(self, gain: Interval) -> float:
        """The end of the interval that is judged."""
        return gain.high if self.is_bound_from_above else gain.low


def _judge(candidate: npt.ArrayLike, reference: npt.ArrayLike, rival: Rival) -> Judgement:
    confidence = rival.confidence
    if not (math.isfinite(rival.must_beat) and 0.5 <= confidence < 1):
        raise ValueError("must_beat has to be a finite number and confidence at least 0.5 and below 1")
    ours, theirs = np.asarray(candidate, dtype=np.float64), np.asarray(reference, dtype=np.float64)
    problems = _problems(ours, theirs, rival.name)
    if problems:
        return Judgement(problems, figures={"rows": int(ours.size)})
    units = rival.units
    gain = gain_of_flips(
        ours, theirs, swing=rival.swing, confidence=confidence, is_one_way=rival.is_one_way, units=units
    )
    earned = mean_interval(theirs, confidence=confidence, effect=units.effect(theirs))
    share = _as_share(gain, earned, rival.must_beat)
    figures = {
        "rows": int(ours.size),
        "cases": units.count(ours.size),
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
    scale = abs(float(theirs.mean()))
    held = Interval(gain.estimate, share.low * scale, share.high * scale) if share else gain
    return Judgement((_too_little(held, rival.must_beat * scale, rival, ours.size),), evaluated=1, figures=figures)


def _problems(ours: Floats, theirs: Floats, name: str) -> tuple[GateFinding, ...]:
    if ours.ndim != 1 or ours.shape != theirs.shape:
        what = f"The candidate and {name} were not judged on the same rows."
        return (GateFinding(what, seen=f"{ours.shape} and {theirs.shape}", allowed="two lists of equal length"),)
    if ours.size < ROWS_AT_LEAST:
        what = f"{ours.size} rows are too few to tell whether the candidate beats {name}."
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


def _too_little(gain: Interval, asked: float, rival: Rival, rows: int) -> GateFinding:
    """Say in money what is missing, of a gain that is as unsure as what is asked of it."""
    name, said, confidence = rival.name, rival.worth.said, f"{rival.confidence:.0%}"
    allowed = f"at least {said(asked)}, {rival.must_beat:.2%} of what {name} earns" if asked else "more than 0"
    if gain.low == gain.high == 0:
        what = f"The candidate earns exactly what {name} earns: it decides every row the same way."
        return GateFinding(what, seen=said(0.0), allowed=allowed)
    seen = f"{said(rival.bound_of(gain))} at the {'upper' if rival.is_bound_from_above else 'lower'} bound"
    cases = rival.units.count(rows)
    of_cases = f" of {counted(cases, 'different case')}" if cases < rows else ""
    what = f"On {counted(rows, 'row')}{of_cases} that it has not seen, the candidate earns {said(abs(gain.estimate))}"
    what += f" {'less' if gain.estimate <= 0 else 'more'} than {name}"
    if gain.estimate <= 0:
        return GateFinding(f"{what}.", seen=seen, allowed=allowed)
    wanted = f"less than the required {said(asked)}" if asked > 0 else "no gain at all"
    if gain.estimate <= asked or rival.is_bound_from_above:
        return GateFinding(f"{what}, {wanted}.", seen=seen, allowed=allowed)
    what += (
        f", but the true figure may be {wanted} ({confidence} confidence interval: {as_money(gain.low)} to "
        f"{as_money(gain.high)}). About {_more_rows(gain, asked, rows)} more such rows would settle it."
    )
    return GateFinding(what, seen=seen, allowed=allowed)


def _more_rows(gain: Interval, asked: float, rows: int) -> str:
    """Say to two digits how many rows more bring the lower bound up to what is asked, if the estimate stays."""
    needed = rows * ((gain.estimate - gain.low) / (gain.estimate - asked)) ** 2 - rows
    digits = max(int(math.log10(max(needed, 1.0))) - 1, 0)
    return f"{math.ceil(needed / 10**digits) * 10**digits:,}"
