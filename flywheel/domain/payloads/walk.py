"""What events about charters, cycles and stages say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from flywheel.domain.digests import Digest, Json
from flywheel.domain.policy import Tier
from flywheel.domain.signoffs import Role
from flywheel.domain.stages import CycleKind, Stage


@dataclass(frozen=True)
class CharterSubmitted:
    """A project's charter as it was submitted, with the hooks beside it."""

    title: str
    owner: str
    path: str
    tier: Tier
    charter_digest: Digest
    project_digest: Digest
    policy_digest: Digest
    document: Mapping[str, Json]
    stakeholders: Mapping[Role, tuple[str, ...]]
    hooks: str | None


@dataclass(frozen=True)
class CycleStarted:
    """A new walk begins, where and why, and with which model where it brings one."""

    cycle: int
    kind: CycleKind
    stage: Stage
    reason: str
    recipe: Mapping[str, Json] | None = None


@dataclass(frozen=True)
class StageBegun:
    """A run took a stage up."""

    stage: Stage
    cycle: int
    attempt: int
    run_id: str
    input_digest: str
    project_digest: str


@dataclass(frozen=True)
class StageWaiting:
    """A run waits for somebody."""

    stage: Stage
    cycle: int
    attempt: int
    run_id: str
    why: str


@dataclass(frozen=True)
class StageEnded:
    """A stage ended well, or was passed over because equal work had, and the project moves on."""

    stage: Stage
    cycle: int
    attempt: int
    run_id: str
    next: Stage
    input_digest: str
    output: Mapping[str, Json]


@dataclass(frozen=True)
class StageBlocked:
    """A stage's gate stayed closed, or only a person can mend what a run met."""

    stage: Stage
    cycle: int
    attempt: int
    run_id: str
    reasons: tuple[str, ...]
    output: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True)
class StageAbandoned:
    """A run died; another attempt goes on, or it was given up."""

    stage: Stage
    cycle: int
    attempt: int
    run_id: str
    reason: str
    gives_up: bool


@dataclass(frozen=True)
class ProjectMoved:
    """A project was sent back, or ended."""

    left: Stage
    to: Stage
    reason: str
