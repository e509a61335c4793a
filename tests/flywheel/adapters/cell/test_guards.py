"""What a machine gives a cell, and what it lacks."""

from __future__ import annotations

from pathlib import Path

import pytest

from flywheel.adapters import machine
from flywheel.adapters.cell import guards
from flywheel.adapters.cell.guards import Guard, Guards, guards_here, unreachable


@pytest.mark.parametrize(
    ("found", "lacking"),
    [
        (Guards(7, has_seccomp=True, user=65_533, is_root=True), ()),
        (Guards(1, has_seccomp=True, user=None, is_root=False), ()),
        (Guards(0, has_seccomp=True, user=None, is_root=False), (Guard.LANDLOCK,)),
        (Guards(7, has_seccomp=False, user=None, is_root=False), (Guard.SECCOMP,)),
        (Guards(7, has_seccomp=True, user=None, is_root=True), (Guard.USER,)),
    ],
)
def test_what_lacks_is_named(found: Guards, lacking: tuple[Guard, ...]) -> None:
    assert found.lacking == lacking
    assert not set(found.present) & set(found.lacking)


def test_a_closed_folder_keeps_a_stranger_from_the_libraries(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    inner = tmp_path / "lib"
    inner.mkdir(mode=0o755)
    assert tmp_path in unreachable([inner])
    assert unreachable([Path("/usr/lib")]) == ()


def test_a_user_that_cannot_read_the_libraries_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guards, "unreachable", lambda places: (Path("/closed"),))
    assert guards_here(65_533).user is None


def test_only_root_gives_another_user() -> None:
    found = guards_here(65_533)
    assert found.is_root is machine.is_root()
    assert found.user is None or found.is_root
    assert guards_here(2**31).user is None or machine.can_become(2**31)
