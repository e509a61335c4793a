"""Proof of who decides: a one-time code is used up with the decision, and a refusal stays in the record."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from flywheel.catalog.credential import PersonSecretRow, SessionRow, hold_secret, sessions_of
from flywheel.catalog.engine import Catalog, UnitOfWork
from flywheel.catalog.idempotency import Once
from flywheel.domain.events import Draft
from flywheel.errors import Refused, Unavailable
from flywheel.services.people.identity import Identity, accept, accepted_step, count_wrong_code, whose_code

MAX_SHORT_TEXT = 200
SHOW, LOG_IN = "show the code of their authenticator (--code)", "`flywheel login EMAIL`, or show a code (--code)"

Decided = TypeVar("Decided")


@dataclass(frozen=True)
class Proof:
    """Who decides, shown by a code, through which channel, and the key under which it counts once."""

    identity: Identity
    person: str
    code: str = field(repr=False)
    channel: str
    key: str
    session: str = field(default="", repr=False)
    """The token of a session, which is enough for what needs no fresh code."""

    @property
    def who(self) -> str:
        """The person as the record knows people."""
        return self.person.strip().casefold()

    def once(self, what: str) -> Once:
        """By what this person's request of a kind counts once."""
        return Once(what, self.who, self.key)


def decide(
    catalog: Catalog,
    proof: Proof,
    *,
    act: Callable[[UnitOfWork], Decided],
    refused: Callable[[UnitOfWork, Refused], Draft],
    also: str = "",
) -> Decided:
    """Let a person decide, or record the refusal and count a wrong code; in one transaction either way.

    The people who show a code are locked before anything else and until all is written, so that many guesses at once
    are judged one after another, each knowing those before it.
    """
    if catalog.notary is not None:
        raise Unavailable("only the notary judges people's decisions", next_step="ask it for this decision")
    with catalog.begin() as work:
        rows = {who: _secret(work, who) for who in sorted({proof.who, also.strip().casefold()} - {""})}
        try:
            with work.session.begin_nested():
                return act(work)
        except Refused as refusal:
            found = refusal
        if (row := rows.get(whose_code(found))) is not None:
            count_wrong_code(proof.identity, row, now=work.now)
        work.append(refused(work, found))
    raise found


def prove(work: UnitOfWork, proof: Proof) -> None:
    """Use the code up, or refuse it and say why; after the subject's row, so that locks keep one order."""
    row = _secret(work, proof.who)
    if row is None:
        raise Refused(f"{proof.who} has no authenticator here", next_step="ask an administrator for an invitation")
    if not proof.code.strip():
        raise Refused(f"nothing proves that this is {proof.who}", next_step=SHOW)
    accept(row, step=accepted_step(proof.identity, row, code=proof.code, now=work.now))


def prove_session(work: UnitOfWork, proof: Proof) -> None:
    """Refuse a person without a session of their own that is not over."""
    row = _session(work, proof)
    if row is None:
        who = proof.who
        words = f"the session of {who} has expired, or the one that is kept here is not that of {who}"
        raise Refused(words if proof.session else f"nothing proves that this is {who}", next_step=LOG_IN)
    if row.until_at <= work.now:
        raise Refused(
            f"the session of {proof.who} has expired", found=f"{row.until_at:%Y-%m-%d %H:%M}", next_step=LOG_IN
        )


def prove_both(work: UnitOfWork, one: Proof, other: Proof) -> None:
    """Use the codes of two people up, always in one order, so that two pairs never wait in a ring."""
    for each in sorted((one, other), key=lambda each: each.who):
        prove(work, each)


def short(text: str) -> str:
    """Keep what somebody typed short and storable, for a record of what was refused."""
    return "".join(c for c in text if c.isprintable() and not "\ud800" <= c <= "\udfff")[:MAX_SHORT_TEXT]


def _session(work: UnitOfWork, proof: Proof) -> SessionRow | None:
    """Find the person's session of this very token and end."""
    known = sessions_of(work.session, proof.who) if proof.session and "\x00" not in proof.who else ()
    for row in known:
        digest = proof.identity.digest_of_session(proof.who, proof.session, until_at=row.until_at)
        if hmac.compare_digest(row.digest, digest):
            return row
    return None


def _secret(work: UnitOfWork, person: str) -> PersonSecretRow | None:
    if "\x00" in person:
        return None
    return hold_secret(work.session, person)
