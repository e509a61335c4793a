"""A seal for records that have no data root."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from flywheel.services.record.sealing import KEY_BYTES, NotarySeal, Seal


def both(seal: Seal) -> NotarySeal:
    """A notary whose two keys are one."""
    return NotarySeal(seal, seal)


OURS = both(Seal(Ed25519PrivateKey.from_private_bytes(b"s" * KEY_BYTES)))
STRANGER = Seal(Ed25519PrivateKey.from_private_bytes(b"t" * KEY_BYTES))
THEIRS = both(STRANGER)
