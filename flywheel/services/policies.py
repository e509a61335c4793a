"""Policies: published once, immutable, found by digest."""

from __future__ import annotations

from flywheel.catalog.engine import Catalog
from flywheel.catalog.policy import read_policy
from flywheel.domain.policy import Policy
from flywheel.services.projects import publish


def publish_policy(catalog: Catalog, *, policy: Policy, actor: str) -> str:
    """Publish a policy and give its digest; the same policy again changes nothing."""
    with catalog.begin() as work:
        publish(work, policy, actor=actor)
    return policy.digest


def policy_by_digest(catalog: Catalog, *, digest: str) -> Policy:
    """Read the policy that a version or project has pinned."""
    with catalog.begin() as work:
        return read_policy(work.session, digest)
