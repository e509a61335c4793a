"""Withdrawals: a person takes an approval back, with a reason; what serves on it falls back to safety."""

from __future__ import annotations

from flywheel.catalog.engine import Catalog, UnitOfWork
from flywheel.catalog.signoff import signoffs_of
from flywheel.catalog.version import VersionRecord, VersionState
from flywheel.domain.comments import check_reason
from flywheel.domain.events import Draft, SubjectKind, Verb
from flywheel.domain.payloads.approval import SignoffWithdrawn
from flywheel.domain.signoffs import Answer, Signoff
from flywheel.domain.standing import Standing, standing_from
from flywheel.errors import Refused
from flywheel.services.approval.signoffs import refused_draft
from flywheel.services.people.identity import Identity
from flywheel.services.people.notary import notarised
from flywheel.services.people.proof import Proof, decide, prove
from flywheel.services.record.ground import locked_version
from flywheel.services.serving.upkeep import ask_owner, obey_standing
from flywheel.services.standing.waking import wake
from flywheel.services.standing.weighing import standing_in


@notarised
def withdraw(
    catalog: Catalog,
    *,
    identity: Identity,
    version: str,
    person: str,
    reason: str,
    code: str,
    channel: str,
    key: str,
) -> Standing:
    """Take one's own approval of the present dossier back; in business, the owner is asked and safety comes first."""
    proof = Proof(identity, person, code, channel, key)
    return decide(
        catalog,
        proof,
        act=lambda work: _withdraw(work, version, proof, reason),
        refused=lambda work, refusal: refused_draft(work, version, proof, "", refusal, "withdraw"),
    )


def _withdraw(work: UnitOfWork, version: str, proof: Proof, reason: str) -> Standing:
    request = ["withdraw", version, proof.who, reason]
    record = locked_version(work, version)
    first = work.recall(proof.once("withdraw"), request)
    if first is not None:
        assert isinstance(first.value, dict)
        return standing_from(first.value)
    why = check_reason(reason, what="withdrawing an approval")
    own = _own_approval(work, record, proof.who)
    prove(work, proof)
    before = standing_in(work, version)
    said = SignoffWithdrawn(record.project, proof.who, own.role, why, proof.channel)
    event = work.append(
        Draft(Verb.SIGNOFF_WITHDRAWN, proof.who, SubjectKind.VERSION, version, str(record.dossier_digest), said)
    )
    if record.state is VersionState.RELEASED:
        cause = f"{proof.who} ({own.role.value}) withdrew the approval of {version}: {why}"
        ask_owner(work, record.project, title="an approval was withdrawn", cause=cause, actor=proof.who)
    obey_standing(work, record.project, actor=proof.who)
    now = standing_in(work, version)
    wake(work, record, before=before, now=now, sequence=event.sequence)
    work.remember(proof.once("withdraw"), request, now)
    return now


def _own_approval(work: UnitOfWork, record: VersionRecord, person: str) -> Signoff:
    """Find the approval that stands; a later rejection has replaced it already."""
    given = [s for s in signoffs_of(work.session, record.id) if (s.digest, s.person) == (record.dossier_digest, person)]
    if not given or given[-1].answer is not Answer.APPROVE or given[-1].is_withdrawn:
        raise Refused(
            f"{person} has no valid approval of {record.id}",
            found=given[-1].answer.value if given and not given[-1].is_withdrawn else "withdrawn" if given else "none",
        )
    return given[-1]
