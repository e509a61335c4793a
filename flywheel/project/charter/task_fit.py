"""Whether a charter says what its kind of problem asks, and nothing that says nothing there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flywheel.errors import Problem, some_of
from flywheel.project.charter.charter import Charter
from flywheel.project.charter.tasks import TASKS
from flywheel.project.charter.toml_text import Path, dotted
from flywheel.project.reading.kinds import Kind
from flywheel.project.reading.levels import level_of


def wrong_for_task(charter: Charter) -> Iterator[tuple[Path, Problem]]:
    """The kind of problem has its money, and a target that it can predict; what it does not know is not said."""
    asks, task = charter.asks, charter.research.task
    if charter.value is not None:
        if getattr(charter.value, asks.money) is None:
            what = f"is missing: it says what decisions bring where the question is {asks.question}"
            yield _wrong(("value", asks.money), what, allowed=asks.money_example)
        for other in sorted({one.money for one in TASKS.values()} - {asks.money}):
            if getattr(charter.value, other) is not None:
                what = f'does nothing for task = "{task}"'
                yield _wrong(("value", other), what, allowed=f"value.{asks.money}, such as {asks.money_example}")
    for path, why in asks.idle.items():
        if _is_said(charter, path):
            yield _wrong(path, f'does nothing for task = "{task}": {why}', allowed="leave it out")
    data = charter.data
    target = data.columns.get(data.target) if data and data.target else None
    if data is not None and target is not None and target.kind not in asks.target_kinds:
        kinds = ", ".join(sorted(kind.value for kind in asks.target_kinds))
        what = f'cannot be the target of task = "{task}", which predicts {asks.question}'
        yield _wrong(("data", "columns", str(data.target), "kind"), what, found=target.kind.value, allowed=kinds)
    yield from _measured_otherwise(charter)
    rule = charter.delivery.rule if charter.delivery else None
    if rule is not None and isinstance(rule.then, str) is not asks.has_positive:
        what = f"is not how {asks.question} is decided"
        yield _wrong(("delivery", "rule", "then"), what, found=str(rule.then), allowed=asks.rule_example)


def wrong_yes(charter: Charter) -> Iterator[tuple[Path, Problem]]:
    """The yes is one of the values that are declared of the target."""
    data = charter.data
    target = data.columns.get(data.target) if data and data.target else None
    if data is None or target is None or data.positive is None:
        return
    level, allowed = level_of(data.positive), ""
    if target.categories and level not in map(level_of, target.categories):
        allowed = some_of(target.categories)
    elif target.kind is Kind.BOOLEAN and level not in {"true", "false"}:
        allowed = "true, false"
    elif target.between is not None and not _lies_between(data.positive, target.between):
        allowed = f"between {target.between[0]:g} and {target.between[1]:g}"
    if allowed:
        yield _wrong(("data", "positive"), f"is none of what {data.target} says", found=level, allowed=allowed)


def _lies_between(value: object, bounds: tuple[object, object]) -> bool:
    low, high = bounds
    is_number = isinstance(value, int | float) and isinstance(low, float) and isinstance(high, float)
    return is_number and low <= value <= high  # type: ignore[operator]  # all three are numbers


def _measured_otherwise(charter: Charter) -> Iterator[tuple[Path, Problem]]:
    """Targets whose measure this kind of problem does not know."""
    asks, task = charter.asks, charter.research.task
    for place, kpi in enumerate(charter.kpis):
        if kpi.measure and kpi.measure not in asks.measures:
            what = f'cannot be measured where task = "{task}"'
            allowed = ", ".join(sorted(asks.measures)) + ", or reported_by somebody"
            yield _wrong(("kpis", place, "measure"), what, found=kpi.measure, allowed=allowed)


def _is_said(charter: Charter, path: Path) -> bool:
    block: Any = charter
    for key in path:
        if block is None or key not in block.model_fields_set:
            return False
        block = getattr(block, str(key))
    return True


def _wrong(path: Path, what: str, *, found: str = "", allowed: str = "") -> tuple[Path, Problem]:
    return path, Problem("project.toml", dotted(path), what, found=found, allowed=allowed)
