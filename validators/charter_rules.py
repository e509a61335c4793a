"""The charter's declarations as the rules that checks are held against."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

from flywheel.domain.waivers import Waiver
from flywheel.errors import counted
from flywheel.project.charter.charter import Charter
from flywheel.project.charter.data import Check, Column, ColumnUse, Condition, Data
from flywheel.project.charter.data_schema import declared_kinds, missing_codes
from flywheel.project.expressions.derivation import Derivation
from flywheel.project.reading.kinds import Kind
from validators.permissions import Forbidden, Lateness
from validators.specs import ColumnRole, ColumnRule, ExpectationRule, Operator, Where

NOTHING: Mapping[str, Iterable[str]] = MappingProxyType({})


def rules_from_charter(charter: Charter) -> tuple[ColumnRule, ...]:
    """Give a rule for every declared column, the keys under `[data]` included."""
    data = charter.held_data
    if data is None:
        return ()
    return tuple(_rule(data, name, kind) for name, kind in declared_kinds(data).items())


def features_from_charter(charter: Charter, names: Iterable[str]) -> tuple[ColumnRule, ...]:
    """Give the rules of the columns that a model reads; of texts and times of decisions only derived features tell."""
    wanted = frozenset(names)
    rules = (rule for rule in rules_from_charter(charter) if rule.name in wanted and rule.kind is not Kind.TEXT)
    return tuple(rule for rule in rules if rule.role is not ColumnRole.TIME)


def computed_rules(derivation: Derivation) -> tuple[ColumnRule, ...]:
    """Give the rules of derived features: their kind, and nothing that anybody declared."""
    return tuple(ColumnRule(name, kind) for name, kind in derivation.kinds.items())


def expectations_from_charter(charter: Charter) -> tuple[ExpectationRule, ...]:
    """Give the charter's own checks."""
    return tuple(_expectation(check) for check in charter.data.checks) if charter.data else ()


def plausible_times(rules: Iterable[ColumnRule], *, now: datetime) -> tuple[ExpectationRule, ...]:
    """Expect of the column of when it happened, where no range is declared, that it has happened, and not before 1970.

    One row of 2099 moves every cut of a split by time.
    """
    span = {"min_value": EARLIEST.isoformat(), "max_value": (now + A_DAY).isoformat()}
    return tuple(
        ExpectationRule("expect_column_values_to_be_between", {"column": rule.name, **span}, said=_NO_TIME)
        for rule in rules
        if rule.role is ColumnRole.TIME and rule.kind is Kind.TIME and rule.between is None
    )


EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
A_DAY = timedelta(days=1)
"""Clocks and zones differ."""
_NO_TIME = (
    "has not happened yet, or lies before 1970: correct it, or declare `between` for the column; a day "
    "such as 9999-12-31, which means for ever or unknown, belongs in its missing.codes."
)


def waivers_from_charter(charter: Charter) -> tuple[Waiver, ...]:
    """Give what the charter waives; its author is who wrote it down."""
    return tuple(
        Waiver(one.check, one.column, one.owner, one.reason, one.until, by=charter.owner)
        for one in (charter.data.waivers if charter.data else ())
    )


def forbidden_in(charter: Charter, brought: Mapping[str, Iterable[str]] = NOTHING) -> tuple[Forbidden, ...]:
    """Give every column that no model may use; `brought` names the columns of each source, so that late ones count."""
    data = charter.data
    if data is None:
        return ()
    found: dict[str, str] = {}
    for name, source in data.sources.items():
        if source.join and source.available_after_days:
            late = f"comes with {name} {counted(source.available_after_days, 'day')} after the decision"
            found |= dict.fromkeys(
                set(brought.get(name, ())) - {source.join, data.target, data.entity, data.time}, late
            )
    for name, column in data.columns.items():
        if column.role is ColumnUse.GROUP:
            found[name] = "is declared for fairness only"
        if not column.known_at_decision:
            found[name] = "is not known when the decision is taken"
        if not column.permitted:
            found[name] = "is not permitted"
    return tuple(Forbidden(name, why) for name, why in sorted(found.items()))


def lateness_of(charter: Charter) -> Lateness | None:
    """Say how late the rows themselves come, by the source that the others are joined to."""
    sources = charter.data.sources.items() if charter.data else ()
    base = next(((name, source) for name, source in sources if source.join is None), None)
    return Lateness(base[0], base[1].available_after_days) if base and base[1].available_after_days else None


def _rule(data: Data, name: str, kind: Kind) -> ColumnRule:
    column = data.columns.get(name)
    role = _role(data, name, column)
    if column is None:
        return ColumnRule(name, kind, role=role)
    return ColumnRule(
        name,
        kind,
        between=column.between,
        missing_codes=missing_codes(data, name),
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
