"""Facts of the machine, also of folders that are not there yet."""

from __future__ import annotations

from pathlib import Path

from flywheel.adapters import machine


def test_a_folder_that_is_not_there_is_judged_by_the_one_that_would_hold_it(tmp_path: Path) -> None:
    wished = tmp_path / "a" / "b"
    assert machine.nearest_folder(wished) == tmp_path
    assert machine.can_write(wished)
    assert machine.free_bytes(wished) > 0
    assert not wished.exists()


def test_a_folder_cannot_be_made_within_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert not machine.can_write(tmp_path / "file" / "data")


def test_landlock_is_asked_and_no_ruleset_is_made() -> None:
    assert machine.landlock_version() == machine.landlock_version() >= 0
