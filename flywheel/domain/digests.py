"""Digests of values: the same meaning gives the same digest, on any machine and in any year."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, NewType

Digest = NewType("Digest", str)
"""`sha256:` and 64 hexadecimal digits."""

UNREADABLE = "unreadable"
"""The one key of what stands in place of stored JSON that cannot be read."""

DEEPEST = 100
"""So many values may lie within each other; a reader's own stack ends at some hundreds."""

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]


def digest_of(value: object) -> Digest:
    """Digest a value by its canonical JSON form."""
    return digest_bytes(canonical_json(value).encode())


def digest_bytes(content: bytes) -> Digest:
    """Digest bytes as they are."""
    return Digest(f"sha256:{hashlib.sha256(content).hexdigest()}")


def digest_tree(digests_by_path: Mapping[str, str]) -> Digest:
    """Digest a folder from the digests of all its files, whatever their order."""
    return digest_of(sorted(digests_by_path.items()))


def canonical_json(value: object) -> str:
    """Write a value as JSON with sorted keys, no spaces and no number that JSON lacks."""
    return json_of(plain(value))


def json_of(value: Json) -> str:
    """Write plain values as JSON with sorted keys, no spaces and no number that JSON lacks."""
    return _WRITER.encode(value)


def read_json(stored: str | bytes) -> Json:
    """Read what is stored; where nobody can, say so in its place, which is never what anybody has sealed."""
    try:
        read: Json = json.loads(stored, parse_float=_finite)
    except (ValueError, RecursionError) as error:
        return {UNREADABLE: str(error)}
    return {UNREADABLE: f"more than {DEEPEST} values within each other"} if _is_deep(read) else read


def _is_deep(value: Json) -> bool:
    level = [value]
    for _ in range(DEEPEST):
        if not level:
            return False
        held = [one.values() if isinstance(one, dict) else one for one in level if isinstance(one, dict | list)]
        level = [value for values in held for value in values]
    return bool(level)


def _finite(written: str) -> float:
    number = float(written)
    if not math.isfinite(number):
        raise ValueError(f"{written} has no place in a record")
    return number


_WRITER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def plain(value: Any) -> Json:
    """Turn a value of the domain into plain JSON values; refuse what has no single meaning."""
    match value:
        case Enum():
            return plain(value.value)
        case Mapping():
            return _plain_object(value)
        case list() | tuple():
            return [plain(item) for item in value]
        case set() | frozenset():
            return sorted((plain(item) for item in value), key=canonical_json)
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    return _plain_scalar(value)


def _plain_object(value: Mapping[Any, Any]) -> Json:
    named = {str(plain(key)): plain(item) for key, item in value.items()}
    if len(named) < len(value):
        raise ValueError(f"two keys of {sorted(named)} read the same in a record")
    return named


def _plain_scalar(value: Any) -> Json:
    match value:
        case float() | Decimal() if not math.isfinite(value):
            raise ValueError(f"{value} has no place in a record")
        case datetime() if value.tzinfo is None:
            raise ValueError(f"{value} has no time zone")
        case datetime():
            return value.astimezone(UTC).isoformat()
        case date():
            return value.isoformat()
        case Decimal():
            return str(value)
        case None | bool() | int() | float() | str():
            return value
    raise TypeError(f"{type(value).__name__} has no canonical form")
