"""Breaking the glass: on the way without the quorum, by a named person before a witness, for hours, and paged."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from flywheel.catalog.engine import Catalog, UnitOfWork
from flywheel.catalog.glass import find_glass
from flywheel.catalog.person import find_person, roles_of
from flywheel.catalog.policy import read_policy
from flywheel.catalog.version import VersionRecord, VersionState
from flywheel.domain.comments import check_reason
from flywheel.domain.events import Draft, SubjectKind, Verb
from flywheel.domain.findings import MAX_TITLE, FindingKind, FindingSeverity
from flywheel.domain.payloads.approval import GlassBroken
from flywheel.domain.policy import BreakGlass
from flywheel.domain.signoffs import Role
from flywheel.domain.stages import Stage
from flywheel.domain.standing import Standing, standing_from
from flywheel.errors import Refused
from flywheel.services.approval.findings import NewFinding, add_finding
from flywheel.services.approval.signoffs import refused_draft
from flywheel.services.people.identity import Identity
from flywheel.services.people.notary import notarised
from flywheel.services.people.proof import Proof, decide, prove_both
from flywheel.services.record.ground import proven_version
from flywheel.services.serving.upkeep import ask_owner
from flywheel.services.standing.waking import wake
from flywheel.services.standing.weighing import gates_in, reproduction_lacks, standing_in

_BREAKABLE = frozenset({VersionState.CANDIDATE, VersionState.WITHDRAWN})


@notarised
def break_glass(
    catalog: Catalog,
    *,
    identity: Identity,
    version: str,
    person: str,
    code: str,
    witness: str,
    witness_code: str,
    reason: str,
    hours: int,
    channel: str,
    key: str,
) -> Standing:
    """Let a version go on without its missing signatures for some hours; no gate and no refusal is passed over."""
    proof = Proof(identity, person, code, channel, key)
    second = Proof(identity, witness, witness_code, channel, key)
    return decide(
        catalog,
        proof,
        act=lambda work: _break(work, version, proof, second, reason, hours),
        refused=lambda work, refusal: refused_draft(
            work, version, proof, "", refusal, "break_glass", witness=second.who
        ),
        also=second.who,
    )


def _break(work: UnitOfWork, version: str, proof: Proof, second: Proof, reason: str, hours: int) -> Standing:
    request = ["break_glass", version, proof.who, second.who, reason, hours]
    record = proven_version(work, version)
    first = work.recall(proof.once("break_glass"), request)
    if first is not None:
        assert isinstance(first.value, dict)
        return standing_from(first.value)
    why = check_reason(reason, what="breaking the glass")
    terms = _terms(work, record, hours)
    _must_be_people_who_may(work, record, proof.who, second.who, terms.role)
    _must_be_known_for_long(work, record, (proof.who, second.who))
    before = standing_in(work, version)
    _must_lack_signatures_alone(work, record, before)
    prove_both(work, proof, second)
    until_at = work.now + timedelta(hours=hours)
    opened = add_finding(work, record, found=_finding(record, proof, second.who, why, until_at), actor=proof.who)
    event = work.append(_broken(record, proof, second.who, why, until_at, opened.id))
    now = standing_in(work, version)
    lacking = ", ".join(f"{count} x {role.value}" for role, count in before.missing.items())
    cause = (
        f"{proof.who} broke the glass for {version} before {second.who}: {why}. "
        f"It may serve until {until_at:%Y-%m-%d %H:%M} UTC without {lacking}"
    )
    ask_owner(work, record.project, title="the glass was broken", cause=cause, actor=proof.who)
    wake(work, record, before=before, now=now, sequence=event.sequence)
    work.remember(proof.once("break_glass"), request, now)
    return now


def _terms(work: UnitOfWork, record: VersionRecord, hours: int) -> BreakGlass:
    terms = read_policy(work.session, record.policy_digest).break_glass
    if terms is None:
        raise Refused(f"the policy of {record.id} allows no breaking of the glass", next_step="get the signatures")
    if not 1 <= hours <= terms.at_most_hours:
        raise Refused("the glass is broken for too long", found=hours, allowed=f"1 to {terms.at_most_hours} hours")
    return terms


def _must_be_people_who_may(work: UnitOfWork, record: VersionRecord, person: str, witness: str, role: Role) -> None:
    if role not in roles_of(work.session, person=person, project=record.project, authors=record.authors):
        raise Refused(f"only the role {role.value} may break the glass here", found=person)
    if person == witness:
        raise Refused("the witness is another person", found=witness)
    if not roles_of(work.session, person=witness, project=record.project, authors=()):
        raise Refused(f"{witness} holds no role in {record.project} and is no witness")
    for one in (person, witness):
        if one in record.authors:
            raise Refused(f"{one} is an author of {record.id} and may not take part in breaking its glass")


def _must_be_known_for_long(work: UnitOfWork, record: VersionRecord, people: Iterable[str]) -> None:
    """Refuse a secret that is too new to sign with alone: whoever invites people could invent the witness."""
    seasoning = timedelta(days=read_policy(work.session, record.policy_digest).fresh_secret_days)
    for one in people:
        known = find_person(work.session, one)
        counts_at = known.enrolled_at + seasoning if known is not None and known.enrolled_at is not None else None
        if counts_at is not None and work.now < counts_at:
            raise Refused(
                f"the secret of {one} is new, and takes no part in breaking the glass before {counts_at:%Y-%m-%d}",
                next_step="somebody whose secret is older takes part, or get the signatures",
            )


def _must_lack_signatures_alone(work: UnitOfWork, record: VersionRecord, now: Standing) -> None:
    if record.state not in _BREAKABLE:
        raise Refused(f"{record.id} is {record.state.value}", allowed="a version that waits or was taken back")
    if record.dossier_digest is None:
        raise Refused("this version has no dossier yet", next_step="run validation first")
    if now.is_granted:
        raise Refused(f"nothing is missing: {record.id} is {now.sentence()}")
    if now.is_settled or now.major_by:
        raise Refused(f"breaking the glass overrides no refusal: {record.id} is {now.sentence()}")
    if find_glass(work.session, record.id) is not None:
        raise Refused(f"the glass of {record.id} was broken once already", next_step="get the signatures")
    decision = gates_in(work, record, stages=(Stage.VALIDATION,))
    if not decision.is_open:
        raise Refused(f"breaking the glass overrides no gate: {'; '.join(decision.reasons)}")
    if lacks := reproduction_lacks(work, record):
        raise Refused(f"breaking the glass replaces only signatures: {lacks[0]}")


def _finding(record: VersionRecord, proof: Proof, witness: str, reason: str, until_at: datetime) -> NewFinding:
    return NewFinding(
        version=record.id,
        title=f"the glass was broken by {proof.who} before {witness}"[:MAX_TITLE],
        kind=FindingKind.EXCEPTION,
        severity=FindingSeverity.HIGH,
        detail=reason,
        owner=proof.who,
        due_at=until_at,
    )


def _broken(record: VersionRecord, proof: Proof, witness: str, reason: str, until_at: datetime, finding: str) -> Draft:
    said = GlassBroken(record.project, proof.who, witness, reason, finding, until_at, proof.channel)
    return Draft(Verb.GLASS_BROKEN, proof.who, SubjectKind.VERSION, record.id, str(record.dossier_digest), said)
