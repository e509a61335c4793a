"""What is kept for ever or sent to people bears no password: texts inside a payload are stored as they may be shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar, cast

from flywheel.errors import without_secrets

Payload = TypeVar("Payload")


def shown(payload: Payload) -> Payload:
    """Hide what is secret in every text of a payload; all else stays as it is."""
    if isinstance(payload, str):
        return cast("Payload", without_secrets(payload))
    if isinstance(payload, Mapping):
        return cast("Payload", {name: shown(value) for name, value in payload.items()})
    if isinstance(payload, list | tuple):
        return cast("Payload", [shown(value) for value in payload])
    return payload
