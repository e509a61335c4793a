"""Sign-offs: asked for, given by a proven person, weighed; every refusal has a reason and leaves an event."""

from __future__ import annotations

from flywheel.catalog.engine import Catalog, UnitOfWork
from flywheel.catalog.project import lock_project
from flywheel.catalog.signoff import request_of
from flywheel.catalog.version import VersionRecord, VersionState
from flywheel.domain.answer_words import FORM
from flywheel.domain.comments import kept_comment
from flywheel.domain.conditions import NONE, Conditions
from flywheel.domain.events import Draft, SubjectKind, Verb
from flywheel.domain.payloads.approval import SignoffRefused, SignoffRequested
from flywheel.domain.signoffs import Answer, Feedback, Role
from flywheel.domain.stages import Stage
from flywheel.domain.standing import Standing, standing_from
from flywheel.errors import Refused
from flywheel.services.approval import answer_words
from flywheel.services.approval.answering import (
    Capacity,
    Given,
    capacity_of,
    draft_of,
    proven,
    settle_words,
    weighed,
)
from flywheel.services.approval.matters import version_matter
from flywheel.services.people.identity import Identity
from flywheel.services.people.notary import notarised
from flywheel.services.people.proof import Proof, decide, short
from flywheel.services.record.ground import locked_version, proven_version
from flywheel.services.serving.upkeep import obey_standing
from flywheel.services.standing.reach import must_be_enforced
from flywheel.services.standing.waking import wake
from flywheel.services.standing.weighing import awaits_release, reproduction_lacks, standing_in
from flywheel.services.standing.worth_signing import judged_anew, vain
from flywheel.services.walk.cycles import send_back

_OVER = frozenset({VersionState.SUPERSEDED, VersionState.RETIRED})
"""A version that was taken back may be signed anew: it returns only through the door, with its incidents resolved."""

_ON_ITS_WAY = frozenset({Stage.VALIDATION, Stage.DELIVERY})


def request_signoff(catalog: Catalog, *, version: str, dossier_digest: str, run_id: str, actor: str) -> None:
    """Put a version into the inboxes of those who may sign it; a later run takes the question over."""
    with catalog.begin() as work:
        record = locked_version(work, version)
        if record.dossier_digest != dossier_digest:
            raise Refused(
                "this is not the version's present dossier", found=dossier_digest, allowed=record.dossier_digest or ""
            )
        known = request_of(work.session, version)
        if known and (known.dossier_digest, known.run_id) == (dossier_digest, run_id):
            return
        said = SignoffRequested(record.project, run_id)
        work.append(Draft(Verb.SIGNOFF_REQUESTED, actor, SubjectKind.VERSION, version, dossier_digest, said))


@notarised
def sign(
    catalog: Catalog,
    *,
    identity: Identity,
    version: str,
    dossier_digest: str,
    person: str,
    role: Role | None,
    answer: Answer,
    comment: str,
    code: str,
    channel: str,
    key: str,
    feedback: Feedback = Feedback.APPROVED,
    conditions: Conditions = NONE,
    words: str = "",
) -> Standing:
    """Take one person's decision; the same key again gives the same standing and counts nothing twice."""
    proof = Proof(identity, person, code, channel, key)
    given = Given(proof, dossier_digest, role, answer, comment, feedback, conditions, words)

    def refused(work: UnitOfWork, refusal: Refused) -> Draft:
        spent = settle_words(work, version, given)
        return refused_draft(work, version, proof, dossier_digest, refusal, answer.value, role=role, words_of=spent)

    return decide(catalog, proof, act=lambda work: _sign(work, version, given), refused=refused)


def standing_of(catalog: Catalog, *, version: str) -> Standing:
    """Say how far the signatures on the present dossier have come."""
    with catalog.look() as work:
        return standing_in(work, version)


def refused_draft(
    work: UnitOfWork,
    version: str,
    proof: Proof,
    digest: str,
    refusal: Refused,
    answer: str,
    *,
    role: Role | None = None,
    witness: str = "",
    words_of: str = "",
) -> Draft:
    """Write down an attempt that was refused, and why."""
    said = SignoffRefused(
        project=locked_version(work, version).project,
        person=short(proof.who),
        channel=short(proof.channel),
        answer=answer,
        reason=refusal.sentence(),
        role=role,
        witness=short(witness),
        words_of=words_of,
    )
    return Draft(Verb.SIGNOFF_REFUSED, short(proof.who), SubjectKind.VERSION, version, short(digest), said)


def _sign(work: UnitOfWork, version: str, given: Given) -> Standing:
    proof = given.proof
    words = kept_comment(given.comment)
    request: list[object] = ["sign", version, given.digest, proof.who, given.role, given.answer, words]
    if given.feedback is not Feedback.APPROVED or given.conditions != NONE:
        request += [given.feedback, given.conditions]
    record = proven_version(work, version)
    first = work.recall(proof.once("sign"), request)
    if first is not None:
        assert isinstance(first.value, dict)
        return standing_from(first.value)
    given = weighed(work, given)
    capacity = _check(work, record, given)
    matter = version_matter(work, record)
    saying = proven(work, matter, given, capacity)
    before = standing_in(work, version)
    event = work.append(draft_of(work, matter, given, capacity))
    work.enqueue("export_head", f"head:{event.sequence}", {"project": record.project})
    now = standing_in(work, version)
    if now.is_settled or proof.channel != FORM:
        wake(work, record, before=before, now=now, sequence=event.sequence)
    _return_for_rework(work, record, given)
    obey_standing(work, record.project, actor=proof.who)
    if proof.channel == FORM:
        key = str(event.sequence)
        answer_words.said_in_form(work, proof.identity, matter=matter, person=proof.who, saying=saying, key=key)
    work.remember(proof.once("sign"), request, now)
    return now


def _check(work: UnitOfWork, record: VersionRecord, given: Given) -> Capacity:
    if record.state is VersionState.RETIRED or (record.state in _OVER and not awaits_release(work, record)):
        raise Refused(
            f"{record.id} is {record.state.value} and accepts no sign-off any more", allowed="a newer version"
        )
    capacity = capacity_of(work, version_matter(work, record), given)
    must_be_enforced(work, record, given.conditions)
    if given.answer is Answer.APPROVE:
        _must_be_worth_it(work, record)
    return capacity


def _must_be_worth_it(work: UnitOfWork, record: VersionRecord) -> None:
    """Refuse an approval that would count for nothing, before anybody relies on it."""
    if lacks := reproduction_lacks(work, record):
        raise Refused(f"{record.id} cannot be approved yet: {lacks[0]}")
    if reasons := vain(work, record):
        raise Refused(f"{record.id} cannot be approved: {'; '.join(reasons)}", next_step=judged_anew(record.project))


def _return_for_rework(work: UnitOfWork, record: VersionRecord, given: Given) -> None:
    """Send the project back to research while this version is on its way; the run that waits has then ended."""
    row = lock_project(work.session, record.project)
    is_asked = request_of(work.session, record.id) is not None and awaits_release(work, record)
    if given.answer is Answer.REWORK and is_asked and Stage(row.stage) in _ON_ITS_WAY:
        reason = f"{record.id} was returned for rework by {given.proof.who}: {given.comment.strip()}"
        send_back(work, row, to=Stage.RESEARCH, reason=reason, actor=given.proof.who)
