"""What a charter must hold as a whole, and what each stage needs of it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from difflib import get_close_matches

from flywheel.domain.policy import Policy
from flywheel.domain.stages import Stage
from flywheel.errors import Problem, some_of
from flywheel.project.charter.charter import Charter
from flywheel.project.charter.commitments_kept import contradicted_terms, impossible_population, lacking
from flywheel.project.charter.data import ColumnUse, Data
from flywheel.project.charter.derived import wrong_features
from flywheel.project.charter.headers import plain_header
from flywheel.project.charter.idle import idle_keys
from flywheel.project.charter.task_fit import wrong_for_task, wrong_yes
from flywheel.project.charter.toml_text import Path, dotted
from flywheel.project.reading.kinds import Kind

FILE = "project.toml"

_UNDECLARED = "is not a declared column"

Found = Iterator[tuple[Path, Problem]]


def contradictions(
    charter: Charter, *, unread: Collection[Path] = (), spoken: Collection[str] = ()
) -> tuple[tuple[Path, Problem], ...]:
    """Find what no single block can see.

    From places that could not be read (`unread`) nothing is concluded; columns that they declare (`spoken`) count.
    """
    keys = tuple(("data", key) for key in ("target", "entity", "time"))
    rules: tuple[tuple[Callable[[Charter], Found], tuple[Path, ...]], ...] = (
        (_names, ()),
        (_checks, ()),
        (_waivers, (("stakeholders",),)),
        (_keys, ()),
        (wrong_for_task, (("research",), ("value",))),
        (wrong_yes, (("data", "positive"), ("data", "target"))),
        (_joins, (("data", "sources"),)),
        (_rule, (("delivery",),)),
        (_signals, ()),
        (_means, (("delivery",), ("retraining",))),
        (_split, keys),
        (_people, ()),
        (_idle, (("data",),)),
        (wrong_features, (("data",), ("features",))),
        (contradicted_terms, (("it",), ("deliver_as",))),
        (impossible_population, (("data",), ("population",))),
    )
    found = [problem for rule, needs in rules if not _are_torn(needs, unread) for problem in rule(charter)]
    return tuple(
        (path, problem) for path, problem in found if problem.what != _UNDECLARED or problem.found not in spoken
    )


def _are_torn(needs: Collection[Path], unread: Collection[Path]) -> bool:
    """Whether something that a rule looks at was cut out, or what holds it."""
    return any(path[: len(need)] == need[: len(path)] for need in needs for path in unread)


def preflight(charter: Charter, stage: Stage, *, policy: Policy | None = None) -> tuple[Problem, ...]:
    """List what a stage needs and the charter does not say yet; `policy` says who signs."""
    missing = [
        Problem(FILE, key, f"is needed before {stage.value}", allowed=f"a [{key}] block; see docs/charter.md")
        for key, is_there in _NEEDS.get(stage, {}).items()
        if not is_there(charter)
    ]
    return (*missing, *lacking(charter, stage, policy))


def _said(name: str) -> Callable[[Charter], bool]:
    return lambda charter: getattr(charter, name) is not None


_NEEDS: dict[Stage, dict[str, Callable[[Charter], bool]]] = {
    Stage.IDEATION: {"problem": _said("problem"), "risk": _said("risk"), "value": _said("value")},
    Stage.DATA_PREPARATION: {"data": _said("data")},
    Stage.RESEARCH: {
        "data.target": lambda charter: bool(charter.data and charter.data.target),
        "data.columns": lambda charter: bool(charter.data and charter.data.columns),
        "value": _said("value"),
    },
    Stage.VALIDATION: {"risk": _said("risk"), "delivery": _said("delivery"), "monitoring": _said("monitoring")},
    Stage.DELIVERY: {"delivery": _said("delivery"), "monitoring": _said("monitoring")},
    Stage.MONITORING: {"monitoring": _said("monitoring")},
}


def _names(charter: Charter) -> Found:
    """Every column that a block names is declared under [data]."""
    if charter.data is None:
        return
    fair, slices = charter.validation.fairness, charter.validation.slices
    named: list[tuple[Path, str]] = [
        *((("validation", "fairness", "groups", at), name) for at, name in enumerate(fair.groups if fair else ())),
        *((("validation", "slices", at), name) for at, name in enumerate(slices)),
        *((("research", "split", "equal_in", at), name) for at, name in enumerate(charter.research.split.equal_in)),
    ]
    for place, signal in enumerate(charter.monitoring.signals if charter.monitoring else ()):
        listed = {"columns": () if signal.columns == "all" else signal.columns, "exempt": signal.exempt}
        for key, names in listed.items():
            named += [(("monitoring", "signals", place, key, at), name) for at, name in enumerate(names)]
    parting = charter.data.declared - {charter.data.target, charter.data.entity}
    for path, name in named:
        is_derived = path[0] == "monitoring" and name in charter.features
        if name not in charter.data.declared and not is_derived:
            yield _undeclared(path, name, charter.data, choices=parting if path[0] == "validation" else None)


def _checks(charter: Charter) -> Found:
    for place, check in enumerate(charter.data.checks if charter.data else ()):
        for name in check.columns:
            if charter.data and name not in charter.data.declared:
                yield _undeclared(("data", "checks", place), name, charter.data)


def _waivers(charter: Charter) -> Found:
    """Who answers for a waiver is a stakeholder and not the author, whose own work it would excuse."""
    people = {person.casefold() for named in charter.stakeholders.by_role.values() for person in named}
    for place, waiver in enumerate(charter.data.waivers if charter.data else ()):
        path: Path = ("data", "waivers", place)
        if charter.data and waiver.column not in charter.data.declared:
            yield _undeclared((*path, "column"), waiver.column, charter.data)
        if waiver.owner.casefold() not in people - {charter.owner.casefold()}:
            allowed = "one of the stakeholders besides the owner"
            yield _problem((*path, "owner"), "may not answer for a waiver", found=waiver.owner, allowed=allowed)


def _keys(charter: Charter) -> Found:
    """Target, entity and time are three different columns, and none is a feature's twin."""
    data = charter.data
    if data is None:
        return
    seen: dict[str, str] = {}
    for key in ("target", "entity", "time"):
        name = getattr(data, key)
        if name and name in seen:
            yield _problem(("data", key), f"is the same column as {seen[name]}", found=name, allowed="another column")
        seen.setdefault(name or key, key)
    declared = data.columns.get(data.time) if data.time else None
    if declared and declared.kind is not Kind.TIME:
        yield _problem(("data", "time"), "is declared as another kind", found=declared.kind.value, allowed="time")
    folded: dict[str, str] = {}
    for name in data.columns:
        if name.casefold() in folded:
            yield _problem(
                ("data", "columns", name), f"differs from {folded[name.casefold()]} in case alone", found=name
            )
        folded.setdefault(name.casefold(), name)
    yield from _aliases(data)


def _aliases(data: Data) -> Found:
    """No header of a source means two columns."""
    meant: dict[str, str] = {}
    for name, column in data.columns.items():
        for alias in map(plain_header, column.alias):
            if meant.setdefault(alias, name) != name:
                what = f"is the alias of {meant[alias]} too"
                yield _problem(("data", "columns", name, "alias"), what, found=alias, allowed="a header of its own")


def _joins(charter: Charter) -> Found:
    sources = charter.data.sources if charter.data else {}
    bases = [name for name, source in sources.items() if source.join is None]
    if sources and len(bases) != 1:
        found = ", ".join(bases) or "none"
        what = "needs one source without join, which the others are joined to"
        yield _problem(("data", "sources"), what, found=found, allowed="exactly one")


def _rule(charter: Charter) -> Found:
    rule = charter.delivery.rule if charter.delivery else None
    column = charter.data.columns.get(rule.column) if rule and charter.data else None
    if rule is None or charter.data is None:
        return
    path: Path = ("delivery", "rule", "column")
    if rule.column not in charter.data.declared:
        yield _undeclared(path, rule.column, charter.data, choices=_ruling(charter.data))
        return
    if column is None or column.kind not in {Kind.NUMBER, Kind.INTEGER}:
        may = some_of(_ruling(charter.data)) or "number or integer"
        yield _problem(path, "is not a declared column of numbers", found=rule.column, allowed=may)
        return
    if rule.column not in _ruling(charter.data):
        may = some_of(_ruling(charter.data)) or "a feature of numbers that is permitted and known in time"
        yield _problem(path, "may not be decided on", found=rule.column, allowed=may)


def _ruling(data: Data) -> tuple[str, ...]:
    """Name the columns by which a rule may decide: features of numbers that are permitted and known in time."""
    return tuple(
        name
        for name, column in data.columns.items()
        if column.kind in {Kind.NUMBER, Kind.INTEGER}
        and (column.permitted and column.known_at_decision and column.role is ColumnUse.FEATURE)
        and name not in {data.target, data.entity, data.time}
    )


def _signals(charter: Charter) -> Found:
    signals = charter.monitoring.signals if charter.monitoring else ()
    seen = set()
    for place, signal in enumerate(signals):
        path: Path = ("monitoring", "signals", place)
        if signal.signal in seen:
            yield _problem(path, "says what another signal says", found=f"{signal.watch.value}: {signal.action.value}")
        seen.add(signal.signal)


def _means(charter: Charter) -> Found:
    """Each action of the plan has what it needs."""
    for place, signal in enumerate(charter.monitoring.signals if charter.monitoring else ()):
        path: Path = ("monitoring", "signals", place)
        if signal.action.value == "fallback" and charter.delivery is None:
            yield _problem(
                (*path, "action"), "falls back to nothing", found="fallback", allowed="with [delivery] fallback"
            )
        if signal.action.value == "retrain" and charter.retraining is None:
            yield _problem(
                (*path, "action"), "retrains without an envelope", found="retrain", allowed="with [retraining]"
            )


def _split(charter: Charter) -> Found:
    if charter.data is None:
        return
    by = charter.research.split.by
    if by in {"time", "entity"} and getattr(charter.data, by) is None:
        yield _problem(("research", "split", "by"), f"the data name no {by}", found=by, allowed=f"with data.{by}")


def _people(charter: Charter) -> Found:
    for role, people in charter.stakeholders.by_role.items():
        folded = [person.casefold() for person in people]
        for place, person in enumerate(folded):
            if person in folded[:place]:
                yield _problem(("stakeholders", role.value, place), "names one person twice", found=people[place])
            elif person == charter.owner.casefold():
                what = "is the owner, who counts as an author and signs nothing"
                yield _problem(("stakeholders", role.value, place), what, found=people[place], allowed="somebody else")


def _idle(charter: Charter) -> Found:
    for one in idle_keys(charter):
        yield _problem(one.path, one.what, found=one.found, allowed=one.allowed)


def _undeclared(path: Path, name: str, data: Data, *, choices: Collection[str] | None = None) -> tuple[Path, Problem]:
    """Say that a name is none of the columns that may stand there, with those that may."""
    close = get_close_matches(name, data.declared if choices is None else choices, n=1)
    allowed = some_of(sorted(data.declared if choices is None else choices)) or "none is declared"
    return _problem(path, _UNDECLARED, found=name, allowed=allowed, suggestion=close[0] if close else "")


def _problem(
    path: Path, what: str, *, found: str = "", allowed: str = "", suggestion: str = ""
) -> tuple[Path, Problem]:
    return path, Problem(FILE, dotted(path), what, found=found, allowed=allowed, suggestion=suggestion)
