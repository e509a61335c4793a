"""The lock says what pyproject.toml asks for; compared pin by pin, without a network."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

HOME = Path(__file__).resolve().parent.parent
PYPROJECT = tomllib.loads((HOME / "pyproject.toml").read_text(encoding="utf-8"))
LOCK = (HOME / "requirements.lock").read_text(encoding="utf-8")
DECLARED = [
    Requirement(line) for line in [*PYPROJECT["project"]["dependencies"], *PYPROJECT["dependency-groups"]["dev"]]
]
ENTRIES = re.split(r"\n(?=[a-zA-Z0-9])", LOCK.strip())


def pins() -> dict[str, Version]:
    """Read name and version of each entry."""
    found: dict[str, Version] = {}
    for entry in ENTRIES:
        name, _, rest = entry.partition("==")
        found[canonicalize_name(name)] = Version(re.split(r"[\s;\\]", rest, maxsplit=1)[0])
    return found


@pytest.mark.parametrize("wanted", DECLARED, ids=lambda wanted: wanted.name)
def test_each_declared_dependency_is_pinned_within_its_range(wanted: Requirement) -> None:
    assert wanted.specifier.contains(pins()[canonicalize_name(wanted.name)])


def test_nothing_is_pinned_for_pyproject_that_it_no_longer_declares() -> None:
    ours = {canonicalize_name(e.partition("==")[0].strip()) for e in ENTRIES if "flywheel (pyproject.toml" in e}
    assert ours == {canonicalize_name(wanted.name) for wanted in DECLARED}


def test_every_pin_carries_hashes() -> None:
    assert [entry.split("\n")[0] for entry in ENTRIES if "--hash=sha256:" not in entry] == []
