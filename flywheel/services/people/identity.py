"""One-time codes: who somebody is, proven by what their authenticator shows now."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property

import pyotp
from cryptography.fernet import Fernet, InvalidToken

from flywheel.adapters.machine_keys import key_of_machine
from flywheel.catalog.credential import PersonSecretRow
from flywheel.domain.answer_words import Saying, bound_text, words_from
from flywheel.domain.digests import Digest
from flywheel.errors import Refused, SettingsError, Tampered
from flywheel.settings import Settings

STEP_SECONDS = 30
STEPS_TAKEN_BEFORE = 1
"""So many steps after its own a code is still taken: people and pages are slow."""
STEPS_TOLD = 20
"""A code of so many steps before is refused all the same, and said to be too old: it is no secret any more."""
KEY_FILE = "identity.key"
SHOWN_NOW = "use the code that your authenticator shows now"


@dataclass(frozen=True)
class Identity:
    """The key over the people's secrets, and how many wrong codes are borne.

    The key is read once something is proven: in the notary, and in no other process.
    """

    settings: Settings = field(repr=False)
    issuer: str
    max_wrong_codes: int
    lock_for: timedelta
    session_for: timedelta
    invitation_for: timedelta
    can_tell: bool
    """Whether a channel is set up that reaches a person, and nobody else."""
    asks_words: bool
    """Whether an answer in Prefect's form needs words that went over that channel."""

    @classmethod
    def of(cls, settings: Settings) -> Identity:
        """Take from the settings how people prove who they are."""
        return cls(
            settings,
            settings.identity.issuer,
            settings.identity.max_wrong_codes,
            timedelta(minutes=settings.identity.lock_minutes),
            timedelta(hours=settings.identity.session_hours),
            timedelta(days=settings.identity.invitation_days),
            settings.identity.mail is not None,
            settings.identity.asks_words,
        )

    @cached_property
    def cipher(self) -> Fernet:
        """What people's secrets are encrypted with."""
        try:
            return Fernet(self._key)
        except ValueError as error:
            raise SettingsError(
                "identity.key is not a Fernet key", allowed="32 bytes in URL-safe base64", next_step="make a new one"
            ) from error

    @cached_property
    def token_key(self) -> bytes:
        """Under which tokens are digested: a row that somebody else wrote is no invitation, no code and no session."""
        return hashlib.sha256(b"tokens of people\n" + self._key).digest()

    @cached_property
    def _key(self) -> bytes:
        given = self.settings.identity.key
        if given is not None:
            return given.get_secret_value().encode()
        return key_of_machine(self.settings, name=KEY_FILE, draw=Fernet.generate_key, root=self.settings.notary_root)

    def words_of(self, saying: Saying, *, person: str, version: str, dossier: Digest, given_before: int) -> str:
        """Make the words of one person's answer about one dossier."""
        key = hashlib.sha256(b"words of answers\n" + self._key).digest()
        said = bound_text(saying, person=person, version=version, dossier=dossier, given_before=given_before)
        return words_from(hmac.new(key, said, hashlib.sha256).digest())

    def digest_of_token(self, person: str, token: str) -> str:
        """Digest what was drawn at random for a person, however it was typed."""
        typed = "".join(token.split()).replace("-", "").casefold()
        return hmac.new(self.token_key, f"{person} {typed}".encode(), hashlib.sha256).hexdigest()

    def digest_of_session(self, person: str, token: str, *, until_at: datetime) -> str:
        """Digest the token of a person's session with its end: a row whose end is moved is nobody's session."""
        said = f"session {person} {token} {until_at.astimezone(UTC).isoformat()}"
        return hmac.new(self.token_key, said.encode(), hashlib.sha256).hexdigest()

    def sealed_secret(self, person: str, secret: str) -> bytes:
        """Encrypt a person's secret together with whose it is: in another's row it opens nothing."""
        return self.cipher.encrypt(f"{person} {secret}".encode())


def new_secret() -> str:
    """Draw a secret for an authenticator."""
    return pyotp.random_base32()


def enrolment_uri(identity: Identity, *, person: str, secret: str) -> str:
    """Say what an authenticator scans."""
    return pyotp.TOTP(secret).provisioning_uri(name=person, issuer_name=identity.issuer)


def accepted_step(identity: Identity, row: PersonSecretRow, *, code: str, now: datetime) -> int:
    """Find the time step of a right and fresh code, or refuse it and say why."""
    refuse_locked(row, now=now)
    totp = pyotp.TOTP(_secret_of(identity, row), interval=STEP_SECONDS)
    for step in _steps_around(now):
        if hmac.compare_digest(totp.at(step * STEP_SECONDS).encode(), code.strip().encode()):
            if step <= row.last_step:
                raise code_refused(
                    f"this one-time code of {row.person} has been used already",
                    person=row.person,
                    next_step=f"each counts once: use the next, which comes within {STEP_SECONDS} seconds",
                )
            return step
    for step in _steps_long_before(now):
        if hmac.compare_digest(totp.at(step * STEP_SECONDS).encode(), code.strip().encode()):
            raise code_refused(_too_old(row.person, step=step, now=now), person=row.person, next_step=SHOWN_NOW)
    raise code_refused(
        f"the one-time code is wrong for {row.person}",
        person=row.person,
        next_step=SHOWN_NOW,
    )


def refuse_locked(row: PersonSecretRow, *, now: datetime) -> None:
    """Refuse whoever showed too many wrong codes; no new secret ends that before its time."""
    if row.locked_until_at is not None and row.locked_until_at > now:
        raise Refused(
            f"{row.person} is locked after too many wrong codes until {row.locked_until_at:%H:%M} UTC",
            next_step="wait until then",
        )


def code_refused(what: str, *, person: str, next_step: str) -> Refused:
    """Refuse a code that was shown for a person and is not theirs, or not any more; it counts towards the lock."""
    refusal = Refused(what, next_step=next_step)
    refusal.code_of = person
    return refusal


def whose_code(refusal: Refused) -> str:
    """Name who was refused for the code, which counts towards the lock; nobody where it was for something else."""
    return refusal.code_of


def count_wrong_code(identity: Identity, row: PersonSecretRow, *, now: datetime) -> None:
    """Count a wrong code; too many lock the person for a while."""
    row.wrong_codes += 1
    if row.wrong_codes >= identity.max_wrong_codes:
        row.wrong_codes, row.locked_until_at = 0, now + identity.lock_for


def accept(row: PersonSecretRow, *, step: int) -> None:
    """Use a code up: its time step never counts again."""
    row.last_step, row.wrong_codes, row.locked_until_at = step, 0, None


def _steps_around(now: datetime) -> Iterator[int]:
    here = _step_of(now)
    yield from (here, *range(here - 1, here - 1 - STEPS_TAKEN_BEFORE, -1), here + 1)


def _steps_long_before(now: datetime) -> Iterator[int]:
    last = _step_of(now) - 1 - STEPS_TAKEN_BEFORE
    yield from range(last, last - STEPS_TOLD, -1)


def _step_of(now: datetime) -> int:
    return int(now.timestamp()) // STEP_SECONDS


def _too_old(person: str, *, step: int, now: datetime) -> str:
    shown_at = datetime.fromtimestamp(step * STEP_SECONDS, UTC)
    holds = (1 + STEPS_TAKEN_BEFORE) * STEP_SECONDS
    return (
        f"the one-time code of {person} is too old: it was shown at {shown_at:%H:%M:%S} UTC and was read at "
        f"{now:%H:%M:%S}; each holds for {holds} s"
    )


def _secret_of(identity: Identity, row: PersonSecretRow) -> str:
    try:
        person, _, secret = identity.cipher.decrypt(row.secret).decode().rpartition(" ")
        if person != row.person:
            raise Tampered(f"the secret that is kept for {row.person} is another person's", next_step="enrol again")
        return secret
    except InvalidToken as error:
        raise Tampered(
            f"the secret of {row.person} cannot be read with this key", next_step="restore identity.key, or enrol again"
        ) from error
