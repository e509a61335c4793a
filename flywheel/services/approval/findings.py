"""Findings: opened by anybody with a role, settled by a validator alone, and heeded at the door."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from flywheel.catalog.engine import Catalog, UnitOfWork
from flywheel.catalog.finding import next_number, no_such_finding, read_finding, read_findings
from flywheel.catalog.person import roles_of
from flywheel.catalog.version import VersionRecord, read_version
from flywheel.domain.authority import Permission
from flywheel.domain.comments import check_reason, plain_comment
from flywheel.domain.digests import plain
from flywheel.domain.events import Draft, SubjectKind, Verb
from flywheel.domain.findings import (
    Finding,
    FindingKind,
    FindingSeverity,
    check_acceptance,
    check_may_settle,
    check_title,
)
from flywheel.domain.payloads.approval import FindingAccepted, FindingClosed, FindingOpened
from flywheel.services.approval.signoffs import refused_draft
from flywheel.services.people.authority import check_right
from flywheel.services.people.notary import notarised
from flywheel.services.people.ownership import prove_with_owner
from flywheel.services.people.proof import Proof, decide, prove
from flywheel.services.record.ground import locked_version, proven_version

SETTLING = "settling a finding"


@dataclass(frozen=True)
class NewFinding:
    """What somebody found."""

    version: str
    title: str
    kind: FindingKind = FindingKind.ISSUE
    severity: FindingSeverity = FindingSeverity.MEDIUM
    detail: str = ""
    owner: str = ""
    due_at: datetime | None = None


@notarised
def open_finding(catalog: Catalog, *, found: NewFinding, proof: Proof) -> Finding:
    """Write a finding down; whoever holds a role in the project may."""

    def act(work: UnitOfWork) -> Finding:
        request: list[object] = ["open_finding", plain(found), proof.who]
        record = locked_version(work, found.version)
        first = work.recall(proof.once("open_finding"), request)
        if first is not None:
            return read_finding(work.session, str(first.value))
        check_right(work, proof.who, Permission.OPEN_FINDING, project=record.project)
        prove(work, proof)
        opened = add_finding(work, record, found=found, actor=proof.who)
        work.remember(proof.once("open_finding"), request, opened.id)
        return opened

    return _decided(catalog, found.version, proof, "open a finding", act)


@notarised
def accept_finding(
    catalog: Catalog, *, finding: str, owner: str, until_at: datetime, reason: str, proof: Proof, owner_code: str = ""
) -> Finding:
    """Let a validator say that a named person bears the risk until a day; after it, the finding is open again.

    That person, if another than the validator, shows a code as well.
    """

    def act(work: UnitOfWork) -> Finding:
        request: list[object] = ["accept_finding", finding, owner, until_at.isoformat(), reason, proof.who]
        present, is_repeated = _to_settle(work, finding, proof, request)
        if is_repeated:
            return present
        check_acceptance(present, owner=owner, until_at=until_at, now=work.now)
        why = check_reason(reason, what=SETTLING)
        who = prove_with_owner(work, proof, owner=owner, owner_code=owner_code, project=present.project)
        said = FindingAccepted(present.project, present.version, why, who, who, until_at)
        return _settled(work, Verb.FINDING_ACCEPTED, present, proof, said, request)

    return _decided(catalog, version_of(finding), proof, "accept a finding", act, also=owner)


@notarised
def close_finding(catalog: Catalog, *, finding: str, reason: str, proof: Proof) -> Finding:
    """Let a validator say that a finding is settled, and how."""

    def act(work: UnitOfWork) -> Finding:
        request: list[object] = ["close_finding", finding, reason, proof.who]
        present, is_repeated = _to_settle(work, finding, proof, request)
        if is_repeated:
            return present
        why = check_reason(reason, what=SETTLING)
        prove(work, proof)
        said = FindingClosed(present.project, present.version, why)
        return _settled(work, Verb.FINDING_CLOSED, present, proof, said, request)

    return _decided(catalog, version_of(finding), proof, "close a finding", act)


def findings_of(catalog: Catalog, *, version: str) -> tuple[Finding, ...]:
    """List the findings on a version, oldest first."""
    with catalog.begin() as work:
        read_version(work.session, version)
        return read_findings(work.session, version)


def add_finding(work: UnitOfWork, record: VersionRecord, *, found: NewFinding, actor: str) -> Finding:
    """Write a finding down within a decision that is under way; the project's row is locked by the caller."""
    detail = plain_comment(found.detail)
    identity = finding_id(work, record)
    said = FindingOpened(
        project=record.project,
        version=record.id,
        kind=found.kind,
        severity=found.severity,
        title=check_title(found.title),
        detail=detail.strip(),
        owner=found.owner.strip().casefold(),
        due_at=found.due_at,
    )
    work.append(Draft(Verb.FINDING_OPENED, actor, SubjectKind.FINDING, identity, record.model_digest, said))
    return read_finding(work.session, identity)


def finding_id(work: UnitOfWork, record: VersionRecord) -> str:
    """Name the next finding on a version; the project's row is locked by the caller."""
    return f"{record.id}-finding-{next_number(work.session, record.id)}"


def version_of(finding: str) -> str:
    """Tell from a finding's id which version it is about."""
    return finding.rpartition("-finding-")[0]


def _to_settle(work: UnitOfWork, finding: str, proof: Proof, request: list[object]) -> tuple[Finding, bool]:
    if not version_of(finding):
        raise no_such_finding(finding)
    record = proven_version(work, version_of(finding))
    present = read_finding(work.session, finding)
    if work.recall(proof.once("settle_finding"), request) is not None:
        return present, True
    roles = roles_of(work.session, person=proof.who, project=record.project, authors=record.authors)
    check_may_settle(present, person=proof.who, roles=roles, authors=record.authors)
    return present, False


def _settled(
    work: UnitOfWork,
    verb: Verb,
    finding: Finding,
    proof: Proof,
    said: FindingAccepted | FindingClosed,
    request: list[object],
) -> Finding:
    work.append(Draft(verb, proof.who, SubjectKind.FINDING, finding.id, "", said))
    work.remember(proof.once("settle_finding"), request, finding.id)
    return read_finding(work.session, finding.id)


def _decided(
    catalog: Catalog, version: str, proof: Proof, answer: str, act: Callable[[UnitOfWork], Finding], *, also: str = ""
) -> Finding:
    return decide(
        catalog,
        proof,
        act=act,
        refused=lambda work, refusal: refused_draft(work, version, proof, "", refusal, answer),
        also=also,
    )
