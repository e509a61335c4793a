"""What a charter says to no effect: each such key is refused with what to do, for its author believes that it acts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from flywheel.project.charter import Charter
from flywheel.project.charter_data import Column, Data
from flywheel.project.data_schema import declared_kinds
from flywheel.project.kinds import Kind
from flywheel.project.toml_text import Path

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
    yield from _of_groups(charter, charter.data)
    yield from _of_formats(charter.data)
    yield from _of_the_split(charter, charter.data)
    yield from _of_the_rule(charter, charter.data)


def _of_the_target(data: Data) -> Iterator[Idle]:
    """The target is never decided on, so nothing that is said of features acts there."""
    column = data.columns.get(data.target) if data.target else None
    for key in _OF_FEATURES:
        value = getattr(column, key, None)
        if column is not None and value != Column.model_fields[key].default:
            what = "does nothing on the target, which no model decides on"
            yield Idle(("data", "columns", data.target or "", key), what, str(value), "leave it out")


def _of_groups(charter: Charter, data: Data) -> Iterator[Idle]:
    """Rows of one outcome, or of one name, are no group whose outcomes could be compared."""
    fair = charter.validation.fairness
    named: dict[Path, tuple[str, ...]] = {
        ("validation", "slices"): charter.validation.slices,
        ("validation", "fairness", "groups"): fair.groups if fair else (),
    }
    for path, names in named.items():
        for place, name in enumerate(names):
            for key in ("target", "entity"):
                if name == getattr(data, key):
                    what = f"is the {key}, which parts no rows that could be compared"
                    yield Idle((*path, place), what, name, "a column that parts rows into a few groups")


def _of_the_split(charter: Charter, data: Data) -> Iterator[Idle]:
    """Rows of one case are not told apart by what became of it."""
    for place, name in enumerate(charter.research.split.equal_in):
        if name == data.target:
            what = "is the target, by which copies of a case would be told apart"
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


def _of_the_rule(charter: Charter, data: Data) -> Iterator[Idle]:
    """A limit outside the bounds of its column parts no rows."""
    rule = charter.delivery.rule if charter.delivery else None
    column = data.columns.get(rule.column) if rule else None
    if rule is None or column is None or column.between is None or column.kind is Kind.TIME:
        return
    low, high = column.between
    for key in ("at_least", "at_most"):
        limit = getattr(rule, key)
        if limit is not None and not low <= limit <= high:
            what = f"lies outside between of {rule.column}, so that every row is on one side"
            yield Idle(("delivery", "rule", key), what, f"{limit:g}", f"from {low:g} to {high:g}")
