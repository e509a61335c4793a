"""The installation's seals: Ed25519 signatures under what leaves the record, and the notary's under decisions."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from flywheel.adapters.machine_keys import key_of_machine, public_key_of, publish_key
from flywheel.errors import Refused, SettingsError
from flywheel.settings import Settings

KEY_FILE = "record.key"
NOTARY_KEY, NOTARY_PUBLIC = "notary.key", "notary.pub"
KEY_BYTES = 32


@dataclass(frozen=True)
class Seal:
    """The private key; its public half is given to whoever checks, by another way than what is checked."""

    key: Ed25519PrivateKey

    @classmethod
    def of(cls, settings: Settings) -> Seal:
        """Take the key from the settings, or make one file that only its owner reads."""
        given = settings.record.key
        text = given.get_secret_value() if given else key_of_machine(settings, name=KEY_FILE, draw=_drawn).decode()
        return cls(Ed25519PrivateKey.from_private_bytes(_from_hex(text)))

    @cached_property
    def public_key(self) -> str:
        """The public half, in hexadecimal digits."""
        return self._public.public_bytes_raw().hex()

    @cached_property
    def _public(self) -> Ed25519PublicKey:
        return self.key.public_key()

    def sign(self, content: bytes) -> str:
        """Sign bytes; gives the signature in hexadecimal digits."""
        return self.key.sign(content).hex()

    def holds(self, content: bytes, signature: str) -> bool:
        """Say whether exactly these bytes were signed with this key."""
        try:
            self._public.verify(bytes.fromhex(signature), content)
        except (InvalidSignature, ValueError):
            return False
        return True


@dataclass(frozen=True)
class SealAtHand:
    """The seal of an installation, whose key is read or drawn once something is sealed or held against it.

    Decisions it only holds against the public half of the notary's key: it can attest none.
    """

    settings: Settings

    @property
    def may_attest(self) -> bool:
        """Never: the notary alone does."""
        return False

    def sign(self, content: bytes) -> str:
        """Sign bytes; gives the signature in hexadecimal digits."""
        return self._seal.sign(content)

    def holds(self, content: bytes, signature: str) -> bool:
        """Say whether exactly these bytes were signed with the installation's key."""
        return self._seal.holds(content, signature)

    def attest(self, content: bytes) -> str:
        """Refuse: a decision is attested by the process that has judged it."""
        del content
        raise Refused(
            "this process may attest no decision", allowed="the notary alone", next_step="ask it: nothing was written"
        )

    def is_attested(self, content: bytes, attestation: str) -> bool:
        """Say whether the notary has attested exactly these bytes."""
        return is_sealed(content, signature=attestation, public_key=self.notary_key)

    @cached_property
    def _seal(self) -> Seal:
        return Seal.of(self.settings)

    @cached_property
    def notary_key(self) -> str:
        """The public half of the notary's key, which the notary laid open."""
        return public_key_of(self.settings.notary_root, name=NOTARY_PUBLIC).decode().strip()


@dataclass(frozen=True)
class NotarySeal:
    """Both keys, as the notary holds them: what it has judged it attests, and seals like anybody."""

    record: Seal
    decisions: Seal

    @classmethod
    def of(cls, settings: Settings) -> NotarySeal:
        """Take the installation's key, and read or draw the one of decisions; its public half is laid open."""
        root = settings.notary_root
        key = key_of_machine(settings, name=NOTARY_KEY, draw=_drawn, root=root)
        decisions = Seal(Ed25519PrivateKey.from_private_bytes(_from_hex(key.decode())))
        publish_key(
            root,
            name=NOTARY_PUBLIC,
            key=decisions.public_key.encode(),
            is_for_others=settings.notary.caller is not None,
        )
        return cls(Seal.of(settings), decisions)

    @property
    def notary_key(self) -> str:
        """The public half of the key of decisions."""
        return self.decisions.public_key

    @property
    def may_attest(self) -> bool:
        """Always: this is the notary's."""
        return True

    def sign(self, content: bytes) -> str:
        """Sign bytes; gives the signature in hexadecimal digits."""
        return self.record.sign(content)

    def holds(self, content: bytes, signature: str) -> bool:
        """Say whether exactly these bytes were signed with the installation's key."""
        return self.record.holds(content, signature)

    def attest(self, content: bytes) -> str:
        """Attest bytes as a decision that this process has judged."""
        return self.decisions.sign(content)

    def is_attested(self, content: bytes, attestation: str) -> bool:
        """Say whether exactly these bytes were attested with the key of decisions."""
        return self.decisions.holds(content, attestation)


def is_sealed(content: bytes, *, signature: str, public_key: str) -> bool:
    """Say whether exactly these bytes were signed by the holder of the key."""
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key)).verify(bytes.fromhex(signature), content)
    except (InvalidSignature, ValueError):
        return False
    return True


def _from_hex(text: str) -> bytes:
    try:
        raw = bytes.fromhex(text.strip())
    except ValueError:
        raw = b""
    if len(raw) != KEY_BYTES:
        raise SettingsError("record.key is not an Ed25519 key", allowed="64 hexadecimal digits")
    return raw


def _drawn() -> bytes:
    return Ed25519PrivateKey.generate().private_bytes_raw().hex().encode()
