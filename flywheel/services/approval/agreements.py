"""Agreements: what people agree on before anything is made, filed by the run that asks, and signed by proven people."""

from __future__ import annotations

from flywheel.adapters.git import Commits
from flywheel.catalog.agreement import find_agreement
from flywheel.catalog.engine import Catalog, UnitOfWork
from flywheel.catalog.project import lock_project
from flywheel.domain.answer_words import FORM
from flywheel.domain.comments import kept_comment
from flywheel.domain.digests import Digest
from flywheel.domain.events import Draft, SubjectKind, Verb
from flywheel.domain.payloads.approval import AgreementFiled, SignoffRefused
from flywheel.domain.signoffs import Answer, Role
from flywheel.domain.stages import Stage, check_open
from flywheel.domain.standing import Standing, standing_from
from flywheel.errors import Refused
from flywheel.project.agreed import agreed_digest
from flywheel.services.approval import answer_words
from flywheel.services.approval.answering import Given, capacity_of, draft_of, proven, settle_words, weighed
from flywheel.services.approval.matters import agreement_matter
from flywheel.services.people.authors import authorship_of
from flywheel.services.people.identity import Identity
from flywheel.services.people.notary import notarised
from flywheel.services.people.proof import Proof, decide, short
from flywheel.services.standing.agreements import wake
from flywheel.services.terms.charters import submitted


@notarised
def file_agreement(
    catalog: Catalog,
    *,
    project: str,
    project_digest: str,
    authors: tuple[str, ...],
    commits: Commits,
    run_id: str,
    actor: str,
) -> str:
    """Put what a charter asks people to agree on before them, and pin whose work it is; gives its digest.

    Authors are those named and all whom the record and git know to have had a hand in it; they can only grow.
    """
    with catalog.begin() as work:
        work.stand(lock_project(work.session, project).slug)
        digest = agreed_digest(submitted(work, project, project_digest))
        known = find_agreement(work.session, project, digest)
        reasons = authorship_of(work, project, named=authors, commits=commits).reasons
        had_a_hand = tuple(sorted({*(known.authors if known else ()), *reasons}))
        if known is None or (known.run_id, known.authors) != (run_id, had_a_hand):
            said = AgreementFiled(project, Digest(project_digest), had_a_hand, run_id)
            work.append(Draft(Verb.AGREEMENT_FILED, actor, SubjectKind.PROJECT, project, digest, said))
        return digest


@notarised
def sign_agreement(
    catalog: Catalog,
    *,
    identity: Identity,
    project: str,
    digest: str,
    person: str,
    role: Role | None,
    answer: Answer,
    comment: str,
    code: str,
    channel: str,
    key: str,
    words: str = "",
) -> Standing:
    """Take one person's word on what is agreed; the same key again gives the same standing and counts nothing twice."""
    proof = Proof(identity, person, code, channel, key)
    given = Given(proof, digest, role, answer, comment, words=words)

    def refused(work: UnitOfWork, refusal: Refused) -> Draft:
        spent = settle_words(work, project, given)
        return _refused(project, given, refusal, words_of=spent)

    return decide(catalog, proof, act=lambda work: _sign(work, project, given), refused=refused)


def _sign(work: UnitOfWork, project: str, given: Given) -> Standing:
    proof = given.proof
    words = kept_comment(given.comment)
    request = ["sign_agreement", project, given.digest, proof.who, given.role, given.answer, words]
    row = lock_project(work.session, project)
    work.stand(row.slug)
    first = work.recall(proof.once("sign_agreement"), request)
    if first is not None:
        assert isinstance(first.value, dict)
        return standing_from(first.value)
    check_open(Stage(row.stage), name=project)
    given = weighed(work, given)
    matter = agreement_matter(work, project)
    capacity = capacity_of(work, matter, given)
    saying = proven(work, matter, given, capacity)
    event = work.append(draft_of(work, matter, given, capacity))
    work.enqueue("export_head", f"head:{event.sequence}", {"project": project})
    now = agreement_matter(work, project).now
    if now.is_settled or proof.channel != FORM:
        wake(work, project, why=str(event.sequence))
    if proof.channel == FORM:
        key = str(event.sequence)
        answer_words.said_in_form(work, proof.identity, matter=matter, person=proof.who, saying=saying, key=key)
    work.remember(proof.once("sign_agreement"), request, now)
    return now


def _refused(project: str, given: Given, refusal: Refused, *, words_of: str) -> Draft:
    who = short(given.proof.who)
    said = SignoffRefused(
        project=project,
        person=who,
        channel=short(given.proof.channel),
        answer=given.answer.value,
        reason=refusal.sentence(),
        role=given.role,
        words_of=words_of,
    )
    return Draft(Verb.SIGNOFF_REFUSED, who, SubjectKind.PROJECT, project, short(given.digest), said)
