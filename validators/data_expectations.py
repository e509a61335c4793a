"""DATA-001: what the charter declares about the data, judged by two examiners and never passed in vain."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from flywheel.domain.gates import GateFinding, Severity
from validators.columns import frame_problems, kind_problem, labels, missing_mask
from validators.examining import EXAMINING, Examining, agreed, prejudge, second_look
from validators.expectation_page import reports_of
from validators.gx_examiner import examine
from validators.masks import mask_of
from validators.outcomes import Outcome
from validators.protocol import Judgement, gate
from validators.specs import ColumnRule, ExpectationRule, Where
from validators.suites import WITHOUT_VALUES, columns_of, declared, refuse_unsafe


@gate("DATA-001", "The data keeps to what the charter declares")
def check(
    frame: pd.DataFrame,
    *,
    rules: tuple[ColumnRule, ...],
    expectations: tuple[ExpectationRule, ...] = (),
    examining: Examining = EXAMINING,
) -> Judgement:
    """Judge ranges, missing values and categories of the rules, and further expectations by name."""
    by_name = {rule.name: rule for rule in rules}
    suite = declared(rules) + expectations
    for expectation in expectations:
        refuse_unsafe(expectation, by_name)
    used = tuple(rule for rule in rules if any(rule.name in columns_of(expectation) for expectation in suite))
    figures = {"rows": len(frame), "expectations": len(suite)}
    if problems := frame_problems(frame, used):
        return Judgement(tuple(problems), figures=figures, is_broken=len(frame) > 0 and _is_unreadable(frame, used))
    if not suite:
        finding = GateFinding("The charter declares nothing about the data that could be judged.", Severity.WARNING)
        return Judgement((finding,), figures=figures)
    outcomes = _outcomes(_masked(frame, rules), suite, by_name, examining)
    findings = tuple(outcome.finding for outcome in outcomes if outcome.finding)
    figures["met"] = sum(outcome.finding is None for outcome in outcomes)
    return Judgement(
        findings,
        evaluated=sum(outcome.is_judged and not outcome.is_broken for outcome in outcomes),
        figures=figures,
        reports=reports_of(outcomes, rows=len(frame), seen_whole=len(frame) <= examining.whole_at_most),
        is_broken=any(outcome.is_broken for outcome in outcomes),
    )


def _is_unreadable(frame: pd.DataFrame, rules: tuple[ColumnRule, ...]) -> bool:
    names = list(frame.columns)
    if len(set(names)) < len(names):
        return True
    return any(rule.name not in names or bool(kind_problem(frame[rule.name], rule.kind)) for rule in rules)


def _masked(frame: pd.DataFrame, rules: tuple[ColumnRule, ...]) -> pd.DataFrame:
    """Show codes that mean missing as missing, and declared categories as text; the table keeps its columns."""
    shown = frame.reset_index(drop=True)
    shown.columns = shown.columns.map(str)
    for rule in rules:
        if rule.name not in shown or not (rule.categories or rule.missing_codes):
            continue
        series = shown[rule.name]
        missing = missing_mask(series, rule.missing_codes)
        if rule.categories:
            series = labels(series).reindex(series.index)
        shown[rule.name] = series.mask(missing) if rule.missing_codes and missing.any() else series
    return shown


def _outcomes(
    frame: pd.DataFrame, suite: tuple[ExpectationRule, ...], rules: Mapping[str, ColumnRule], examining: Examining
) -> list[Outcome]:
    """Judge the expectations of each row condition on the rows that meet it."""
    groups: dict[tuple[Where, ...], list[ExpectationRule]] = {}
    for expectation in suite:
        groups.setdefault(expectation.where, []).append(expectation)
    outcomes = []
    for where, members in groups.items():
        rows = frame[mask_of(frame, where, rules)].reset_index(drop=True) if where else frame
        ready = []
        for expectation in members:
            if nothing := _nothing_to_judge(rows, expectation):
                outcomes.append(Outcome(expectation, {}, nothing, is_judged=False))
            else:
                ready.append(expectation)
        outcomes += _by_both(rows, ready, rules, examining) if ready else []
    return outcomes


def _by_both(
    rows: pd.DataFrame, suite: list[ExpectationRule], rules: Mapping[str, ColumnRule], examining: Examining
) -> list[Outcome]:
    """Let the pre-check see every row and Great Expectations what it alone can judge; where both look, they agree."""
    ours = prejudge(rows, suite, rules)
    unknown = [expectation for expectation, own in zip(suite, ours, strict=True) if own is None]
    known = [expectation for expectation, own in zip(suite, ours, strict=True) if own is not None]
    if len(rows) <= examining.whole_at_most:
        theirs = iter(examine(rows, suite, rules))
        return [other if own is None else agreed(own, other) for own, other in zip(ours, theirs, strict=True)]
    judged = iter(examine(rows, unknown, rules)) if unknown else iter(())
    objections = second_look(rows, known, rules, examining) if known else {}
    return [
        next(judged) if own is None else objections.get(id(expectation), own)
        for expectation, own in zip(suite, ours, strict=True)
    ]


def _nothing_to_judge(rows: pd.DataFrame, expectation: ExpectationRule) -> GateFinding | None:
    names = columns_of(expectation)
    where = " and ".join(names) or "the table"
    if rows.empty:
        return GateFinding(f"No row meets the condition, so nothing about {where} was judged.", locator=where)
    empty = [name for name in names if name in rows and bool(rows[name].isna().all())]
    if empty and expectation.type not in WITHOUT_VALUES:
        what = f"{empty[0]} holds no value in the rows concerned, so nothing was judged."
        return GateFinding(what, locator=empty[0], seen="only missing values")
    return None
