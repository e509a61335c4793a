"""Seals under events: whoever appends without the installation's key is not believed, whatever the chain says."""

from __future__ import annotations

from typing import Protocol

from flywheel.domain.digests import canonical_json


class Sealer(Protocol):
    """Whoever holds the installation's key; a process of its own may take its place."""

    def sign(self, content: bytes) -> str:
        """Put the seal under bytes."""

    def holds(self, content: bytes, signature: str) -> bool:
        """Whether the seal under these bytes is the installation's."""


def seal_event(sealer: Sealer, event_hash: str, *, follows: int) -> str:
    """Seal an event in its place in the chain, naming the sealed event before it, so that no seal can be taken off."""
    return f"{follows}:{sealer.sign(_content(event_hash, follows))}"


def followed(sealer: Sealer, event_hash: str, *, seal: str) -> int | None:
    """Tell after which sealed event this one was sealed; nothing where the seal is not the installation's."""
    said, _, signature = seal.partition(":")
    if not (said.isascii() and said.isdecimal() and len(said) < 19):
        return None
    follows = int(said)
    return follows if sealer.holds(_content(event_hash, follows), signature) else None


def _content(event_hash: str, follows: int) -> bytes:
    return canonical_json(["flywheel event", event_hash, follows]).encode()
