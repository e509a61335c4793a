"""DRIFT-003 and DRIFT-004: whether a version is judged, and was trained, on rows like those before, by Evidently."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from flywheel.domain.gates import GateFinding, Severity
from flywheel.project.tabular.certainty import ALONE, Units
from validators import drift_evidently
from validators.columns import frame_problems
from validators.profiles import is_spread_alike
from validators.protocol import Judgement, gate, not_applicable
from validators.specs import ColumnRule

ROWS_AT_MOST = 5_000
"""A seeded sample of each side: drift that matters shows in it, and Evidently's cost stays small."""
BY_ROW = (ALONE, ALONE)
"""Where no row of either side belongs to another."""


@gate("DRIFT-003")
def check_test(
    test: pd.DataFrame,
    before: pd.DataFrame,
    *,
    rules: tuple[ColumnRule, ...],
    units: tuple[Units, Units] = BY_ROW,
    seed: int = 0,
) -> Judgement:
    """Hold the rows that a version is judged on against those before the test, as they came; what moved is a question.

    Of the rows of one unit, an entity or else copies, one is looked at: chance is reckoned for rows that stand alone.
    """
    return _asked(test, before, rules, "the rows it is judged on and those it learned from", units=units, seed=seed)


@gate("DRIFT-004")
def check_training(
    before: pd.DataFrame,
    champions: pd.DataFrame | None,
    *,
    rules: tuple[ColumnRule, ...],
    units: tuple[Units, Units] = BY_ROW,
    why_not: str = "",
    seed: int = 0,
) -> Judgement:
    """Hold the rows that a version learned from against the champion's, one of each unit; what moved is a question."""
    if champions is None:
        return not_applicable(why_not or "No model in use learned from rows other than these.")
    shared = tuple(rule for rule in rules if rule.name in champions.columns)
    judged = _asked(before, champions, shared, "the rows it learned from and the champion's", units=units, seed=seed)
    fresh = sorted({rule.name for rule in rules} - {rule.name for rule in shared})
    if not fresh:
        return judged
    what = f"The champion's data lack {', '.join(fresh[:10])}, so these columns were not compared."
    return replace(judged, findings=(*judged.findings, GateFinding(what, Severity.INFO)))


def _asked(
    now: pd.DataFrame,
    before: pd.DataFrame,
    rules: tuple[ColumnRule, ...],
    between: str,
    *,
    units: tuple[Units, Units],
    seed: int,
) -> Judgement:
    if problems := frame_problems(now, filter(is_spread_alike, rules)):  # only live traffic may come without a value
        return Judgement(tuple(problems), figures={"rows": len(now)})
    least = min(one.count(len(side)) for one, side in zip(units, (now, before), strict=True))
    if least < drift_evidently.ROWS_AT_LEAST <= min(len(now), len(before)):
        return _too_few(least, between)
    now, before = (units[side].one_each(frame, seed=seed + side) for side, frame in enumerate((now, before)))
    judged = _judged(now, before, rules, seed=seed, with_html=False)
    if not judged.evaluated:
        return judged
    if any(finding.severity is Severity.CRITICAL for finding in judged.findings):
        judged = _judged(now, before, rules, seed=seed, with_html=True)  # drawn where somebody must look, for its cost
    return replace(judged, findings=tuple(_question(finding, between) for finding in judged.findings))


def _too_few(units: int, between: str) -> Judgement:
    what = (
        f"Of {between}, one side has only {units} independent rows (the others share an entity or are copies); "
        f"at least {drift_evidently.ROWS_AT_LEAST} are needed to tell a change from chance. Are both "
        "populations alike?"
    )
    return Judgement((GateFinding(what, Severity.QUESTION),), evaluated=1, figures={"units": units})


def _judged(
    now: pd.DataFrame, before: pd.DataFrame, rules: tuple[ColumnRule, ...], *, seed: int, with_html: bool
) -> Judgement:
    return drift_evidently.check.judge(
        now, before, rules=rules, with_html=with_html, seed=seed, rows_at_most=ROWS_AT_MOST
    )


def _question(finding: GateFinding, between: str) -> GateFinding:
    """Ask about what drifted; what was left out stays named as that."""
    if finding.severity is not Severity.CRITICAL:
        return finding
    what = f"{finding.locator} differs between {between}. Is what the model learned still valid?"
    return replace(finding, what=what, severity=Severity.QUESTION)
