"""What is kept for ever or sent to people bears no address with a password: the texts inside a payload lose it.

Nothing else is touched: a query with `token = 5` in a charter is what was declared, and is kept to the letter.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar, cast

from flywheel.errors import without_passwords

Payload = TypeVar("Payload")


def without_passwords_in(payload: Payload) -> Payload:
    """Hide the passwords of addresses in every text of a payload; all else stays as it is."""
    if isinstance(payload, str):
        return cast("Payload", without_passwords(payload))
    if isinstance(payload, Mapping):
        return cast("Payload", {name: without_passwords_in(value) for name, value in payload.items()})
    if isinstance(payload, list | tuple):
        return cast("Payload", [without_passwords_in(value) for value in payload])
    return payload
