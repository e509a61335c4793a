"""Which stage reads which key of a charter: one table, from which it follows what a change has done again.

Delivery and monitoring have no keys here. They read the charter under which the dossier was signed: what validation
reads reaches them by the signatures and by nothing else.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from types import MappingProxyType

from flywheel.domain.digests import Digest, Json, digest_of, plain
from flywheel.domain.own_code import HOOKS_FILE, Hook
from flywheel.domain.policy import Policy
from flywheel.domain.stages import ORDER, Stage
from flywheel.errors import Unavailable
from flywheel.project.charter.charter import Charter
from flywheel.project.loader import Project

ANY = "*"
"""Stands for a name that the author chooses."""

_IDEA, _DATA, _RESEARCH, _SIGNED = Stage.IDEATION, Stage.DATA_PREPARATION, Stage.RESEARCH, Stage.VALIDATION

_HOOK_STAGES = {
    Hook.PREPARE: frozenset({_DATA}),
    Hook.FEATURES: frozenset({_RESEARCH, _SIGNED}),
    Hook.CANDIDATES: frozenset({_RESEARCH}),
}
"""By hook, the stages that its code runs for."""

READ_BY: Mapping[str, frozenset[Stage]] = MappingProxyType(
    {
        "name": frozenset({_SIGNED}),
        "title": frozenset({_SIGNED}),
        "owner": frozenset({_SIGNED}),
        "deliver_as": frozenset({_IDEA, _SIGNED}),
        "problem": frozenset({_IDEA, _SIGNED}),
        "risk": frozenset({_IDEA, _SIGNED}),
        "stakeholders": frozenset({_SIGNED}),
        "value": frozenset({_IDEA, _SIGNED}),
        "feasibility": frozenset({_IDEA, _SIGNED}),
        "risks": frozenset({_IDEA, _SIGNED}),
        "kpis": frozenset({_IDEA, _SIGNED}),
        "it": frozenset({_IDEA, _SIGNED}),
        "timeline": frozenset({_IDEA}),
        "population": frozenset({_IDEA, _SIGNED}),
        "population.min_rows": frozenset({_IDEA, _DATA, _SIGNED}),
        "population.columns": frozenset({_IDEA, _DATA, _SIGNED}),
        "value.payoff": frozenset({_IDEA, _RESEARCH, _SIGNED}),
        "decision": frozenset({_SIGNED}),
        "data": frozenset({_DATA, _RESEARCH, _SIGNED}),
        "data.sources": frozenset({_DATA}),
        f"data.sources.{ANY}.purpose": frozenset({_DATA, _SIGNED}),
        f"data.sources.{ANY}.available_after_days": frozenset({_DATA, _SIGNED}),
        f"data.sources.{ANY}.cost_per_year": frozenset(),
        f"data.columns.{ANY}.alias": frozenset({_DATA, _SIGNED}),
        f"data.columns.{ANY}.between": frozenset({_DATA, _SIGNED}),
        f"data.columns.{ANY}.expect": frozenset({_SIGNED}),
        f"data.columns.{ANY}.missing.at_most": frozenset({_DATA, _SIGNED}),
        f"data.columns.{ANY}.missing.severity": frozenset({_DATA, _SIGNED}),
        "data.checks": frozenset({_DATA, _SIGNED}),
        "data.waivers": frozenset({_DATA, _SIGNED}),
        "features": frozenset({_RESEARCH, _SIGNED}),
        f"features.{ANY}.unit": frozenset({_SIGNED}),
        f"features.{ANY}.expect": frozenset({_SIGNED}),
        "research": frozenset({_RESEARCH}),
        "research.split": frozenset({_RESEARCH, _SIGNED}),
        "research.seed": frozenset({_RESEARCH, _SIGNED}),
        "validation": frozenset({_SIGNED}),
        "delivery": frozenset({_SIGNED}),
        "monitoring": frozenset({_SIGNED}),
        "retraining": frozenset({_SIGNED}),
        **{f"{HOOKS_FILE}: {hook}": stages for hook, stages in _HOOK_STAGES.items()},
    }
)
"""By key, the longest that fits: the stages that are done again where its value changes."""


SIGNED_FOR = ORDER[: ORDER.index(Stage.DELIVERY)]
"""The stages whose work people sign: what any of them reads is signed."""


class Given(StrEnum):
    """What a stage depends on besides the charter."""

    BEFORE = "what the stage before it brought"
    SOURCES = "what the sources hold"
    POLICY = "the policy's part for it"
    WALK = "the kind of walk, and the recipe that it repeats or brings in"
    WAIVERS = "the waivers that hold today"
    CODE = "the code of ours that it needs"


GIVEN: Mapping[Stage, frozenset[Given]] = MappingProxyType(
    {
        Stage.IDEATION: frozenset({Given.CODE}),
        Stage.DATA_PREPARATION: frozenset({Given.SOURCES, Given.POLICY, Given.WAIVERS, Given.CODE}),
        Stage.RESEARCH: frozenset({Given.BEFORE, Given.WALK, Given.CODE}),
        Stage.VALIDATION: frozenset({Given.BEFORE, Given.WALK, Given.POLICY, Given.WAIVERS, Given.CODE}),
        Stage.DELIVERY: frozenset({Given.BEFORE, Given.POLICY, Given.CODE}),
    }
)
"""By stage, what it is done again for besides its keys; what is signed reaches delivery by what validation brought."""


@dataclass(frozen=True)
class Change:
    """A key that says otherwise: what it said before and what it says now, nothing where it says its default."""

    key: str
    before: Json
    now: Json


@cache
def stages_of(key: str) -> frozenset[Stage]:
    """Name the stages that read a key."""
    parts = _parts(key)
    fitting = [pattern for pattern in _PATTERNS if _fits(pattern, parts)]
    if not fitting:
        raise Unavailable(
            f"no stage is registered as reading {key}", next_step="add it to flywheel/project/stage_inputs.py"
        )
    return _PATTERNS[max(fitting, key=len)]


def part_for(project: Project, stage: Stage) -> Mapping[str, Json]:
    """Pick what a stage reads of a project, by key; what is not said counts as its default."""
    return {key: value for key, value in _leaves(project) if stage in stages_of(key)}


def part_digest(project: Project, stage: Stage) -> Digest:
    """Digest what a stage reads of a project."""
    return digest_of(part_for(project, stage))


def changes(stages: Collection[Stage], *, old: Project, new: Project) -> tuple[Change, ...]:
    """Give each key that says otherwise and that one of the stages reads, with what it said and says."""
    found: dict[str, Change] = {}
    for stage in stages:
        before, now = part_for(old, stage), part_for(new, stage)
        for key in sorted(before.keys() | now.keys()):
            if before.get(key) != now.get(key):
                found.setdefault(key, Change(key, before.get(key), now.get(key)))
    return tuple(found.values())


def changed_keys(*stages: Stage, old: Project, new: Project) -> tuple[str, ...]:
    """Name the keys whose change has one of the stages done again."""
    return tuple(one.key for one in changes(stages, old=old, new=new))


def policy_part(policy: Policy, stage: Stage) -> Json:
    """Pick what a stage reads of the policy: its gates and their limits; those who are asked to sign read it all."""
    if stage is not Stage.DATA_PREPARATION:
        return {} if stage in {Stage.IDEATION, Stage.RESEARCH} else policy.document
    required = policy.required_in(stage)
    limits = {code: dict(limits) for code, limits in policy.thresholds.items() if code in required}
    return plain({"required": required, "thresholds": limits, "warned_opens": policy.warned_opens})


def _parts(key: str) -> tuple[str, ...]:
    return (key,) if key.startswith(HOOKS_FILE) else tuple(key.split("."))


_PATTERNS = {_parts(key): stages for key, stages in READ_BY.items()}


def _fits(pattern: tuple[str, ...], parts: tuple[str, ...]) -> bool:
    return len(pattern) <= len(parts) and all(
        wanted in (ANY, part) for wanted, part in zip(pattern, parts, strict=False)
    )


def _leaves(project: Project) -> Iterator[tuple[str, Json]]:
    yield from _below("", _plain(project.charter))
    if project.hook_source is not None:
        for hook in project.hook_source.names:
            yield f"{HOOKS_FILE}: {hook}", str(project.hook_source.digest)


def _plain(charter: Charter) -> dict[str, Json]:
    said: dict[str, Json] = charter.model_dump(mode="json")
    return said


def _below(where: str, table: Mapping[str, Json]) -> Iterator[tuple[str, Json]]:
    for name, value in table.items():
        key = f"{where}.{name}" if where else name
        if isinstance(value, dict) and value:
            yield from _below(key, value)
        elif value not in (None, {}):
            yield key, value
