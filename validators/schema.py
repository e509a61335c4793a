"""DATA-002: the table has the rows, columns and kinds that were declared, before any statistic is believed."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from flywheel.domain.gates import GateFinding, Severity
from flywheel.errors import shorten
from flywheel.project.kinds import Kind
from validators.columns import column_problems, frame_problems, labels
from validators.protocol import Judgement, gate
from validators.specs import ColumnRole, ColumnRule, named


@dataclass(frozen=True)
class ShapeLimits:
    """How much is enough and how much is too much."""

    rows_at_least: int = 50
    categories_at_most: int = 10_000
    rows_per_category_at_least: float = 2.0
    rows_per_class_at_least: int = 5


@gate("DATA-002", "The table has the declared shape")
def check(
    frame: pd.DataFrame,
    *,
    rules: tuple[ColumnRule, ...],
    limits: ShapeLimits = ShapeLimits(),
    needs_target: bool = True,
) -> Judgement:
    """Judge rows, columns, kinds and the target; live traffic has no target yet (`needs_target=False`)."""
    if not needs_target:
        rules = tuple(rule for rule in rules if rule.role is not ColumnRole.TARGET)
    findings = frame_problems(frame, rules, at_least_rows=limits.rows_at_least)
    readable = [rule for rule in rules if _is_readable(frame, rule)]
    for rule in readable:
        findings.extend(_cardinality(frame, rule, limits))
        if rule.role is not ColumnRole.TARGET:
            findings.extend(_constant(frame, rule))
    target = named(rules, ColumnRole.TARGET)
    if target in readable and target is not None:
        findings.extend(_target(frame, target, limits))
    findings.extend(_undeclared(frame, rules))
    figures = {"rows": len(frame), "columns": frame.shape[1], "declared_columns": len(rules)}
    return Judgement(tuple(findings), evaluated=len(readable), figures=figures)


def _is_readable(frame: pd.DataFrame, rule: ColumnRule) -> bool:
    is_there_once = list(frame.columns).count(rule.name) == 1
    return len(frame) > 0 and is_there_once and not column_problems(frame, rule)


def _cardinality(frame: pd.DataFrame, rule: ColumnRule, limits: ShapeLimits) -> list[GateFinding]:
    if rule.kind is not Kind.CATEGORY or rule.role not in {ColumnRole.FEATURE, ColumnRole.GROUP, ColumnRole.TARGET}:
        return []
    distinct = int(frame[rule.name].nunique())
    allowed = int(min(limits.categories_at_most, max(20, len(frame) / limits.rows_per_category_at_least)))
    if distinct <= allowed:
        return []
    what = f"The category {rule.name} has {distinct} values in {len(frame)} rows; that is a name, not a category."
    return [GateFinding(what, locator=rule.name, seen=f"{distinct} values", allowed=f"at most {allowed}")]


def _constant(frame: pd.DataFrame, rule: ColumnRule) -> list[GateFinding]:
    if frame[rule.name].nunique(dropna=False) > 1:
        return []
    what = f"The column {rule.name} holds one and the same value in every row, so it tells nothing."
    return [GateFinding(what, Severity.WARNING, rule.name, seen="1 distinct value", allowed="at least 2")]


def _target(frame: pd.DataFrame, rule: ColumnRule, limits: ShapeLimits) -> list[GateFinding]:
    found = []
    if absent := int(frame[rule.name].isna().sum()):
        what = f"The outcome {rule.name} is missing in {absent} rows; nothing can be learned or judged there."
        found.append(GateFinding(what, locator=rule.name, seen=f"{absent} missing", allowed="none"))
    distinct = int(frame[rule.name].nunique())
    if distinct < 2:
        what = f"The outcome {rule.name} is the same in every row, so there is nothing to predict."
        return [*found, GateFinding(what, locator=rule.name, seen=f"{distinct} distinct value", allowed="at least 2")]
    if rule.kind in {Kind.CATEGORY, Kind.BOOLEAN}:
        rarest = int(labels(frame[rule.name]).value_counts().min())
        if rarest < limits.rows_per_class_at_least:
            what = f"The rarest outcome of {rule.name} was seen only {rarest} times."
            allowed = f"at least {limits.rows_per_class_at_least}"
            found.append(GateFinding(what, locator=rule.name, seen=str(rarest), allowed=allowed))
    return found


def _undeclared(frame: pd.DataFrame, rules: tuple[ColumnRule, ...]) -> list[GateFinding]:
    extra = sorted(set(map(str, frame.columns)) - {rule.name for rule in rules})
    if not extra or not rules:
        return []
    what = f"{len(extra)} columns came that nobody declared; no check looks at them."
    return [GateFinding(what, Severity.INFO, "columns", seen=shorten(", ".join(extra)), allowed="declared columns")]
