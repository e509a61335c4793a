"""Our own Ed25519 arithmetic agrees with the library, on good signatures and on spoilt ones."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from flywheel.domain.ed25519 import is_signed


def test_our_own_arithmetic_agrees_with_the_library() -> None:
    private = Ed25519PrivateKey.from_private_bytes(b"\x22" * 32)
    key = private.public_key().public_bytes_raw()
    for number in range(8):
        content = b"x" * number
        signature = private.sign(content)
        assert is_signed(key, content, signature)
        assert not is_signed(key, content + b"y", signature)
        assert not is_signed(key, content, bytes([signature[0] ^ 1]) + signature[1:])
        assert not is_signed(key, content, signature[:-1] + bytes([signature[-1] ^ 64]))


def test_what_has_not_the_length_of_a_key_or_a_signature_is_none() -> None:
    assert not is_signed(b"", b"", b"")
    assert not is_signed(b"\x01" * 32, b"", b"\x01" * 63)
