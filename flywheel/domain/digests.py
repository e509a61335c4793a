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
