"""What a package needs from outside: pinned requirements taken from our lock, and a bill of materials from those."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from functools import cache
from importlib import metadata
from pathlib import Path

NEEDED = ("bentoml", "numpy", "pandas", "pyarrow", "pydantic", "scikit-learn", "skops", "xgboost-cpu")
"""What the service imports itself; the rest follows from their own requirements."""

_PIN = re.compile(r"(?m)^(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^\s;\\]+)")


def locked_requirements(lock: Path, device: str, *, also: Iterable[str] = ()) -> str:
    """The part of our lock that serving needs; a GPU image takes the xgboost that knows CUDA, by version alone."""
    needed = _closure((*NEEDED, *also))
    blocks = _blocks(lock.read_text(encoding="utf-8")) if lock.is_file() else {}
    lines = []
    for name in sorted(needed):
        block = blocks.get(name) or f"{name}=={needed[name]}"
        if device == "gpu":  # hashes of the CUDA build are not in our lock, and hashes are all or none
            block = block.splitlines()[0].removesuffix("\\").strip().replace("xgboost-cpu==", "xgboost==")
        lines.append(block)
    return "\n".join(lines) + "\n"


def bill_of_materials(requirements: str, project: str, version: str) -> str:
    """List the pinned requirements as CycloneDX, without times, so that the same lock gives the same bytes."""
    components = [
        {
            "type": "library",
            "name": match["name"],
            "version": match["version"],
            "purl": f"pkg:pypi/{match['name']}@{match['version']}",
        }
        for match in _PIN.finditer(requirements)
    ]
    subject = {"type": "application", "name": project, "version": version}
    document = {"bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1, "metadata": {"component": subject}}
    return json.dumps({**document, "components": components}, indent=1) + "\n"


def _closure(names: tuple[str, ...]) -> dict[str, str]:
    from packaging.utils import canonicalize_name  # comes with BentoML and is needed here only

    versions: dict[str, str] = {}
    waiting = list(names)
    while waiting:
        name = canonicalize_name(waiting.pop())
        found = None if name in versions else _installed(name)
        if found is not None:
            versions[name], needs = found
            waiting += needs
    return versions


@cache
def _installed(name: str) -> tuple[str, tuple[str, ...]] | None:
    """Tell an installed distribution's version and what it needs on this machine; nothing where it is not there."""
    from packaging.requirements import Requirement  # comes with BentoML and is needed here only

    try:
        found = metadata.distribution(name)
    except metadata.PackageNotFoundError:  # wanted by another platform only
        return None
    wanted = (Requirement(line) for line in found.requires or ())
    return found.version, tuple(
        need.name for need in wanted if need.marker is None or need.marker.evaluate({"extra": ""})
    )


def _blocks(text: str) -> dict[str, str]:
    blocks: dict[str, str] = {}
    name = ""
    for line in text.splitlines():
        if match := _PIN.match(line):
            name = re.sub(r"[-_.]+", "-", match["name"]).lower()
            blocks[name] = line
        elif name and line.lstrip().startswith("--hash="):
            blocks[name] += "\n" + line
        else:
            name = "" if line and not line.startswith(" ") else name
    return blocks
