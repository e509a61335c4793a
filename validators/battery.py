"""The battery: each check of a version by its code, called with what an examination holds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType

import numpy as np
import pandas as pd

from flywheel.domain.gate_catalogue import CATALOGUE
from flywheel.domain.policy import Purpose
from flywheel.errors import InputRefused
from flywheel.project.examination import Examination
from flywheel.project.tabular.certainty import ALONE, Units, units_of
from validators import (
    agreed_targets,
    amounts,
    behaviour,
    calibration,
    drift_versions,
    fairness,
    identifiers,
    intervals,
    leakage,
    money,
    robustness,
    sensitivity,
    slices,
    stability,
    telling_apart,
    thresholds,
    time_travel,
)
from validators.bins import binned
from validators.charter_rules import computed_rules, features_from_charter, rules_from_charter
from validators.columns import Mask
from validators.limits import limits_of
from validators.of_people import of_people
from validators.protocol import Checked, broken, without_object
from validators.specs import Bounds, ColumnRole, ColumnRule, Worth
from validators.telling_apart import Ranked

CHAMPION = "PERF-002"
DIFFERENCE = "DIFF-001"
INTERVALS = "PERF-015"


def examine(examination: Examination, codes: Iterable[str]) -> tuple[Checked, ...]:
    """Run the named checks, in the order of their codes; one that the battery does not hold is refused."""
    wanted = sorted(set(codes))
    if unknown := [code for code in wanted if code not in CHECKS]:
        raise InputRefused("the battery holds no such check", found=unknown[0], allowed=", ".join(CHECKS))
    return tuple(_run(code, examination) for code in wanted)


def demanded(seen: Examination, *, required: frozenset[str]) -> frozenset[str]:
    """Name the checks of a version: the policy's, and those that a champion and the charter's own words bring along."""
    validation = seen.charter.validation
    by_charter = {
        CHAMPION: seen.rivals.champion is not None,
        DIFFERENCE: seen.rivals.champion is not None,
        "PERF-009": bool(validation.slices),
        "PERF-012": bool(seen.expected),
        "PERF-013": validation.fairness is not None,
        INTERVALS: seen.interval is not None,
        "PERF-016": any(one.measure for one in seen.charter.kpis),
    }
    return required | {code for code, is_asked in by_charter.items() if is_asked}


def _run(code: str, examination: Examination) -> Checked:
    """Run one check; what breaks on the way to the gate is no pass either."""
    try:
        if why_not := examination.framing.problem.not_applicable.get(code):
            return without_object(code, why_not)
        return CHECKS[code](examination)
    except Exception as problem:  # noqa: BLE001  a check that broke is a verdict, not a crash
        return broken(code, CATALOGUE[code].title, problem)


def _baseline(seen: Examination) -> Checked:
    framing, limits = seen.framing, limits_of(money.BaselineLimits(), seen.limits_of("PERF-001"))
    return money.check_baseline(
        seen.money,
        seen.rivals.naive,
        must_beat=framing.must_beat.baseline,
        swing=framing.problem.swing,
        worth=_worth(seen),
        limits=limits,
        units=_units(seen),
    )


def _champion(seen: Examination) -> Checked:
    limits = limits_of(money.RivalLimits(), seen.limits_of(CHAMPION))
    must_beat = max(seen.framing.must_beat.champion, limits.at_least)
    champion = seen.rivals.champion.money if seen.rivals.champion else None
    return money.check_champion(
        seen.money,
        champion,
        must_beat=must_beat,
        unseen=seen.rivals.unseen,
        swing=seen.framing.problem.swing,
        worth=_worth(seen),
        is_renewal=seen.is_renewal,
        units=_units(seen),
    )


def _figures(seen: Examination) -> Checked:
    problem, limits = seen.framing.problem, seen.limits_of("PERF-003")
    bounds = {
        name: Bounds(at_least=max(least, limits.get(f"{name}_at_least", least)))
        for name, least in problem.figures_at_least.items()
    }
    worth, gains = _worth(seen), problem.gains
    if gains is None:
        drawn = amounts.reports(amounts.Said(seen.truth, seen.said, seen.interval, worth))
    else:
        drawn = telling_apart.reports(Ranked(seen.truth, seen.said, seen.scorer.threshold, gains, worth, _units(seen)))
    return thresholds.check(seen.figures, bounds=bounds, reports=drawn)


def _calibration(seen: Examination) -> Checked:
    limits = limits_of(calibration.CalibrationLimits(), seen.limits_of("PERF-004"))
    return calibration.check(seen.said, seen.truth, parts=_parts(seen), limits=limits, units=_units(seen))


def _intervals(seen: Examination) -> Checked:
    limits = limits_of(intervals.IntervalLimits(), seen.limits_of(INTERVALS))
    return intervals.check(seen.truth, seen.interval, parts=_parts(seen), limits=limits, units=_units(seen))


def _leakage(seen: Examination) -> Checked:
    limits = limits_of(leakage.LeakLimits(), seen.limits_of("PERF-005"))
    return leakage.check(seen.widened, seen.truth, rules=_all_features(seen), limits=limits, units=_units(seen))


def _simple(seen: Examination) -> Checked:
    rivals = seen.rivals
    swing, worth, why_not = seen.framing.problem.swing, _worth(seen), rivals.why_no_simple
    return money.check_simple(seen.money, rivals.simple, swing=swing, why_not=why_not, worth=worth, units=_units(seen))


def _time_travel(seen: Examination) -> Checked:
    framing = seen.framing
    outcomes = framing.problem.truth(seen.everything).astype(np.float64)
    limits = limits_of(time_travel.TravelLimits(), seen.limits_of("PERF-007"))
    rules = (*_features(seen), *_of_role(seen, ColumnRole.TIME), *_of_role(seen, ColumnRole.ENTITY))
    return time_travel.check(seen.everything, outcomes, rules=rules, limits=limits)


def _identifiers(seen: Examination) -> Checked:
    limits = limits_of(identifiers.NameLimits(), seen.limits_of("PERF-008"))
    return identifiers.check(seen.everything, rules=_features(seen), limits=limits)


def _slices(seen: Examination) -> Checked:
    declared = seen.charter.validation.slices
    looked_at = {rule.name for rule in (*_features(seen), *_of_role(seen, ColumnRole.GROUP))} | set(declared)
    rules = tuple(rule for rule in _rules(seen) if rule.name in looked_at)
    problem, units = seen.framing.problem, _units(seen)
    happened, chances = problem.as_chances(seen.truth, seen.said)
    words = (problem.surprise, problem.predicted.happening)
    scored = slices.Scored(happened, chances, seen.money, seen.rivals.naive, problem.swing, units, *words)
    limits = limits_of(slices.SliceLimits(), seen.limits_of("PERF-009"))
    return slices.check(seen.test, scored, rules=rules, declared=declared, worth=_worth(seen), limits=limits)


def _stability(seen: Examination) -> Checked:
    limits = limits_of(stability.StabilityLimits(), seen.limits_of("PERF-010"))
    gain, problem = seen.money - seen.rivals.naive, seen.framing.problem
    rules, worth = _rules(seen), _worth(seen)
    return stability.check(
        seen.test,
        gain,
        *problem.as_chances(seen.truth, seen.said),
        rules=rules,
        swing=problem.swing,
        worth=worth,
        limits=limits,
        units=_units(seen),
    )


def _robustness(seen: Examination) -> Checked:
    noticeable = seen.framing.problem.noticeable(seen.truth, seen.decided)
    answers = robustness.Answers(seen.truth, seen.framing.problem.money, seen.rivals.naive, noticeable)
    limits = limits_of(robustness.RobustnessLimits(), seen.limits_of("PERF-011"))
    rules, worth, units = _features(seen), _worth(seen), _units(seen)
    return robustness.check(seen.test, seen.scorer, answers, rules=rules, worth=worth, limits=limits, units=units)


def _sensitivity(seen: Examination) -> Checked:
    limits = limits_of(sensitivity.SensitivityLimits(), seen.limits_of("PERF-012"))
    rules, units, wanted, ask = _all_features(seen), _units(seen), seen.expected, seen.ask_alone
    said = seen.framing.problem.predicted
    return sensitivity.check(
        seen.widened, seen.scorer, rules=rules, expected=wanted, limits=limits, said=said, units=units, alone=ask
    )


def _fairness(seen: Examination) -> Checked:
    said, risk = seen.charter.validation.fairness, seen.charter.risk
    return fairness.check(
        seen.test,
        seen.truth,
        seen.decided,
        promise=fairness.Promise(said.groups, said.measure, said.at_most) if said else None,
        rules=_rules(seen),
        of_people=of_people(_features(seen), seen.framing.data, seen.test),
        decides_about_people=risk is None or risk.purpose is Purpose.AUTOMATED_DECISION,
        limits=limits_of(fairness.FairnessLimits(), seen.limits_of("PERF-013")),
        units=_units(seen),
    )


def _drift_of_test(seen: Examination) -> Checked:
    units = (_units(seen), _in_turn(seen, seen.before))
    return drift_versions.check_test(seen.test, seen.before, rules=_features(seen), units=units)


def _drift_of_training(seen: Examination) -> Checked:
    champions = seen.champions
    units = (_in_turn(seen, seen.before), ALONE if champions is None else _in_turn(seen, champions))
    return drift_versions.check_training(seen.before, champions, rules=_features(seen), units=units)


def _behaviour(seen: Examination) -> Checked:
    champion, unseen = seen.rivals.champion, seen.rivals.unseen
    problem = seen.framing.problem
    noticeable = problem.noticeable(seen.truth, seen.decided)
    ground = behaviour.Ground(problem.swing, noticeable, _worth(seen), _units(seen))
    return behaviour.check(seen.test, seen.answered, champion, rules=_features(seen), ground=ground, unseen=unseen)


CHECKS: Mapping[str, Callable[[Examination], Checked]] = MappingProxyType(
    {
        DIFFERENCE: _behaviour,
        "DRIFT-003": _drift_of_test,
        "DRIFT-004": _drift_of_training,
        "PERF-001": _baseline,
        CHAMPION: _champion,
        "PERF-003": _figures,
        "PERF-004": _calibration,
        "PERF-005": _leakage,
        "PERF-006": _simple,
        "PERF-007": _time_travel,
        "PERF-008": _identifiers,
        "PERF-009": _slices,
        "PERF-010": _stability,
        "PERF-011": _robustness,
        "PERF-012": _sensitivity,
        "PERF-013": _fairness,
        INTERVALS: _intervals,
        "PERF-016": agreed_targets.held,
    }
)
"""Every check about a version that needs nothing but its examination."""


def _units(seen: Examination) -> Units:
    return units_of(seen.units)


def _in_turn(seen: Examination, rows: pd.DataFrame) -> Units:
    """Say which of some rows are of one entity in a time as long as the test, or equal."""
    return units_of(seen.framing.rule.in_turn(rows))


def _rules(seen: Examination) -> tuple[ColumnRule, ...]:
    return rules_from_charter(seen.charter)


def _features(seen: Examination) -> tuple[ColumnRule, ...]:
    return features_from_charter(seen.charter, seen.features)


def _all_features(seen: Examination) -> tuple[ColumnRule, ...]:
    return (*_features(seen), *computed_rules(seen.computed))


def _of_role(seen: Examination, role: ColumnRole) -> tuple[ColumnRule, ...]:
    return tuple(rule for rule in _rules(seen) if rule.role is role)


def _worth(seen: Examination) -> Worth:
    return Worth(seen.framing.unit, seen.framing.currency, *seen.framing.problem.ways)


def _parts(seen: Examination) -> dict[str, Mask]:
    found: dict[str, Mask] = {}
    for rule in _rules(seen):
        if rule.name in seen.charter.validation.slices and rule.name in seen.test.columns:
            cut = binned(seen.test[rule.name], rule)
            found |= {f"{rule.name} {level}": cut.codes == place for place, level in enumerate(cut.levels)}
    return found
