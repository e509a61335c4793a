"""Sessions: after a code, a person need not show another for what asks for none, until the session is over."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import datetime

from flywheel.catalog.credential import end_sessions, put_session
from flywheel.catalog.engine import Catalog, UnitOfWork
from flywheel.domain.authority import Permission
from flywheel.domain.events import Draft, SubjectKind, Verb
from flywheel.domain.payloads.people import SessionEnded, SessionOpened
from flywheel.services.people.authority import admit, refused_act
from flywheel.services.people.identity import Identity
from flywheel.services.people.notary import notarised
from flywheel.services.people.proof import Proof, decide, prove_session

TOKEN_BYTES = 32


@dataclass(frozen=True)
class Session:
    """A session as its person keeps it; the record's side holds a digest."""

    person: str
    token: str = field(repr=False)
    until_at: datetime


@notarised
def log_in(catalog: Catalog, *, proof: Proof) -> Session:
    """Open a session for a person who shows a code."""

    def act(work: UnitOfWork) -> Session:
        admit(work, proof, Permission.LOG_IN)
        return open_in(work, proof.identity, person=proof.who, channel=proof.channel)

    return decide(catalog, proof, act=act, refused=lambda _, why: refused_act(proof, Permission.LOG_IN, why))


def open_in(work: UnitOfWork, identity: Identity, *, person: str, channel: str) -> Session:
    """Open a session for a person who was proven in the same decision."""
    token, until_at = secrets.token_urlsafe(TOKEN_BYTES), work.now + identity.session_for
    put_session(
        work.session,
        person=person,
        digest=identity.digest_of_session(person, token, until_at=until_at),
        until_at=until_at,
    )
    said = SessionOpened(channel, until_at)
    work.append(Draft(Verb.SESSION_OPENED, person, SubjectKind.PERSON, person, "", said))
    return Session(person, token, until_at)


@notarised
def log_out(catalog: Catalog, *, proof: Proof) -> None:
    """End every session of a person who has one."""
    with catalog.begin() as work:
        prove_session(work, proof)
        end_sessions(work.session, person=proof.who)
        work.append(Draft(Verb.SESSION_ENDED, proof.who, SubjectKind.PERSON, proof.who, "", SessionEnded()))
