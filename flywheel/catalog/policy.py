"""Published policies: immutable, found by digest."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Mapped, Session, mapped_column

from flywheel.catalog.base import Base, Document, Projection
from flywheel.domain.events import Event, Verb
from flywheel.domain.policy import Policy, Tier
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


def read_policy(session: Session, digest: str) -> Policy:
    """Read a policy by its digest, and refuse one whose words are not those of the digest."""
    row = session.get(PolicyRow, digest)
    if row is None:
        raise NotFound("there is no such policy", found=digest)
    policy = policy_from(row.document)
    if policy.digest != digest:
        raise Tampered("a published policy is not what was published", found=policy.digest, allowed=digest)
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
    )


def _publish(session: Session, event: Event) -> None:
    document = event.payload["document"]
    assert isinstance(document, dict)
    session.add(
        PolicyRow(
            digest=event.subject_id, tier=str(document["tier"]), document=document, published_at=event.happened_at
        )
    )


PROJECTIONS: dict[Verb, Projection] = {Verb.POLICY_PUBLISHED: _publish}
