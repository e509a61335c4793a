"""Which code names a kept result: what the work needs, and not what only pages, doors or other work need."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from shutil import copytree

import pytest

import tasks.workbench as WORKBENCH  # noqa: N812  the module itself is changed
from tasks.workbench import code_digest

HOME = Path(__file__).resolve().parents[2]
ROOMS = ("flywheel", "tasks", "validators", "flows", "deployments")


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of our code that may be changed."""
    for room in ROOMS:
        copytree(HOME / room, tmp_path / room, ignore=lambda _folder, names: [n for n in names if "__pycache__" in n])
    (tmp_path / "requirements.lock").write_bytes((HOME / "requirements.lock").read_bytes())
    monkeypatch.setattr(WORKBENCH, "HOME", tmp_path)
    code_digest.cache_clear()
    yield tmp_path
    code_digest.cache_clear()


@pytest.mark.parametrize(
    ("changed", "trains_again", "validates_again"),
    [
        ("flywheel/project/tabular/encoding.py", True, True),
        ("flywheel/services/modelling/research.py", True, True),
        ("validators/calibration.py", False, True),
        ("flywheel/services/dossier/page.py", False, True),
        ("flywheel/services/watching/windows.py", False, False),
        ("flywheel/console/commands/watching.py", False, False),
        ("deployments/steward/steward.py", False, False),
        ("requirements.lock", True, True),
    ],
)
def test_only_a_change_of_what_it_needs_makes_work_be_done_again(
    changed: str, trains_again: bool, validates_again: bool, checkout: Path
) -> None:
    before = [code_digest(module) for module in ("tasks.train", "flows.validation")]
    path = checkout / changed
    path.write_bytes(path.read_bytes() + b"\n# changed\n")
    code_digest.cache_clear()
    after = [code_digest(module) for module in ("tasks.train", "flows.validation")]
    assert [a != b for a, b in zip(after, before, strict=True)] == [trains_again, validates_again]


def test_work_of_nobody_is_named_by_nothing() -> None:
    with pytest.raises(ValueError, match="no module of ours"):
        code_digest("somewhere.else")
