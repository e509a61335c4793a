"""Enrolment: a person comes to a secret and recovery codes of their own, which nobody else ever sees."""

from __future__ import annotations

import base64
import secrets
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from flywheel.catalog.credential import end_sessions, put_invitation, put_recovery_codes, put_secret
from flywheel.catalog.engine import UnitOfWork
from flywheel.domain.events import Draft, SubjectKind, Verb
from flywheel.domain.payloads.people import PersonEnrolled, PersonInvited
from flywheel.services.people.identity import Identity, enrolment_uri, new_secret
from flywheel.services.people.telling import Word, tell

RECOVERY_CODES = 8
TOKEN_BYTES, CODE_BYTES = 20, 10


class How(StrEnum):
    """By what a person came to the secret that they hold."""

    FOUNDING = "setting up this installation"
    INVITATION = "an invitation"
    OLD_CODE = "the old code"
    RECOVERY_CODE = "a recovery code"
    ADMINISTRATORS = "two administrators"


@dataclass(frozen=True)
class Enrolment:
    """What a person sets up an authenticator with, and what helps where it is lost; shown once, to that person."""

    person: str
    secret: str = field(repr=False)
    uri: str = field(repr=False)
    recovery_codes: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True)
class Invitation:
    """A one-time invitation; its token is empty where it was sent to the person alone."""

    person: str
    token: str = field(repr=False)
    until_at: datetime


def enrol_in(work: UnitOfWork, identity: Identity, *, person: str, name: str, how: How) -> Enrolment:
    """Give a person a new secret in place of any old one; sessions end, wrong codes and a lock stay."""
    secret = new_secret()
    codes = tuple(_drawn(CODE_BYTES) for _ in range(RECOVERY_CODES))
    put_secret(work.session, person=person, secret=identity.sealed_secret(person, secret))
    put_recovery_codes(
        work.session, person=person, digests=tuple(identity.digest_of_token(person, code) for code in codes)
    )
    end_sessions(work.session, person=person)
    word = Word(
        "Flywheel: you have a new secret",
        f"{person} was given a new secret for one-time codes by {how.value} at {work.now:%Y-%m-%d %H:%M} UTC. "
        "If that was not you, tell an administrator and the owner of your models at once.",
    )
    is_told = tell(work, identity, person=person, word=word, key=work.now.isoformat())
    said = PersonEnrolled(name, how.value, is_told)
    work.append(Draft(Verb.PERSON_ENROLLED, person, SubjectKind.PERSON, person, "", said))
    return Enrolment(person, secret, enrolment_uri(identity, person=person, secret=secret), codes)


def invite_in(work: UnitOfWork, identity: Identity, *, person: str, name: str, how: How, actor: str) -> Invitation:
    """Draw an invitation in place of any earlier one; where a channel reaches the person, only they see it."""
    token, until_at = _drawn(TOKEN_BYTES), work.now + identity.invitation_for
    digest = identity.digest_of_token(person, token)
    put_invitation(work.session, person=person, digest=digest, how=how.value, until_at=until_at)
    word = Word(
        "Flywheel: you are invited",
        f"{actor} invites you, by {how.value}. Redeem it yourself, until {until_at:%Y-%m-%d %H:%M} UTC:\n"
        f"  flywheel people redeem {person} --invitation {token}",
    )
    is_told = tell(work, identity, person=person, word=word, key=digest)
    said = PersonInvited(name, how.value, until_at, is_told)
    work.append(Draft(Verb.PERSON_INVITED, actor, SubjectKind.PERSON, person, "", said))
    return Invitation(person, "" if is_told else token, until_at)


def _drawn(count: int) -> str:
    """Draw so many random bytes, as groups of four letters and digits that can be read aloud."""
    text = base64.b32encode(secrets.token_bytes(count)).decode().casefold().rstrip("=")
    return "-".join(text[at : at + 4] for at in range(0, len(text), 4))
