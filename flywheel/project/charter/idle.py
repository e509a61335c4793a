"""What a charter says to no effect: each such key is refused with what to do, for its author believes that it acts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from flywheel.errors import counted, some_of
from flywheel.project.charter.charter import Charter
from flywheel.project.charter.data import Column, ColumnUse, Data
from flywheel.project.charter.data_schema import declared_kinds
from flywheel.project.charter.toml_text import Path
from flywheel.project.reading.kinds import Kind

A_YEAR = timedelta(days=366)
_OF_FEATURES = ("role", "permitted", "known_at_decision", "expect")


@dataclass(frozen=True)
class Idle:
    """A key that would do nothing, and what to do about it."""

    path: Path
    what: str
    found: str
    allowed: str


def idle_keys(charter: Charter) -> Iterator[Idle]:
    """Find what does nothing where it stands, though it may elsewhere."""
    if charter.data is None:
        return
    yield from _of_the_target(charter.data)
    yield from _of_time(charter.data)
    yield from _of_groups(charter, charter.data)
    yield from _of_formats(charter.data)
    yield from _of_units(charter.data)
    yield from _of_the_split(charter, charter.data)
    yield from _of_conditions(charter.data)
    yield from _of_the_rule(charter, charter.data)
    yield from _of_monitoring(charter, charter.data)
    yield from _of_fairness(charter)


def _of_the_target(data: Data) -> Iterator[Idle]:
    """The target is never decided on, so nothing that is said of features acts there."""
    column = data.columns.get(data.target) if data.target else None
    for key in _OF_FEATURES:
        value = getattr(column, key, None)
        if column is not None and value != Column.model_fields[key].default:
            what = "does nothing on the target, which no model decides on"
            yield Idle(("data", "columns", data.target or "", key), what, str(value), "leave it out")


def _of_time(data: Data) -> Iterator[Idle]:
    """When it happened and whom it is about are no features: nothing that is said of deciding acts there."""
    for role in ("time", "entity"):
        name = getattr(data, role)
        column = data.columns.get(name) if name else None
        if role == "time" and column is not None and column.kind is not Kind.TIME:
            continue  # it can be no time, and that is said
        for key in ("known_at_decision", "expect"):
            value = getattr(column, key, None)
            if column is not None and value != Column.model_fields[key].default:
                what = f"does nothing on data.{role}, which no model decides on"
                yield Idle(("data", "columns", str(name), key), what, str(value), "leave it out")


def _of_monitoring(charter: Charter, data: Data) -> Iterator[Idle]:
    """A plan that looks at nothing, or hardly ever, watches nothing."""
    if charter.monitoring is None:
        return
    if charter.monitoring.every.length > A_YEAR:
        what = "is so long that no window ends within a year"
        yield Idle(("monitoring", "every"), what, str(charter.monitoring.every), "at most 1 year")
    derived = (name for name, one in charter.features.items() if one.permitted)
    features = (*watched_columns(data), *derived)
    for place, signal in enumerate(charter.monitoring.signals):
        path: Path = ("monitoring", "signals", place)
        listed = {"columns": () if signal.columns == "all" else signal.columns, "exempt": signal.exempt}
        for key, names in listed.items():
            fitting = {*features, *(_kept_aside(data) if key == "exempt" else ())}
            for at, name in enumerate(names):
                if name not in fitting and name in {*data.declared, *charter.features}:
                    what = "is no column that a model decides on, and those alone are watched"
                    yield Idle((*path, key, at), what, name, some_of(sorted(features)) or "none is declared")
        if features and set(features) <= set(signal.exempt):
            what = "exempts every feature, so that the signal watches nothing"
            yield Idle((*path, "exempt"), what, counted(len(signal.exempt), "column"), "some of the features")


def watched_columns(data: Data) -> tuple[str, ...]:
    """Name the columns of which traffic is watched: those that a model may decide on."""
    return tuple(
        name
        for name, column in data.columns.items()
        if column.role is ColumnUse.FEATURE
        and column.kind is not Kind.TEXT
        and (column.permitted and column.known_at_decision)
        and name not in {data.target, data.entity, data.time}
    )


def _kept_aside(data: Data) -> set[str]:
    """Name the columns of which a plan may say that it leaves them alone, whatever is decided about their use."""
    return set(data.columns) - {data.target, data.entity, data.time}


def _of_fairness(charter: Charter) -> Iterator[Idle]:
    """No two shares differ by more than one."""
    fair = charter.validation.fairness
    if fair is not None and fair.at_most >= 1:
        what = "allows every difference"
        yield Idle(("validation", "fairness", "at_most"), what, f"{fair.at_most:g}", "below 1, such as 0.1")


def _of_groups(charter: Charter, data: Data) -> Iterator[Idle]:
    """Rows of one outcome, or of one name, are no group whose outcomes could be compared."""
    fair = charter.validation.fairness
    named: dict[Path, tuple[str, ...]] = {
        ("validation", "slices"): charter.validation.slices,
        ("validation", "fairness", "groups"): fair.groups if fair else (),
    }
    for path, names in named.items():
        for place, name in enumerate(names):
            for key in ("target", "entity", "time"):
                if name == getattr(data, key):
                    what = f"is the {key}, which forms no groups that could be compared"
                    yield Idle((*path, place), what, name, "a column with a few groups")


def _of_the_split(charter: Charter, data: Data) -> Iterator[Idle]:
    """Rows of one case are not told apart by what became of it, and those of one entity by nothing else."""
    named = data.columns.get(data.entity) if data.entity else None
    is_nameless = named is not None and bool(named.missing.at_most)
    if data.entity and charter.research.split.equal_in and not is_nameless:
        what = "does nothing beside data.entity, which says what belongs together"
        allowed = (
            f"leave it out; or, for rows that have no {data.entity}, say how many: missing = {{ at_most = 0.1 }} there"
        )
        yield Idle(("research", "split", "equal_in"), what, some_of(charter.research.split.equal_in), allowed)
    for place, name in enumerate(charter.research.split.equal_in):
        if name == data.target:
            what = "is the target, which would separate copies of a case"
            yield Idle(("research", "split", "equal_in", place), what, name, "columns other than the target")


def _of_formats(data: Data) -> Iterator[Idle]:
    """A format of dates reads columns of times."""
    if Kind.TIME in declared_kinds(data).values():
        return
    for name, source in data.sources.items():
        if source.date_format:
            what = "reads columns of times, and none is declared"
            allowed = 'with kind = "time" for a column, or leave it out'
            yield Idle(("data", "sources", name, "date_format"), what, ", ".join(source.date_format), allowed)


def _of_units(data: Data) -> Iterator[Idle]:
    """A unit is taken off the numbers of a text file."""
    if any(source.is_text for source in data.sources.values()):
        return
    for name, column in data.columns.items():
        if column.unit:
            what = "is taken off the numbers of a text file, and no source is one"
            yield Idle(("data", "columns", name, "unit"), what, column.unit, "leave it out")


def _of_conditions(data: Data) -> Iterator[Idle]:
    """A condition on a column of numbers that names a text picks no row, and breaks once rows come."""
    kinds = declared_kinds(data)
    for place, check in enumerate(data.checks):
        for at, condition in enumerate(check.where):
            given = condition.value if isinstance(condition.value, tuple) else (condition.value,)
            odd = [value for value in given if isinstance(value, bool | str)]
            if odd and kinds.get(condition.column) in {Kind.NUMBER, Kind.INTEGER}:
                what = f"compares the numbers of {condition.column} with what is no number"
                yield Idle(("data", "checks", place, "where", at), what, str(odd[0]), "numbers, without quotes")


def _of_the_rule(charter: Charter, data: Data) -> Iterator[Idle]:
    """A limit outside the bounds of its column parts no rows."""
    rule = charter.delivery.rule if charter.delivery else None
    column = data.columns.get(rule.column) if rule else None
    if rule is None or column is None or column.between is None or column.kind is Kind.TIME:
        return
    low, high = column.between
    for key in ("at_least", "at_most"):
        limit = getattr(rule, key)
        parts = limit is not None and low <= limit <= high and limit != (low if key == "at_least" else high)
        if limit is not None and not parts:
            what = f"lies at the end of between of {rule.column} or beyond, so that every row is on one side"
            allowed = f"from {low:g} to {high:g}, and not the {'lower' if key == 'at_least' else 'upper'} end"
            yield Idle(("delivery", "rule", key), what, f"{limit:g}", allowed)
