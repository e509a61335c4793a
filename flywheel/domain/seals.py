"""Seals under events: whoever appends without the installation's key is not believed, whatever the chain says.

Each seal signs its event's hash together with the sealed event before it and the seal that was under that one, so that
no seal can be taken off or changed; and one signature that holds vouches for every seal before it, for whoever signed
had held the one before against the key. That vouches for the order of events, and not for decisions: each of those
bears the notary's attestation as well, under a key that no other process holds, and each is held against it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Protocol

from flywheel.domain.attesting import ATTESTED
from flywheel.domain.digests import canonical_json


class Sealer(Protocol):
    """Whoever holds the installation's key, and in the notary the one of decisions too."""

    @property
    def notary_key(self) -> str:
        """The public half of the key under decisions, in hexadecimal digits."""

    @property
    def may_attest(self) -> bool:
        """Whether this process judges decisions, and takes nobody's word for one but its own."""

    def sign(self, content: bytes) -> str:
        """Put the seal under bytes."""

    def holds(self, content: bytes, signature: str) -> bool:
        """Whether the seal under these bytes is the installation's."""

    def attest(self, content: bytes) -> str:
        """Attest bytes as a decision that was judged in this process; refused everywhere but in the notary."""

    def is_attested(self, content: bytes, attestation: str) -> bool:
        """Whether the notary has attested these bytes."""


@dataclass(frozen=True)
class Link:
    """A sealed event, and what its hash and seal come to."""

    sequence: int = 0
    digest: str = ""


NOTHING = Link()
"""What the first seal follows."""


def link_to(sequence: int, event_hash: str, seal: str) -> Link:
    """Name a sealed event for the one that follows."""
    return Link(sequence, hashlib.sha256(f"{event_hash} {seal}".encode()).hexdigest())


def seal_event(sealer: Sealer, event_hash: str, *, verb: str, follows: Link) -> str:
    """Seal an event in its place in the chain, naming the sealed event before it; attest it where it is a decision."""
    attestation = f":{sealer.attest(_decision(event_hash, follows))}" if verb in ATTESTED else ""
    return f"{follows.sequence}:{follows.digest}:{sealer.sign(_content(event_hash, follows))}{attestation}"


def named(seal: str) -> Link | None:
    """Read which sealed event a seal says that it follows, whoever put it there; nothing where it says none."""
    sequence, _, rest = seal.partition(":")
    digest, colon, _ = rest.partition(":")
    is_read = colon and sequence.isascii() and sequence.isdecimal() and len(sequence) < 19
    return Link(int(sequence), digest) if is_read else None


def followed(sealer: Sealer, event_hash: str, *, verb: str, seal: str) -> Link | None:
    """Tell which sealed event this one follows; nothing where the seal is not ours, or lacks the notary's word."""
    follows = named(seal)
    if follows is None or not sealer.holds(_content(event_hash, follows), seal.split(":")[2]):
        return None
    return follows if is_vouched_for(sealer, event_hash, verb=verb, seal=seal) else None


def is_vouched_for(sealer: Sealer, event_hash: str, *, verb: str, seal: str) -> bool:
    """Whether the notary has attested what takes its word, and nothing else is under the seal."""
    follows, parts = named(seal), seal.split(":")
    if verb not in ATTESTED:
        return len(parts) == 3
    return follows is not None and len(parts) == 4 and sealer.is_attested(_decision(event_hash, follows), parts[3])


def row_content(kind: str, *said: object) -> bytes:
    """Write down what a row that is kept beside the chain says, whatever somebody put into it."""
    return canonical_json([kind, *said]).encode("utf-8", "surrogatepass")


def seal_row(sealer: Sealer, content: bytes) -> str:
    """Seal what is kept beside the chain: by the notary's word where this process gives it."""
    return sealer.attest(content) if sealer.may_attest else sealer.sign(content)


def is_row_ours(sealer: Sealer, content: bytes, seal: str) -> bool:
    """Whether a row that is kept beside the chain was sealed by us; the notary believes what it sealed itself alone."""
    return sealer.is_attested(content, seal) or (not sealer.may_attest and sealer.holds(content, seal))


def _content(event_hash: str, follows: Link) -> bytes:
    return canonical_json(["flywheel event", event_hash, follows.sequence, follows.digest]).encode()


def _decision(event_hash: str, follows: Link) -> bytes:
    return canonical_json(["flywheel decision", event_hash, follows.sequence, follows.digest]).encode()
