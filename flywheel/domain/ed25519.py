"""Ed25519 as in RFC 8032, section 5.1, by the standard library alone: only the verification of signatures.

It needs no secrets and so no constant time. It goes into every exported dossier and every package, where nothing else
may be needed; what signs is `flywheel/services/record/sealing.py`.
"""

from __future__ import annotations

import hashlib

# Ed25519, RFC 8032, section 5.1: the verification; points are kept in extended coordinates.

_P = 2**255 - 19
_ORDER = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, _P - 2, _P) % _P
_ROOT = pow(2, (_P - 1) // 4, _P)


def is_signed(public_key: bytes, content: bytes, signature: bytes) -> bool:
    """Say whether a signature over exactly these bytes was made with the private half of a key."""
    if len(public_key) != 32 or len(signature) != 64:
        return False
    key, nonce = _unpack(public_key), _unpack(signature[:32])
    scalar = int.from_bytes(signature[32:], "little")
    if key is None or nonce is None or scalar >= _ORDER:
        return False
    digest = hashlib.sha512(signature[:32] + public_key + content).digest()
    challenge = int.from_bytes(digest, "little") % _ORDER
    base_y = 4 * pow(5, _P - 2, _P) % _P
    base = _unpack(base_y.to_bytes(32, "little"))
    assert base is not None
    left, right = _times(scalar, base), _add(nonce, _times(challenge, key))
    return (left[0] * right[2] - right[0] * left[2]) % _P == 0 and (left[1] * right[2] - right[1] * left[2]) % _P == 0


def _unpack(packed: bytes) -> tuple[int, int, int, int] | None:
    """Find the point of a packed y, whose highest bit is the sign of x."""
    y = int.from_bytes(packed, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    if y >= _P:
        return None
    square = (y * y - 1) * pow(_D * y * y + 1, _P - 2, _P) % _P
    x = pow(square, (_P + 3) // 8, _P)
    if (x * x - square) % _P:
        x = x * _ROOT % _P
    if (x * x - square) % _P or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = _P - x
    return x, y, 1, x * y % _P


def _add(one: tuple[int, int, int, int], two: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
    a = (one[1] - one[0]) * (two[1] - two[0]) % _P
    b = (one[1] + one[0]) * (two[1] + two[0]) % _P
    c = 2 * one[3] * two[3] * _D % _P
    d = 2 * one[2] * two[2] % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def _times(scalar: int, point: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
    total = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            total = _add(total, point)
        point, scalar = _add(point, point), scalar >> 1
    return total
