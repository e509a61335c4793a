"""What the catalog says of an endpoint, without a catalog."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Record:
    """An endpoint as the catalog gives it."""

    name: str = "card-default"
    mode: str = "model"
    package: Mapping[str, Any] = field(default_factory=dict)
    generation: int = 1
    port: int | None = None
    conditions: Mapping[str, Any] = field(default_factory=dict)
    safe_from: int = 1
