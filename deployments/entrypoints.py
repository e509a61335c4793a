"""What each deployment starts; in a module of its own, because the servers are up before anything else is imported."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from flywheel.adapters.deployment_names import FLOWS

ENTRYPOINTS: Mapping[str, str] = MappingProxyType({name: f"flows.{name}.{name}" for name in FLOWS})
"""Module entrypoints: the flow is imported as part of the repository, never as a file on its own."""
