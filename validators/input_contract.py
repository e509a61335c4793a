"""INPUT-001: live traffic keeps to the declared kinds, ranges, shares of missing values and categories."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

from flywheel.domain.gate_catalogue import minimum_rows
from flywheel.domain.gates import GateFinding, Severity
from flywheel.errors import shorten
from flywheel.project.kinds import Kind
from validators.columns import Mask, column_problems, duplicate_names, labels, missing_mask, numbers, stamp_like
from validators.protocol import Judgement, gate
from validators.specs import Bound, ColumnRole, ColumnRule


@dataclass(frozen=True)
class TrafficLimits:
    """How much of live traffic may break the contract before somebody has to look."""

    rows_at_least: int = minimum_rows("INPUT-001")
    outside_at_most: float = 0.001


NO_CATEGORIES: Mapping[str, frozenset[str]] = {}


@gate("INPUT-001")
def check(
    frame: pd.DataFrame,
    *,
    rules: tuple[ColumnRule, ...],
    known_categories: Mapping[str, frozenset[str]] = NO_CATEGORIES,
    limits: TrafficLimits = TrafficLimits(),
) -> Judgement:
    """Judge the inputs of a window; `known_categories` (of the reference) stand in where none are declared."""
    if twice := duplicate_names(frame.columns):
        return Judgement(tuple(twice), figures={"rows": len(frame)})
    wanted = tuple(rule for rule in rules if rule.role is ColumnRole.FEATURE)
    if len(frame) < limits.rows_at_least:
        what = f"Only {len(frame)} rows arrived; that is too few to judge the traffic."
        allowed = f"at least {limits.rows_at_least}"
        finding = GateFinding(what, Severity.WARNING, "rows", seen=str(len(frame)), allowed=allowed)
        missing = [p for rule in wanted if rule.name not in frame for p in column_problems(frame, rule)]
        return Judgement((finding, *missing), figures={"rows": len(frame)})
    findings: list[GateFinding] = []
    for rule in wanted:
        known = frozenset(rule.categories) or known_categories.get(rule.name, frozenset())
        findings.extend(_column(frame, rule, known, limits))
    return Judgement(tuple(findings), evaluated=len(wanted), figures={"rows": len(frame), "columns": len(wanted)})


def _column(frame: pd.DataFrame, rule: ColumnRule, known: frozenset[str], limits: TrafficLimits) -> list[GateFinding]:
    if problems := column_problems(frame, rule):
        return problems
    series = frame[rule.name]
    missing = missing_mask(series, rule.missing_codes)
    found = _too_many_missing(rule, float(missing.mean()))
    if rule.between is not None and rule.kind in {Kind.NUMBER, Kind.INTEGER, Kind.TIME}:
        found += _beyond(rule, _outside_range(series, rule) & ~missing, limits)
    if known and rule.kind in {Kind.CATEGORY, Kind.BOOLEAN}:
        found += _unknown(rule, labels(series[~missing]), known, limits)
    return [replace(finding, severity=rule.severity) for finding in found]


def _too_many_missing(rule: ColumnRule, share: float) -> list[GateFinding]:
    if rule.missing_at_most is None:
        what = f"{rule.name} holds nothing but codes that mean missing."
        allowed = "a value in some row at least, as where all is null"
        return [GateFinding(what, locator=rule.name, seen="100%", allowed=allowed)] if share >= 1.0 else []
    if share <= rule.missing_at_most:
        return []
    what = f"{share:.1%} of {rule.name} is missing, by null or by a code that means missing."
    return [GateFinding(what, locator=rule.name, seen=f"{share:.2%}", allowed=f"at most {rule.missing_at_most:.2%}")]


def _outside_range(series: pd.Series[Any], rule: ColumnRule) -> Mask:
    low, high = rule.between or (None, None)
    values: Any = series if rule.kind is Kind.TIME else pd.Series(numbers(series), index=series.index)
    outside = np.zeros(len(series), dtype=bool)
    if low is not None:
        outside |= (values < _comparable(low, series)).to_numpy(dtype=bool)
    if high is not None:
        outside |= (values > _comparable(high, series)).to_numpy(dtype=bool)
    return outside


def _comparable(bound: Bound, series: pd.Series[Any]) -> Any:
    return stamp_like(bound, series) if isinstance(bound, datetime) else bound


def _beyond(rule: ColumnRule, outside: Mask, limits: TrafficLimits) -> list[GateFinding]:
    share = float(outside.mean())
    if share <= limits.outside_at_most:
        return []
    low, high = rule.between or (None, None)
    what = f"{share:.1%} of {rule.name} lies outside the range that was declared."
    allowed = f"from {'anything' if low is None else low} to {'anything' if high is None else high}"
    return [GateFinding(what, locator=rule.name, seen=f"{int(outside.sum())} rows", allowed=allowed)]


def _unknown(
    rule: ColumnRule, present: pd.Series[Any], known: frozenset[str], limits: TrafficLimits
) -> list[GateFinding]:
    counts = present[~present.isin(list(known))].value_counts()
    if not len(present) or counts.sum() / len(present) <= limits.outside_at_most:
        return []
    what = f"{counts.sum() / len(present):.1%} of {rule.name} are categories that the model has never been told of."
    seen = shorten(", ".join(map(str, counts.index[:5])))
    return [GateFinding(what, locator=rule.name, seen=seen, allowed=f"{len(known)} known categories")]
