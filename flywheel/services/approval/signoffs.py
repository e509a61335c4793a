"""Sign-offs: asked for, given by a proven person, weighed; every refusal has a reason and leaves an event."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from flywheel.catalog.engine import Catalog, UnitOfWork
from flywheel.catalog.person import find_person, roles_of
from flywheel.catalog.project import lock_project
from flywheel.catalog.signoff import request_of, signoffs_of
from flywheel.catalog.version import VersionRecord, VersionState
from flywheel.domain.answer_words import FORM, Saying, saying_of
from flywheel.domain.answers import role_asked, weighed_answer
from flywheel.domain.authority import SIGNING, Permission, check_may
from flywheel.domain.changes_of_mind import check_may_answer, check_turn
from flywheel.domain.comments import kept_comment
from flywheel.domain.conditions import NONE, Conditions
from flywheel.domain.digests import Digest
from flywheel.domain.events import Draft, SubjectKind, Verb
from flywheel.domain.payloads.approval import SignoffGiven, SignoffRefused, SignoffRequested
from flywheel.domain.signoffs import Answer, Feedback, Role, check_may_sign
from flywheel.domain.stages import Stage
from flywheel.domain.standing import Standing, standing_from
from flywheel.errors import Refused
from flywheel.services.approval import answer_words
from flywheel.services.people.delegations import lent_roles
from flywheel.services.people.identity import Identity
from flywheel.services.people.notary import notarised
from flywheel.services.people.proof import Proof, decide, prove, short
from flywheel.services.record.ground import locked_version, proven_version
from flywheel.services.serving.upkeep import obey_standing
from flywheel.services.standing.reach import must_be_enforced
from flywheel.services.standing.waking import wake
from flywheel.services.standing.weighing import awaits_release, reproduction_lacks, standing_in, terms_of
from flywheel.services.standing.worth_signing import judged_anew, vain
from flywheel.services.walk.cycles import send_back

_OVER = frozenset({VersionState.SUPERSEDED, VersionState.RETIRED})
"""A version that was taken back may be signed anew: it returns only through the door, with its incidents resolved."""

_ON_ITS_WAY = frozenset({Stage.VALIDATION, Stage.DELIVERY})


@dataclass(frozen=True)
class _Asked:
    proof: Proof
    dossier_digest: str
    role: Role | None
    answer: Answer
    feedback: Feedback
    conditions: Conditions
    comment: str
    words: str
    unworded: list[Saying]
    """What was answered without its words, for whoever writes the refusal down."""

    @property
    def needs_words(self) -> bool:
        """Whether the answer came on a way on which others could have altered it."""
        return self.proof.channel == FORM and self.proof.identity.asks_words


@dataclass(frozen=True)
class _Capacity:
    """In which role somebody signs, and for whom."""

    role: Role
    on_behalf_of: str = ""


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
    asked = _Asked(proof, dossier_digest, role, answer, feedback, conditions, comment, words, [])

    def refused(work: UnitOfWork, refusal: Refused) -> Draft:
        for saying in asked.unworded:
            about = answer_words.Asked.of(work, locked_version(work, version), proof.who)
            answer_words.send_words_of(work, identity, about, saying)
        return refused_draft(work, version, proof, dossier_digest, refusal, answer.value, role=role)

    return decide(catalog, proof, act=lambda work: _sign(work, version, asked), refused=refused)


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
    )
    return Draft(Verb.SIGNOFF_REFUSED, short(proof.who), SubjectKind.VERSION, version, short(digest), said)


def _sign(work: UnitOfWork, version: str, asked: _Asked) -> Standing:
    proof = asked.proof
    words = kept_comment(asked.comment)
    request: list[object] = ["sign", version, asked.dossier_digest, proof.who, asked.role, asked.answer, words]
    if asked.feedback is not Feedback.APPROVED or asked.conditions != NONE:
        request += [asked.feedback, asked.conditions]
    record = proven_version(work, version)
    first = work.recall(proof.once, request)
    if first is not None:
        assert isinstance(first.value, dict)
        return standing_from(first.value)
    asked = _weighed(work, asked)
    capacity = _check(work, record, asked)
    prove(work, proof)
    saying = saying_of(asked.answer, feedback=asked.feedback, role=capacity.role, conditions=asked.conditions)
    if asked.needs_words:
        about = answer_words.Asked.of(work, record, proof.who)
        asked.unworded.append(saying)
        answer_words.must_be_worded(proof.identity, about, saying, typed=asked.words)
        asked.unworded.clear()
    before = standing_in(work, version)
    event = work.append(_given(work, record, asked, capacity))
    work.enqueue("export_head", f"head:{event.sequence}", {"project": record.project})
    now = standing_in(work, version)
    if now.is_settled or proof.channel != FORM:
        wake(work, record, before=before, now=now, sequence=event.sequence)
    _return_for_rework(work, record, asked)
    obey_standing(work, record.project, actor=proof.who)
    if proof.channel == FORM:
        key = str(event.sequence)
        answer_words.said_in_form(work, proof.identity, version=version, person=proof.who, saying=saying, key=key)
    work.remember(proof.once, request, now)
    return now


def _weighed(work: UnitOfWork, asked: _Asked) -> _Asked:
    said = weighed_answer(
        asked.answer, feedback=asked.feedback, conditions=asked.conditions, comment=asked.comment, now=work.now
    )
    return replace(asked, feedback=said.feedback, conditions=said.conditions, comment=said.comment)


def _check(work: UnitOfWork, record: VersionRecord, asked: _Asked) -> _Capacity:
    if record.state is VersionState.RETIRED or (record.state in _OVER and not awaits_release(work, record)):
        raise Refused(
            f"{record.id} is {record.state.value} and accepts no sign-off any more", allowed="a newer version"
        )
    held = roles_of(work.session, person=asked.proof.who, project=record.project, authors=record.authors)
    lent = lent_roles(work, record, asked.proof.who)
    asked = replace(asked, role=role_asked(asked.answer, asked.role, may={*held, *lent}))
    capacity = _capacity(work, record, asked, held, lent)
    _must_be_heard(work, record, asked, held)
    check_may_sign(
        person=asked.proof.who,
        role=capacity.role,
        roles={*held, capacity.role} if capacity.on_behalf_of else held,
        authors=record.authors,
        shown=Digest(asked.dossier_digest),
        current=record.dossier_digest,
        on_behalf_of=capacity.on_behalf_of,
    )
    check_may(Permission.SIGN, person=asked.proof.who, is_known=True, roles={capacity.role}, place=record.project)
    terms = terms_of(work, record, record.dossier_digest)
    assert terms is not None, "a version without a dossier was refused above"
    given = signoffs_of(work.session, record.id)
    check_may_answer(
        given, person=asked.proof.who, answer=asked.answer, feedback=asked.feedback, terms=terms, now=work.now
    )
    check_turn(standing_in(work, record.id), role=capacity.role, answer=asked.answer, terms=terms)
    must_be_enforced(work, record, asked.conditions)
    if asked.answer is Answer.APPROVE:
        _must_be_worth_it(work, record)
    return capacity


def _must_be_heard(work: UnitOfWork, record: VersionRecord, asked: _Asked, held: frozenset[Role]) -> None:
    """Refuse an answer in a role that is held by the word of an author of the version."""
    who = asked.proof.who
    named = roles_of(work.session, person=who, project=record.project, authors=()) - held
    if named and (asked.role in named or not held) and who not in record.authors:
        role = asked.role or min(named)
        raise Refused(
            f"{who} was named {role.value} by an author of {record.id}, or by somebody an author named, and "
            "may not judge that author's work",
            next_step=f"an administrator who is no author there gives the role too: `flywheel people grant {who} "
            f"--role {record.project}:{role.value}`",
        )


def _must_be_worth_it(work: UnitOfWork, record: VersionRecord) -> None:
    """Refuse an approval that would count for nothing, before anybody relies on it."""
    if lacks := reproduction_lacks(work, record):
        raise Refused(f"{record.id} cannot be approved yet: {lacks[0]}")
    if reasons := vain(work, record):
        raise Refused(f"{record.id} cannot be approved: {'; '.join(reasons)}", next_step=judged_anew(record.project))


def _capacity(
    work: UnitOfWork, record: VersionRecord, asked: _Asked, held: frozenset[Role], lent: Mapping[Role, str]
) -> _Capacity:
    """Take the role that was asked for, or the first whose turn it is; a role of one's own before a lent one."""
    now = standing_in(work, record.id)
    turns = [*sorted(now.awaited), *sorted(now.missing)]
    wanted = next((role for role in turns if role in held), None) or next((r for r in turns if r in lent), None)
    role = asked.role or wanted or min(held & SIGNING or held, default=min(lent, default=Role.VALIDATOR))
    return _Capacity(role, "" if role in held else lent.get(role, ""))


def _given(work: UnitOfWork, record: VersionRecord, asked: _Asked, capacity: _Capacity) -> Draft:
    same = [
        signoff
        for signoff in signoffs_of(work.session, record.id)
        if (signoff.digest, signoff.person, signoff.answer) == (record.dossier_digest, asked.proof.who, asked.answer)
    ]
    said = SignoffGiven(
        project=record.project,
        person=asked.proof.who,
        role=capacity.role,
        answer=asked.answer,
        comment=asked.comment,
        channel=asked.proof.channel,
        renewal=len(same),
        feedback=asked.feedback,
        conditions=asked.conditions,
        on_behalf_of=capacity.on_behalf_of,
        enrolled_at=_enrolled_at(work, asked.proof.who),
        with_words=asked.needs_words,
    )
    return Draft(Verb.SIGNOFF_GIVEN, asked.proof.who, SubjectKind.VERSION, record.id, str(record.dossier_digest), said)


def _enrolled_at(work: UnitOfWork, who: str) -> datetime:
    """Say when the secret came that just proved the person, which weighs while it is new."""
    known = find_person(work.session, who)
    if known is None or known.enrolled_at is None:
        raise Refused(f"nobody knows when {who} was enrolled", next_step="ask an administrator for an invitation")
    return known.enrolled_at


def _return_for_rework(work: UnitOfWork, record: VersionRecord, asked: _Asked) -> None:
    """Send the project back to research while this version is on its way; the run that waits has then ended."""
    row = lock_project(work.session, record.project)
    is_asked = request_of(work.session, record.id) is not None and awaits_release(work, record)
    if asked.answer is Answer.REWORK and is_asked and Stage(row.stage) in _ON_ITS_WAY:
        reason = f"{record.id} was returned for rework by {asked.proof.who}: {asked.comment.strip()}"
        send_back(work, row, to=Stage.RESEARCH, reason=reason, actor=asked.proof.who)
