"""Facts of the machine, also of folders that are not there yet."""

from __future__ import annotations

import os
import subprocess
import sys
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
    question = "from flywheel.adapters import machine; print(machine.can_become(65533))"
    asked = subprocess.run([sys.executable, "-c", question], check=True, stdout=subprocess.PIPE, text=True, user=65_534)
    assert asked.stdout == "False\n"


def test_ones_own_threads_are_counted() -> None:
    before = machine.threads_of(os.geteuid())
    assert before >= 1
    assert machine.threads_of(2**31 - 2) == 0
