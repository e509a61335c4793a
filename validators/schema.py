"""DATA-002: the table has the rows, columns and kinds that were declared, before any statistic is believed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from pandas.api import types

from flywheel.domain.gate_catalogue import minimum_rows
from flywheel.domain.gates import GateFinding, Severity
from flywheel.errors import counted, shorten
from flywheel.project.reading.kinds import Kind
from flywheel.project.reading.matches import Match
from flywheel.project.reading.table import Table, table_of
from flywheel.project.tabular.alike import CURE, TWINS_CURE, Alike, Repeated
from flywheel.project.tabular.levels_kept import kept_levels
from flywheel.project.tabular.twins import Twins
from validators.columns import Looks, labels, missing_mask
from validators.keys import NONE, Keys, keys_of, keys_of_texts, numeric_keys
from validators.protocol import Figure, Judgement, gate
from validators.specs import ColumnRole, ColumnRule, named

LEVELS_AT_MOST = 10_000


@dataclass(frozen=True)
class ShapeLimits:
    """How much is enough and how much is too much."""

    rows_at_least: int = minimum_rows("DATA-002")
    categories_at_most: int = 10_000
    rows_per_category_at_least: float = 2.0
    rows_per_class_at_least: int = 5


@gate("DATA-002")
def check(
    frame: pd.DataFrame | Table,
    *,
    rules: tuple[ColumnRule, ...],
    limits: ShapeLimits = ShapeLimits(),
    needs_target: bool = True,
    trained_share: float = 1.0,
    left_out: Iterable[str] = (),
    matches: Iterable[Match] = (),
) -> Judgement:
    """Judge rows, columns, kinds and the target; live traffic has no target yet (`needs_target=False`).

    `left_out` are headers of the source that could be no name and were not read; a `trained_share` of the rows trains;
    `matches` say how the keys of joined sources met.
    """
    table = table_of(frame)
    if not needs_target:
        rules = tuple(rule for rule in rules if rule.role is not ColumnRole.TARGET)
    looks = Looks(table, rules, at_least_rows=limits.rows_at_least)
    columns = {rule.name: _Column(rule) for rule in rules if rule.name in looks.names}
    alike = _alike(looks.names, rules)
    for part in table.parts(looks.names):
        looks.see(part)
        alike.see(part)
        for name, column in columns.items():
            if looks.is_readable(name):
                column.see(part[name])
    findings = looks.problems()
    readable = [column for name, column in columns.items() if looks.is_sound(name)]
    for column in readable:
        findings.extend(_cardinality(column, limits, table.rows))
        if column.rule.role is not ColumnRole.TARGET:
            findings.extend(_constant(column))
            findings.extend(_folded(column, trained_share))
        if column.rule is named(rules, ColumnRole.TARGET):
            findings.extend(_target(column, limits, table.rows))
    repeated = alike.repeated()
    findings.extend(_repeated(repeated))
    findings.extend(_twins(twins := alike.twins()))
    findings.extend(finding for one in matches for finding in _unmatched(one))
    findings.extend(_undeclared(table, rules))
    findings.extend(_left_out(tuple(left_out)))
    figures: dict[str, Figure] = {"rows": table.rows, "columns": len(table.columns), "declared_columns": len(rules)}
    figures["repeated_share"] = repeated.share
    if twins.share is not None:
        figures["twins_share"] = twins.share
    return Judgement(tuple(findings), evaluated=len(readable), figures=figures)


def _alike(names: list[str], rules: tuple[ColumnRule, ...]) -> Alike:
    """Count rows that repeat another by the features that are there, where there is an outcome to learn from them."""
    of = {role: tuple(rule.name for rule in rules if rule.role is role and rule.name in names) for role in ColumnRole}
    besides = (*of[ColumnRole.TARGET], *of[ColumnRole.TIME])
    features = of[ColumnRole.FEATURE] if of[ColumnRole.TARGET] else ()
    return Alike(features, besides=besides, entity=next(iter(of[ColumnRole.ENTITY]), None))


def _repeated(found: Repeated) -> list[GateFinding]:
    if not found.sentence:
        return []
    return [GateFinding(found.sentence, Severity.QUESTION, "rows", seen=f"{found.share:.1%} repeated", allowed=CURE)]


def _twins(found: Twins) -> list[GateFinding]:
    if not found.sentence:
        return []
    seen = f"{found.share:.0%} with a twin"
    return [GateFinding(found.sentence, Severity.QUESTION, "rows", seen=seen, allowed=TWINS_CURE)]


def _unmatched(found: Match) -> list[GateFinding]:
    """Name the rows whose key finds no partner: a question where they are many, and no pass where nothing met."""
    if not found.sentence:
        return []
    severity = Severity.CRITICAL if found.is_empty else Severity.QUESTION if found.is_asked else Severity.INFO
    seen = f"{found.share:.1%} without a partner"
    return [GateFinding(found.sentence, severity, found.key, seen=seen, allowed=found.cure)]


class _Column:
    """What a declared column holds: how often each value where it is counted, and whether there are two at all."""

    def __init__(self, rule: ColumnRule) -> None:
        self.rule = rule
        self.present = 0
        self._is_counted = rule.kind in {Kind.CATEGORY, Kind.BOOLEAN} or rule.role is ColumnRole.TARGET
        self._is_counted &= rule.role in {ColumnRole.FEATURE, ColumnRole.GROUP, ColumnRole.TARGET}
        self.keys = NONE
        self.levels: Counter[str] = Counter()
        self._is_learned = rule.kind is Kind.CATEGORY and rule.role is ColumnRole.FEATURE
        self._some: set[Any] = set()
        self._has_gaps = False

    def see(self, series: pd.Series[Any]) -> None:
        present = series[~missing_mask(series, self.rule.missing_codes)]
        self.present += len(present)
        self._has_gaps |= len(present) < len(series)
        if not self.varies:
            self._some |= set(present.unique()[:2].tolist())
        if self._is_counted and len(present):
            self.keys = self.keys.plus(_keys(present, self.rule.kind))
        if self._is_learned and len(self.levels) < LEVELS_AT_MOST:
            counts = labels(present, self.rule.kind).value_counts(sort=False)
            self.levels.update({str(level): int(n) for level, n in counts.items()})

    @property
    def varies(self) -> bool:
        """Whether there is more than one value, where a gap is one too."""
        return len(self._some) + self._has_gaps > 1


def _keys(present: pd.Series[Any], kind: Kind) -> Keys:
    if types.is_numeric_dtype(present) or types.is_datetime64_any_dtype(present):
        return keys_of(numeric_keys(present))
    counts = labels(present, kind).value_counts(sort=False)
    return keys_of_texts(counts.index.to_numpy(dtype=object), counts.to_numpy(dtype=np.int64))


def _cardinality(column: _Column, limits: ShapeLimits, rows: int) -> list[GateFinding]:
    rule, judged = column.rule, {ColumnRole.FEATURE, ColumnRole.GROUP, ColumnRole.TARGET}
    if rule.kind is not Kind.CATEGORY or rule.role not in judged:
        return []
    distinct = column.keys.distinct
    allowed = int(min(limits.categories_at_most, max(20, rows / limits.rows_per_category_at_least)))
    if distinct <= allowed:
        return []
    seen = counted(distinct, "value")
    what = f"The category {rule.name} has {seen} in {counted(rows, 'row')}; that is an identifier, not a category."
    return [GateFinding(what, locator=rule.name, seen=seen, allowed=f"at most {allowed}")]


def _constant(column: _Column) -> list[GateFinding]:
    if column.varies:
        return []
    name = column.rule.name
    what = f"The column {name} holds the same value in every row, so it carries no information."
    return [GateFinding(what, Severity.WARNING, name, seen="1 distinct value", allowed="at least 2")]


def _target(column: _Column, limits: ShapeLimits, rows: int) -> list[GateFinding]:
    found, rule, keys = [], column.rule, column.keys
    if absent := rows - column.present:
        what = (
            f"The outcome {rule.name} is missing in {counted(absent, 'row')}; such rows can neither train nor test "
            "a model."
        )
        found.append(GateFinding(what, locator=rule.name, seen=f"{absent} missing", allowed="none"))
    if keys.distinct < 2:
        what = f"The outcome {rule.name} is the same in every row, so there is nothing to predict."
        seen = f"{keys.distinct} distinct value"
        return [*found, GateFinding(what, locator=rule.name, seen=seen, allowed="at least 2")]
    if rule.kind in {Kind.CATEGORY, Kind.BOOLEAN} and keys.rarest < limits.rows_per_class_at_least:
        what = f"The rarest outcome of {rule.name} was observed only {counted(keys.rarest, 'time')}."
        allowed = f"at least {limits.rows_per_class_at_least}"
        found.append(GateFinding(what, locator=rule.name, seen=str(keys.rarest), allowed=allowed))
    return found


def _folded(column: _Column, trained_share: float) -> list[GateFinding]:
    """Name the categories that training will not learn one by one, going by the share of the table that it sees."""
    kept = kept_levels(column.levels, trained_share=trained_share)
    if not kept.folded or not kept.kept:
        return []
    what = f"Of {column.rule.name}, {kept.sentence()} are learned as one."
    seen = shorten(", ".join(kept.folded))
    return [GateFinding(what, Severity.INFO, column.rule.name, seen=seen, allowed="joined at the source, or left so")]


def _left_out(headers: tuple[str, ...]) -> list[GateFinding]:
    if not headers:
        return []
    what = f"{counted(len(headers), 'column')} of the source were left out: their headers are not valid names."
    allowed = 'data.columns.NAME.alias = "<header>" brings one in'
    return [GateFinding(what, Severity.INFO, "columns", seen=shorten(", ".join(headers)), allowed=allowed)]


def _undeclared(table: Table, rules: tuple[ColumnRule, ...]) -> list[GateFinding]:
    extra = sorted(set(map(str, table.columns)) - {rule.name for rule in rules})
    if not extra or not rules:
        return []
    what = (
        f"{counted(len(extra), 'column')} arrived that nobody declared; no check examines them and no model uses them."
    )
    allowed = "declared under [data.columns], or left out at the source"
    return [GateFinding(what, Severity.INFO, "columns", seen=shorten(", ".join(extra)), allowed=allowed)]
