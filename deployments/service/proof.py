"""The first thing that a server does: it proves its package, and only then reads the contract in it."""

from __future__ import annotations

from pathlib import Path

from flywheel.project.contract import Contract, read_contract
from flywheel.project.manifest import prove

REWRITTEN = frozenset({"env/docker/Dockerfile"})
"""BentoML writes it anew to build an image and nothing reads it after; the keeper compares it all the same."""


def proven_contract(package: Path, *, public_key: str, digest: str) -> Contract:
    """Read the contract of a package that bears the seal, and is the one that was asked for where a digest is given."""
    proven = prove(package, kind="package", public_key=public_key, digest=digest, rewritten=REWRITTEN)
    return read_contract(proven.read("src/contract.json").decode())
