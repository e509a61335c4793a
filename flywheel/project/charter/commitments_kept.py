"""What a charter itself must keep of what people agree on: answers to its risks, who signs, and IT's terms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from flywheel.domain.policy import Policy
from flywheel.domain.signoffs import Role
from flywheel.domain.stages import Stage
from flywheel.errors import Problem, some_of
from flywheel.project.charter.charter import Charter
from flywheel.project.charter.starter import FILE
from flywheel.project.charter.toml_text import Path, dotted
from flywheel.project.reading.kinds import Kind


def lacking(charter: Charter, stage: Stage, policy: Policy | None) -> Iterator[Problem]:
    """Say what a stage lacks: people enough for those whom the policy asks, and an answer to each high risk."""
    if stage is Stage.IDEATION:
        yield from _unanswered(charter)
    if policy is not None and stage is Stage.IDEATION and charter.risk is not None:
        yield from _unreachable(charter, policy.agreed_by(is_watched=charter.is_watched))
    if policy is not None and stage is Stage.VALIDATION:
        yield from _unreachable(charter, policy.quorum)


def contradicted_terms(charter: Charter) -> Iterator[tuple[Path, Problem]]:
    """Find where what is wished contradicts what IT allows."""
    asked = charter.it.deliverable if charter.it else None
    if asked is not None and asked not in charter.deliver_as:
        path: Path = ("it", "deliverable")
        what = "IT allows another deliverable than deliver_as asks for"
        yield path, Problem(FILE, dotted(path), what, found=asked, allowed=", ".join(charter.deliver_as))


def impossible_population(charter: Charter) -> Iterator[tuple[Path, Problem]]:
    """Find bounds of the population that no declared column can keep."""
    columns = charter.data.columns if charter.data else {}
    for name, one in charter.population.columns.items() if charter.population else ():
        column, found, allowed = columns.get(name), "", ""
        own = column.between if column else None
        if column is None:
            what, found, allowed = "is not a declared column", name, some_of(sorted(columns))
        elif one.among and column.kind not in {Kind.CATEGORY, Kind.TEXT}:
            what, found, allowed = "has among, and is no category", column.kind.value, "between = [low, high]"
        elif one.among and column.categories and (strange := sorted({*one.among} - {*column.categories})):
            what, found, allowed = "names what the column does not list", strange[0], some_of(column.categories)
        elif one.between and (column.kind is Kind.TIME) != isinstance(one.between[0], datetime):
            what, found, allowed = "bounds do not fit the kind", column.kind.value, "times for kind time, else numbers"
        elif one.between and column.kind not in {Kind.NUMBER, Kind.INTEGER, Kind.TIME}:
            what, found, allowed = "has between, and is no number or time", column.kind.value, "among = [values]"
        elif one.between and own and (one.between[0] > own[1] or one.between[1] < own[0]):  # type: ignore[operator]
            what, found, allowed = "lies outside the column's own between", str(list(one.between)), str(list(own))
        else:
            continue
        path: Path = ("population", "columns", name)
        yield path, Problem(FILE, dotted(path), what, found=found, allowed=allowed)


def _unanswered(charter: Charter) -> Iterator[Problem]:
    for place, one in enumerate(charter.risks):
        for key, said, allowed in (
            ("answer", one.answer, "what is done about it"),
            ("owner", one.owner, "the e-mail address of whoever answers for it"),
        ):
            if one.is_high and not said:
                what = "is needed before ideation of a risk of high likelihood or harm"
                yield Problem(FILE, dotted(("risks", place, key)), what, found=one.what, allowed=allowed)


def _unreachable(charter: Charter, quorum: Mapping[Role, int]) -> Iterator[Problem]:
    for role, count in sorted(quorum.items()):
        people = {person.casefold() for person in charter.stakeholders.by_role.get(role, ())}
        if len(people) < count:
            yield Problem(
                FILE,
                f"stakeholders.{role.value}",
                f"the policy of tier {charter.tier.value} asks for {count} besides the owner",
                found=f"{len(people)}",
                allowed=f"at least {count}",
            )
