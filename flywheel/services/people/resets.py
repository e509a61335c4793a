"""Resets: a new secret by the old code, a recovery code, or two administrators who are authors of nothing here."""

from __future__ import annotations

from datetime import timedelta

from flywheel.catalog.credential import find_invitation, hold_secret, is_recovery_code
from flywheel.catalog.engine import Catalog, UnitOfWork
from flywheel.catalog.event import events_of
from flywheel.catalog.person import Person, find_person, places_of
from flywheel.domain.authority import Permission
from flywheel.domain.events import Draft, SubjectKind, Verb
from flywheel.domain.payloads.people import PersonResetAsked
from flywheel.errors import Refused
from flywheel.services.people.authority import admit, authors_in, check_right, refused_act
from flywheel.services.people.enrolment import Enrolment, How, Invitation, enrol_in, invite_in
from flywheel.services.people.identity import Identity, accept, accepted_step, code_refused, refuse_locked
from flywheel.services.people.notary import notarised
from flywheel.services.people.proof import Proof, decide
from flywheel.services.people.telling import Word, tell

CONSENT_HOLDS = timedelta(days=7)


@notarised
def renew(catalog: Catalog, *, proof: Proof, recovery_code: str = "") -> Enrolment:
    """Take a new secret in place of one's own, by its code or by a recovery code; whoever is locked waits first."""

    def act(work: UnitOfWork) -> Enrolment:
        row = hold_secret(work.session, proof.who) if "\x00" not in proof.who else None
        if row is None:
            raise Refused("nobody of this name is enrolled", found=proof.who, next_step="ask for an invitation")
        refuse_locked(row, now=work.now)
        if recovery_code:
            digest = proof.identity.digest_of_token(proof.who, recovery_code)
            if not is_recovery_code(work.session, person=proof.who, digest=digest):
                what = f"this is not an unused recovery code of {proof.who}"
                raise code_refused(what, person=proof.who, next_step="use one that was shown at your enrolment")
        else:
            accept(row, step=accepted_step(proof.identity, row, code=proof.code, now=work.now))
        how = How.RECOVERY_CODE if recovery_code else How.OLD_CODE
        return enrol_in(work, proof.identity, person=proof.who, name=_known(work, proof.who).name, how=how)

    return decide(catalog, proof, act=act, refused=lambda _, why: refused_act(proof, Permission.RESET, why))


@notarised
def consent(catalog: Catalog, *, identity: Identity, person: str, proof: Proof) -> Invitation | None:
    """Consent to a person's new secret as an administrator; the second one's consent makes an invitation.

    The old secret holds until the person redeems it, and the person is told at once.
    """
    who = person.strip().casefold()

    def act(work: UnitOfWork) -> Invitation | None:
        find_invitation(work.session, who)
        work.stand("*")
        known = _known(work, who)
        _must_be_uninvolved(work, who, proof.who)
        admit(work, proof, Permission.RESET)
        before = _consents(work, who)
        if proof.who in before:
            raise Refused(f"{proof.who} has consented already", next_step="ask another administrator")
        work.append(Draft(Verb.PERSON_RESET_ASKED, proof.who, SubjectKind.PERSON, who, "", PersonResetAsked()))
        word = Word(
            "Flywheel: somebody asks for a new secret of yours",
            f"{proof.who} consents to a new secret of {who}. If you did not ask for it, tell an administrator at once.",
        )
        tell(work, identity, person=who, word=word, key=f"{proof.who}:{work.now.isoformat()}")
        if not before:
            return None
        both = f"{min(before)} and {proof.who}"
        return invite_in(work, identity, person=who, name=known.name, how=How.ADMINISTRATORS, actor=both)

    return decide(catalog, proof, act=act, refused=lambda _, why: refused_act(proof, Permission.RESET, why))


def _consents(work: UnitOfWork, person: str) -> frozenset[str]:
    """Name whose consent holds: given lately, since the person's present secret, by who may still give it."""
    enrolled = events_of(work.session, verb=Verb.PERSON_ENROLLED, subject_id=person)
    invited = events_of(work.session, verb=Verb.PERSON_INVITED, subject_id=person)
    since = max((event.sequence for event in (*enrolled, *invited)), default=0)
    asked = events_of(work.session, verb=Verb.PERSON_RESET_ASKED, subject_id=person)
    given = [one for one in asked if one.sequence > since and work.now - one.happened_at < CONSENT_HOLDS]
    return frozenset(one.actor for one in given if _may_still(work, person, one.actor))


def _may_still(work: UnitOfWork, person: str, administrator: str) -> bool:
    try:
        check_right(work, administrator, Permission.RESET, project="*")
        _must_be_uninvolved(work, person, administrator)
    except Refused:
        return False
    return True


def _must_be_uninvolved(work: UnitOfWork, person: str, administrator: str) -> None:
    if administrator == person:
        raise Refused("nobody may consent to their own reset", found=person, next_step="ask two other administrators")
    if administrator in authors_in(work, places_of(work.session, person)):
        raise Refused(
            f"{administrator} is an author of what {person} may sign and may not take part in their new secret",
            next_step="ask an administrator who is no author",
        )


def _known(work: UnitOfWork, who: str) -> Person:
    known = find_person(work.session, who) if "\x00" not in who else None
    if known is None or known.enrolled_at is None:
        raise Refused("nobody of this name is enrolled", found=who, next_step="`flywheel people list`")
    return known
