"""Delegations: a holder of a role lends it to another person for a time; authors neither give nor receive."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from flywheel.catalog.delegation import delegations_in
from flywheel.catalog.engine import Catalog, UnitOfWork
from flywheel.catalog.person import find_person, roles_of
from flywheel.catalog.project import lock_project, read_project
from flywheel.catalog.version import read_versions
from flywheel.domain.comments import check_reason
from flywheel.domain.delegations import Delegation, check_may_delegate, lent_to
from flywheel.domain.events import Draft, SubjectKind, Verb
from flywheel.domain.payloads.people import DelegationEnded, DelegationGiven, DelegationRefused
from flywheel.domain.signoffs import Role
from flywheel.errors import Refused
from flywheel.services.people.identity import Identity
from flywheel.services.people.notary import notarised
from flywheel.services.people.proof import Proof, decide, prove, short

__all__ = ["Delegation", "delegate", "end_delegation", "lent_roles", "list_delegations"]


@notarised
def delegate(
    catalog: Catalog,
    *,
    identity: Identity,
    project: str,
    role: Role,
    giver: str,
    receiver: str,
    until_at: datetime,
    reason: str,
    code: str,
    channel: str,
    key: str,
    since_at: datetime | None = None,
) -> Delegation:
    """Lend a role that one holds; each sign-off that is given with it says for whom."""
    proof = Proof(identity, giver, code, channel, key)

    def act(work: UnitOfWork) -> Delegation:
        lock_project(work.session, project)
        begin_at = since_at or work.now
        asked = Delegation(project, role, proof.who, receiver.strip().casefold(), begin_at, until_at, reason.strip())
        return _delegate(work, proof, asked, is_now=since_at is None)

    return decide(catalog, proof, act=act, refused=lambda work, refusal: _refused(work, project, role, proof, refusal))


@notarised
def end_delegation(
    catalog: Catalog,
    *,
    identity: Identity,
    project: str,
    role: Role,
    giver: str,
    receiver: str,
    code: str,
    channel: str,
    key: str,
) -> None:
    """Take a lent role back before its time; what was signed with it stands."""
    proof, who = Proof(identity, giver, code, channel, key), receiver.strip().casefold()

    def act(work: UnitOfWork) -> None:
        lock_project(work.session, project)
        request = ["end_delegation", project, role, proof.who, who]
        if work.recall(proof.once("end_delegation"), request) is not None:
            return
        known = [(one.role, one.giver, one.receiver) for one in delegations_in(work.session, project)]
        if (role, proof.who, who) not in known:
            raise Refused(f"{proof.who} has not delegated {role.value} to that person", found=receiver)
        prove(work, proof)
        said = DelegationEnded(project, role, who)
        work.append(Draft(Verb.DELEGATION_ENDED, proof.who, SubjectKind.PERSON, proof.who, "", said))
        work.remember(proof.once("end_delegation"), request, None)

    decide(catalog, proof, act=act, refused=lambda work, refusal: _refused(work, project, role, proof, refusal))


def list_delegations(catalog: Catalog, *, project: str) -> tuple[Delegation, ...]:
    """List what was ever lent in a project, in order."""
    with catalog.begin() as work:
        read_project(work.session, project)
        return delegations_in(work.session, project)


def _delegate(work: UnitOfWork, proof: Proof, asked: Delegation, *, is_now: bool) -> Delegation:
    row = lock_project(work.session, asked.project)
    work.stand(asked.project)
    begin = "now" if is_now else asked.since_at
    request = ["delegate", asked.project, asked.role, asked.giver, asked.receiver, begin, asked.until_at, asked.reason]
    first = work.recall(proof.once("delegate"), request)
    if first is not None:
        known = (one for one in delegations_in(work.session, asked.project) if _is_same(one, asked))
        return next(known, asked)  # it was given, and has been ended since
    asked = replace(asked, reason=check_reason(asked.reason, what="a delegation"))
    newest = read_versions(work.session, asked.project)[:1]
    authors = {row.owner, *(author for version in newest for author in version.authors)}
    check_may_delegate(
        asked,
        giver_roles=roles_of(work.session, person=asked.giver, project=asked.project, authors=authors),
        authors=authors,
        is_known=find_person(work.session, asked.receiver) is not None,
        now=work.now,
    )
    prove(work, proof)
    said = DelegationGiven(
        asked.project, asked.role, asked.receiver, asked.since_at, asked.until_at, asked.reason, proof.channel
    )
    work.append(Draft(Verb.DELEGATION_GIVEN, asked.giver, SubjectKind.PERSON, asked.giver, "", said))
    work.remember(proof.once("delegate"), request, None)
    return asked


def _is_same(one: Delegation, asked: Delegation) -> bool:
    mine = (asked.role, asked.giver, asked.receiver, asked.until_at)
    return (one.role, one.giver, one.receiver, one.until_at) == mine


def _refused(work: UnitOfWork, project: str, role: Role, proof: Proof, refusal: Refused) -> Draft:
    lock_project(work.session, project)
    said = DelegationRefused(project, role, refusal.sentence())
    return Draft(Verb.DELEGATION_REFUSED, short(proof.who), SubjectKind.PERSON, short(proof.who), "", said)


def lent_roles(work: UnitOfWork, *, project: str, authors: Collection[str], person: str) -> dict[Role, str]:
    """Give the roles that others lend a person for what these authors made, each with the first who does."""
    lent: dict[Role, str] = {}
    for one in lent_to(delegations_in(work.session, project), person=person, now=work.now):
        if one.role in roles_of(work.session, person=one.giver, project=project, authors=authors):
            lent.setdefault(one.role, one.giver)
    return lent
