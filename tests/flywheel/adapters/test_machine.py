"""Facts of the machine, also of folders that are not there yet."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

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


@pytest.mark.skipif(machine.is_root(), reason="root may become others")
def test_nobody_but_root_becomes_another() -> None:
    assert not machine.can_become(65_533)


@pytest.mark.skipif(not machine.is_root(), reason="only root becomes others")
def test_root_becomes_whom_it_will_unless_that_was_taken_from_it() -> None:
    assert machine.can_become(65_533)
    child = os.fork()  # and no new program: the interpreter may lie where strangers reach nothing
    if child == 0:
        os.setresuid(65_534, 65_534, 65_534)
        os._exit(int(machine.can_become(65_533)))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_ones_own_threads_are_counted() -> None:
    before = machine.threads_of(os.geteuid())
    assert before >= 1
    assert machine.threads_of(2**31 - 2) == 0
