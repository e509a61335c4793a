"""What events about policies, waivers, findings and sign-offs say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from flywheel.domain.answer_words import FORM
from flywheel.domain.conditions import Conditions
from flywheel.domain.digests import Digest, Json
from flywheel.domain.findings import FindingKind, FindingSeverity
from flywheel.domain.policy import Tier
from flywheel.domain.policy_changes import ChangeState
from flywheel.domain.signoffs import Answer, Feedback, Role


@dataclass(frozen=True)
class PolicyPublished:
    """A policy stands: for a tier, or as one project tightened it for itself."""

    tier: Tier
    document: Mapping[str, Json]
    project: str
    editors: tuple[str, ...]
    commit: str
    gaps: tuple[str, ...]


@dataclass(frozen=True)
class PolicyChangeProposed:
    """Somebody asks for a weaker policy of a tier."""

    tier: Tier
    document: Mapping[str, Json]
    against: Digest
    weakenings: tuple[str, ...]
    editors: tuple[str, ...]
    reason: str


@dataclass(frozen=True)
class PolicyChangeDecided:
    """Somebody else accepted or rejected it."""

    tier: Tier
    state: ChangeState
    comment: str


@dataclass(frozen=True)
class PolicyChangeRefused:
    """Somebody could not propose a policy, or decide on one."""

    person: str
    reason: str


@dataclass(frozen=True)
class WaiverGranted:
    """A gate's finding is tolerated up to a day, and somebody answers for it."""

    project: str
    version: str
    code: str
    finding: str
    owner: str
    acknowledged_by: str
    reason: str
    until: date


@dataclass(frozen=True)
class WaiverEnded:
    """A waiver was taken back before its day."""

    project: str
    waiver: str
    reason: str


@dataclass(frozen=True)
class WaiverRefused:
    """Somebody could not waive a finding, or end a waiver."""

    project: str
    person: str
    reason: str
    gate: str = ""
    finding: str = ""
    waiver: str = ""


@dataclass(frozen=True)
class AgreementFiled:
    """What is agreed in a project's charter waits for people, and a run waits with it."""

    project: str
    project_digest: Digest
    authors: tuple[str, ...]
    """Who had a hand in the charter: none of them signs it."""
    run_id: str


@dataclass(frozen=True)
class SignoffRequested:
    """A version waits for people, and a run waits with it."""

    project: str
    run_id: str


@dataclass(frozen=True)
class SignoffGiven:
    """A person decided on exactly the dossier that the event names."""

    project: str
    person: str
    role: Role
    answer: Answer
    comment: str
    channel: str
    renewal: int
    feedback: Feedback
    conditions: Conditions
    on_behalf_of: str
    enrolled_at: datetime
    with_words: bool = False
    """Whether words of this very answer came with it, without which a form proves who answers and not what."""

    @property
    def is_proven(self) -> bool:
        """Whether what was answered is proven, and not only who answered."""
        return self.with_words or self.channel != FORM


@dataclass(frozen=True)
class SignoffWithdrawn:
    """A person took an approval back."""

    project: str
    person: str
    role: Role
    reason: str
    channel: str


@dataclass(frozen=True)
class SignoffRefused:
    """Somebody's word on a version or an endpoint was not taken, and why."""

    project: str
    person: str
    channel: str
    answer: str
    reason: str
    role: Role | None = None
    witness: str = ""
    words_of: str = ""
    """About which dossier words of this person's came with it: none that they were sent until then counts any more."""


@dataclass(frozen=True)
class GlassBroken:
    """A person let a version go on without its missing signatures, before a witness, for some hours."""

    project: str
    person: str
    witness: str
    reason: str
    finding: str
    until_at: datetime
    channel: str


@dataclass(frozen=True)
class FindingOpened:
    """Somebody found something about a version."""

    project: str
    version: str
    kind: FindingKind
    severity: FindingSeverity
    title: str
    detail: str
    owner: str
    due_at: datetime | None


@dataclass(frozen=True)
class FindingAccepted:
    """A named person bears the risk until a day."""

    project: str
    version: str
    reason: str
    owner: str
    acknowledged_by: str
    until_at: datetime


@dataclass(frozen=True)
class FindingClosed:
    """A finding is settled."""

    project: str
    version: str
    reason: str
