"""What a charter itself must keep of what people agree on: answers to its risks, who signs, and IT's terms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from flywheel.domain.policy import Policy
from flywheel.domain.signoffs import Role
from flywheel.domain.stages import Stage
from flywheel.errors import Problem
from flywheel.project.charter.charter import Charter
from flywheel.project.charter.starter import FILE
from flywheel.project.charter.toml_text import Path, dotted


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
