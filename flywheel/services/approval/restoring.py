"""Restoring: a person says that what was wrong is put right, and a version that served before serves again."""

from __future__ import annotations

from flywheel.catalog.endpoint import EndpointRecord, read_endpoint
from flywheel.catalog.engine import Catalog, UnitOfWork
from flywheel.domain.authority import Permission
from flywheel.domain.comments import check_reason
from flywheel.services.approval.signoffs import refused_draft
from flywheel.services.people.authority import check_right
from flywheel.services.people.notary import notarised
from flywheel.services.people.proof import Proof, decide, prove
from flywheel.services.record.ground import proven_version
from flywheel.services.serving.releases import bring_back


@notarised
def restore(catalog: Catalog, *, version: str, reason: str, proof: Proof) -> EndpointRecord:
    """Bring a version back through the same door: its gates, its signatures and its findings are weighed anew.

    Whoever holds a role in the project may ask, its owner too: nothing opens that was not signed by others.
    """
    return decide(
        catalog,
        proof,
        act=lambda work: _restore(work, version, reason, proof),
        refused=lambda work, refusal: refused_draft(work, version, proof, "", refusal, "restore"),
    )


def _restore(work: UnitOfWork, version: str, reason: str, proof: Proof) -> EndpointRecord:
    request = ["restore", version, reason, proof.who]
    record = proven_version(work, version)
    if work.recall(proof.once("restore"), request) is not None:
        return read_endpoint(work.session, record.project)
    why = check_reason(reason, what="restoring a version")
    check_right(work, proof.who, Permission.RESTORE, project=record.project)
    prove(work, proof)
    endpoint = bring_back(work, record, reason=why, actor=proof.who)
    work.remember(proof.once("restore"), request, version)
    return endpoint
