"""Halting: a proven person has nobody answer under a project's name, neither the model nor the rule."""

from __future__ import annotations

from flywheel.catalog.endpoint import EndpointRecord, read_endpoint
from flywheel.catalog.engine import Catalog, UnitOfWork
from flywheel.catalog.project import lock_project
from flywheel.domain.authority import Permission
from flywheel.domain.comments import check_reason
from flywheel.domain.endpoints import EndpointMode
from flywheel.domain.events import Draft, SubjectKind, Verb
from flywheel.domain.payloads.approval import SignoffRefused
from flywheel.errors import Refused
from flywheel.services.people.authority import check_right
from flywheel.services.people.notary import notarised
from flywheel.services.people.proof import Proof, decide, prove, short
from flywheel.services.serving.releases import let_nobody_answer


@notarised
def halt(catalog: Catalog, *, project: str, reason: str, proof: Proof) -> EndpointRecord:
    """Stop the endpoint; what served returns through the door alone.

    Whoever holds a role in the project may ask, its owner too: it leads to safety.
    """
    return decide(
        catalog,
        proof,
        act=lambda work: _halt(work, project, reason, proof),
        refused=lambda work, refusal: _refused(work, project, proof, refusal),
    )


def _halt(work: UnitOfWork, project: str, reason: str, proof: Proof) -> EndpointRecord:
    request = ["halt", project, reason, proof.who]
    lock_project(work.session, project)
    present = read_endpoint(work.session, project)
    if work.recall(proof.once("halt"), request) is not None:
        return present
    why = check_reason(reason, what="stopping an endpoint")
    check_right(work, proof.who, Permission.STOP, project=project)
    if present.mode is EndpointMode.STOPPED:
        raise Refused(f"the endpoint of {project} is stopped already")
    prove(work, proof)
    stopped = let_nobody_answer(work, project, reason=why, incident=None, actor=proof.who)
    work.remember(proof.once("halt"), request, None)
    return stopped


def _refused(work: UnitOfWork, project: str, proof: Proof, refusal: Refused) -> Draft:
    lock_project(work.session, project)
    said = SignoffRefused(project, short(proof.who), short(proof.channel), "stop", refusal.sentence())
    return Draft(Verb.SIGNOFF_REFUSED, short(proof.who), SubjectKind.PROJECT, project, "", said)
