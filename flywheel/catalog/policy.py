"""Published policies: immutable, found by digest."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Mapped, Session, mapped_column

from flywheel.catalog.base import Base, Document, Projection
from flywheel.catalog.shelf import Shelf
from flywheel.domain.digests import Digest, Json
from flywheel.domain.events import Event, Verb
from flywheel.domain.payloads.approval import PolicyChangeDecided, PolicyChangeProposed, PolicyPublished
from flywheel.domain.policy import BreakGlass, Policy, Tier
from flywheel.domain.policy_changes import ChangeState
from flywheel.domain.signoffs import Role
from flywheel.domain.stages import Stage
from flywheel.errors import NotFound, Tampered


class PolicyRow(Base):
    """A policy as it was published."""

    __tablename__ = "policy"

    digest: Mapped[str] = mapped_column(primary_key=True)
    tier: Mapped[str]
    document: Mapped[Document]
    published_at: Mapped[datetime]


class PolicyInForceRow(Base):
    """The policy that a tier's projects are submitted under; the row that every change of that tier locks first."""

    __tablename__ = "policy_in_force"

    tier: Mapped[str] = mapped_column(primary_key=True)
    digest: Mapped[str]
    since_at: Mapped[datetime]


class PolicyChangeRow(Base):
    """A weaker policy that somebody proposed, and what became of it."""

    __tablename__ = "policy_change"

    sequence: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    tier: Mapped[str]
    digest: Mapped[str]
    against: Mapped[str]
    document: Mapped[Document]
    weakenings: Mapped[list[Json]]
    editors: Mapped[list[Json]]
    reason: Mapped[str]
    proposed_at: Mapped[datetime]
    state: Mapped[str]
    decided_by: Mapped[str | None]
    decided_at: Mapped[datetime | None]


@dataclass(frozen=True)
class PolicyChange:
    """A proposal to weaken a tier's policy."""

    tier: Tier
    digest: Digest
    against: Digest
    weakenings: tuple[str, ...]
    editors: tuple[str, ...]
    reason: str
    proposed_at: datetime
    state: ChangeState
    decided_by: str | None
    policy: Policy


def policy_in_force(session: Session, tier: Tier, *, is_locked: bool = False) -> Policy | None:
    """Read the policy that is in force for a tier, if any was ever published."""
    row = session.get(PolicyInForceRow, tier.value, with_for_update=is_locked, populate_existing=True)
    return read_policy(session, row.digest) if row else None


def read_changes(session: Session, *, tier: Tier | None = None) -> tuple[PolicyChange, ...]:
    """List proposals, the newest first."""
    query = select(PolicyChangeRow).order_by(PolicyChangeRow.sequence.desc())
    if tier is not None:
        query = query.where(PolicyChangeRow.tier == tier.value)
    return tuple(_change_of(row) for row in session.scalars(query))


def read_policy(session: Session, digest: str) -> Policy:
    """Read a policy by its digest, and refuse one whose words are not those of the digest."""
    row = session.get(PolicyRow, digest)
    if row is None:
        raise NotFound("there is no such policy", found=digest)
    policy = policy_from(row.document)
    if policy.digest != digest:
        raise Tampered("a published policy was altered", found=policy.digest, allowed=digest)
    return policy


def is_published(session: Session, digest: str) -> bool:
    """Whether this policy is known."""
    return session.get(PolicyRow, digest) is not None


def document_of(policy: Policy) -> Document:
    """Write a policy as plain values."""
    return policy.document


def policy_from(document: dict[str, Any]) -> Policy:
    """Read a policy from plain values."""
    return Policy(
        tier=Tier(document["tier"]),
        required={Stage(stage): frozenset(codes) for stage, codes in document["required"].items()},
        quorum={Role(role): int(count) for role, count in document["quorum"].items()},
        warned_opens=bool(document["warned_opens"]),
        validity_days=int(document["validity_days"]),
        thresholds=document.get("thresholds", {}),
        final_approver=Role(document["final_approver"]) if document.get("final_approver") else None,
        break_glass=BreakGlass(Role(glass["role"]), int(glass["at_most_hours"]))
        if (glass := document.get("break_glass"))
        else None,
        must_be_reproduced=bool(document.get("must_be_reproduced", False)),
        fresh_secret_days=int(document.get("fresh_secret_days", 0)),
        agreement={Role(role): int(count) for role, count in document.get("agreement", {}).items()},
        agreement_where_watched={
            Role(role): int(count) for role, count in document.get("agreement_where_watched", {}).items()
        },
    )


def _change_of(row: PolicyChangeRow) -> PolicyChange:
    return PolicyChange(
        Tier(row.tier),
        Digest(row.digest),
        Digest(row.against),
        tuple(map(str, row.weakenings)),
        tuple(map(str, row.editors)),
        row.reason,
        row.proposed_at,
        ChangeState(row.state),
        row.decided_by,
        policy_from(row.document),
    )


def _publish(shelf: Shelf, event: Event, said: PolicyPublished) -> None:
    if shelf.get(PolicyRow, event.subject_id) is None:
        shelf.add(
            PolicyRow(
                digest=event.subject_id,
                tier=said.tier.value,
                document=dict(said.document),
                published_at=event.happened_at,
            )
        )
    if not said.project:  # one that a project tightened for itself is in force nowhere else
        shelf.put(PolicyInForceRow(tier=said.tier.value, digest=event.subject_id, since_at=event.happened_at))


def _propose(shelf: Shelf, event: Event, said: PolicyChangeProposed) -> None:
    shelf.add(
        PolicyChangeRow(
            sequence=event.sequence,
            tier=said.tier.value,
            digest=event.subject_id,
            against=said.against,
            document=dict(said.document),
            weakenings=list(said.weakenings),
            editors=list(said.editors),
            reason=said.reason,
            proposed_at=event.happened_at,
            state=ChangeState.WAITING.value,
        )
    )


def _decide(shelf: Shelf, event: Event, said: PolicyChangeDecided) -> None:
    for row in shelf.find(PolicyChangeRow, digest=event.subject_id, state=ChangeState.WAITING.value):
        row.state = said.state.value
        row.decided_by, row.decided_at = event.actor, event.happened_at


PROJECTIONS: dict[Verb, Projection] = {
    Verb.POLICY_PUBLISHED: _publish,
    Verb.POLICY_CHANGE_PROPOSED: _propose,
    Verb.POLICY_CHANGE_DECIDED: _decide,
}
