"""Limits of a gate: its own defaults, in which a policy's table by the gate's code stands first."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

L = TypeVar("L", bound="DataclassInstance")


def limits_of(defaults: L, table: Mapping[str, float]) -> L:
    """Put a policy's limits over the defaults; a name that the gate does not know is refused, never ignored."""
    known = {one.name: getattr(defaults, one.name) for one in fields(defaults)}
    if unknown := sorted(set(table) - set(known)):
        raise ValueError(
            f"the policy sets a limit {unknown[0]} that this gate does not have; it has {', '.join(known)}"
        )
    if endless := [name for name, value in table.items() if not math.isfinite(value)]:
        raise ValueError(f"the policy's limit {endless[0]} is not a finite number")
    return replace(defaults, **{name: type(known[name])(value) for name, value in table.items()})
