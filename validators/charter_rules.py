"""The charter's declarations as the rules that checks are held against."""

from __future__ import annotations

from flywheel.project.charter import Charter
from flywheel.project.charter_data import Check, Column, ColumnUse, Condition, Data
from flywheel.project.data_schema import declared_kinds
from flywheel.project.kinds import Kind
from validators.specs import ColumnRole, ColumnRule, ExpectationRule, Operator, Where


def rules_from_charter(charter: Charter) -> tuple[ColumnRule, ...]:
    """Give a rule for every declared column, the keys under `[data]` included."""
    data = charter.data
    if data is None:
        return ()
    return tuple(_rule(data, name, kind) for name, kind in declared_kinds(data).items())


def expectations_from_charter(charter: Charter) -> tuple[ExpectationRule, ...]:
    """Give the charter's own checks."""
    return tuple(_expectation(check) for check in charter.data.checks) if charter.data else ()


def _rule(data: Data, name: str, kind: Kind) -> ColumnRule:
    column = data.columns.get(name)
    role = _role(data, name, column)
    if column is None:
        return ColumnRule(name, kind, role=role)
    return ColumnRule(
        name,
        kind,
        between=column.between,
        missing_codes=column.missing.codes,
        missing_at_most=column.missing.at_most,
        severity=column.missing.severity,
        categories=column.categories,
        role=role,
    )


def _role(data: Data, name: str, column: Column | None) -> ColumnRole:
    if name in (data.target, data.time, data.entity):
        return {data.entity: ColumnRole.ENTITY, data.time: ColumnRole.TIME, data.target: ColumnRole.TARGET}[name]
    if column is None:
        return ColumnRole.ENTITY  # the key by which sources are joined
    if column.role is ColumnUse.FEATURE and not (column.permitted and column.known_at_decision):
        return ColumnRole.KEPT
    return ColumnRole(column.role.value)


def _expectation(check: Check) -> ExpectationRule:
    where = tuple(_where(condition) for condition in check.where)
    return ExpectationRule(check.expectation, dict(check.arguments), check.severity, where)


def _where(condition: Condition) -> Where:
    return Where(condition.column, Operator(condition.operator), condition.value)
