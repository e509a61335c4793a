"""What speaks for a version, read and weighed inside one transaction: its standing, and every reason against it."""

from __future__ import annotations

from datetime import timedelta

from flywheel.catalog.engine import UnitOfWork
from flywheel.catalog.gate import latest_results
from flywheel.catalog.policy import read_policy
from flywheel.catalog.signoff import signoffs_of
from flywheel.catalog.version import VersionRecord, read_version
from flywheel.domain.events import SubjectKind
from flywheel.domain.gates import decide
from flywheel.domain.signoffs import Answer, Standing, standing


def standing_in(work: UnitOfWork, version: str) -> Standing:
    """Weigh the sign-offs on the version's present dossier by its pinned policy; approvals expire, refusals do not."""
    record = read_version(work.session, version)
    policy = read_policy(work.session, record.policy_digest)
    if record.dossier_digest is None:
        return Standing(is_granted=False, missing=dict(policy.quorum), approved_by={})
    oldest = work.now - timedelta(days=policy.validity_days)
    valid = [
        signoff
        for signoff in signoffs_of(work.session, version)
        if signoff.answer is not Answer.APPROVE or signoff.signed_at >= oldest
    ]
    return standing(valid, quorum=policy.quorum, digest=record.dossier_digest, authors=record.authors)


def reasons_against(work: UnitOfWork, record: VersionRecord) -> tuple[str, ...]:
    """List everything that keeps a version from serving; nothing listed opens the door."""
    policy = read_policy(work.session, record.policy_digest)
    results = latest_results(work.session, subject_kind=SubjectKind.VERSION, subject_id=record.id)
    decision = decide(results, required=policy.required_for_release, warned_opens=policy.warned_opens)
    weighed = standing_in(work, record.id)
    return (*decision.reasons, *(() if weighed.is_granted else (f"sign-off: {weighed.sentence()}",)))
