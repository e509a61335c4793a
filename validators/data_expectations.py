"""DATA-001: what the charter declares about the data, judged by two examiners and never passed in vain."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping

import numpy as np
import pandas as pd
from pandas.api import types

from flywheel.domain.gates import GateFinding, Severity
from flywheel.project.reading.table import Table, joined, table_of
from validators.columns import Looks, labels, missing_mask
from validators.examining import EXAMINING, Examination, Examining
from validators.expectation_page import reports_of
from validators.masks import mask_of
from validators.protocol import Judgement, gate
from validators.specs import ColumnRule, ExpectationRule, Where
from validators.suites import columns_of, declared, looks_at_names, refuse_unsafe


@gate("DATA-001")
def check(
    frame: pd.DataFrame | Table,
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
    table = table_of(frame)
    figures = {"rows": table.rows, "expectations": len(suite)}
    looks = Looks(table, used)
    groups = {where: Examination(some, by_name, examining) for where, some in _by_condition(suite).items()}
    for part in table.parts(_columns_to_read(table, suite)):
        looks.see(part)
        if not looks.is_unreadable:
            shown = masked(part, rules)
            for where, group in groups.items():
                group.see(_meeting(shown, where, by_name))
    if problems := looks.problems():
        return Judgement(tuple(problems), figures=figures, is_broken=table.rows > 0 and looks.is_unreadable)
    if not suite:
        finding = GateFinding("The charter declares nothing about the data that can be checked.", Severity.WARNING)
        return Judgement((finding,), figures=figures)
    outcomes = [
        outcome
        for where, group in groups.items()
        for outcome in group.outcomes(_reader(table, rules, where, bytes_at_most=examining.bytes_at_most))
    ]
    findings = tuple(outcome.finding for outcome in outcomes if outcome.finding)
    figures["met"] = sum(outcome.finding is None for outcome in outcomes)
    return Judgement(
        findings,
        evaluated=sum(outcome.is_judged and not outcome.is_broken for outcome in outcomes),
        figures=figures,
        reports=reports_of(outcomes, rows=table.rows, seen_whole=table.rows <= examining.whole_at_most),
        is_broken=any(outcome.is_broken for outcome in outcomes),
    )


def _by_condition(suite: Iterable[ExpectationRule]) -> dict[tuple[Where, ...], list[ExpectationRule]]:
    groups: dict[tuple[Where, ...], list[ExpectationRule]] = {}
    for expectation in suite:
        groups.setdefault(expectation.where, []).append(expectation)
    return groups


def _columns_to_read(table: Table, suite: Iterable[ExpectationRule]) -> list[Hashable]:
    """Name what the expectations and their conditions look at; some look at the names of all columns."""
    wanted: set[Hashable] = set()
    for expectation in suite:
        if looks_at_names(expectation):
            return list(table.columns)
        wanted |= {*columns_of(expectation), *(one.column for one in expectation.where)}
    return [name for name in table.columns if name in wanted] or list(table.columns[:1])


def _meeting(rows: pd.DataFrame, where: tuple[Where, ...], rules: Mapping[str, ColumnRule]) -> pd.DataFrame:
    return rows[mask_of(rows, where, rules)].reset_index(drop=True) if where else rows


def _reader(
    table: Table, rules: tuple[ColumnRule, ...], where: tuple[Where, ...], *, bytes_at_most: int
) -> Callable[[tuple[ExpectationRule, ...]], pd.DataFrame]:
    """Read all rows that meet a condition, in the columns that some expectations look at."""
    by_name = {rule.name: rule for rule in rules}

    def whole(suite: tuple[ExpectationRule, ...]) -> pd.DataFrame:
        parts = table.parts(_columns_to_read(table, suite))
        return joined((_meeting(masked(part, rules), where, by_name) for part in parts), bytes_at_most=bytes_at_most)

    return whole


def masked(part: pd.DataFrame, rules: tuple[ColumnRule, ...]) -> pd.DataFrame:
    """Show codes that mean missing as missing, and declared categories as text; the table keeps its columns."""
    shown = part.reset_index(drop=True)
    shown.columns = shown.columns.map(str)
    for rule in rules:
        if rule.name not in shown or not (rule.categories or rule.missing_codes):
            continue
        series = shown[rule.name]
        if rule.missing_codes and types.is_integer_dtype(series):
            series = series.astype(np.float64)  # one type for all parts, with codes or without
        missing = missing_mask(series, rule.missing_codes)
        if rule.categories:
            series = labels(series, rule.kind).reindex(series.index)
        shown[rule.name] = series.mask(missing) if rule.missing_codes and missing.any() else series
    return shown
