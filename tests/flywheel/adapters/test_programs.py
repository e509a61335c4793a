"""The list of assumed programs: each has a reason and a cure, and is found without anybody's PATH."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from flywheel.adapters import programs
from flywheel.adapters.programs import CONTAINERS, GIT, OF_THE_DATABASE, OPTIONAL, REQUIRED, UV, Program, safe_path
from flywheel.errors import Unavailable

ALL = (*REQUIRED, *OF_THE_DATABASE, *OPTIONAL)


@pytest.mark.parametrize("program", [*REQUIRED, *OF_THE_DATABASE], ids=lambda program: program.name)
def test_what_is_required_comes_with_the_lock_and_is_found_with_an_empty_path(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(programs, "SYSTEM_FOLDERS", ())
    assert program.require().is_relative_to(Path(sys.prefix))


def test_a_program_of_the_same_name_on_path_is_not_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("uv", "git"):
        (tmp_path / name).write_text("#!/bin/sh\nexit 1\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert tmp_path not in {UV.require().parent, GIT.require().parent}


def test_a_program_of_the_system_is_found_in_its_folders_under_any_of_its_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(programs, "SYSTEM_FOLDERS", (str(tmp_path),))
    assert CONTAINERS.find() is None
    (tmp_path / "podman").touch()
    assert CONTAINERS.find() is None, "it cannot be run"
    (tmp_path / "podman").chmod(0o755)
    assert CONTAINERS.find() == tmp_path / "podman"


@pytest.mark.parametrize("program", ALL, ids=lambda program: program.name)
def test_what_is_missing_is_named_with_what_it_is_for_and_what_to_do(program: Program) -> None:
    with pytest.raises(Unavailable) as missing:
        replace(program, find=lambda: None).require()
    words = missing.value.sentence()
    assert words.startswith(f"{program.name} is missing, which {program.purpose}; next: ")
    assert words.endswith(program.cure)


def test_programs_that_we_start_find_ours_first_and_nothing_of_a_persons() -> None:
    first, *others = safe_path().split(os.pathsep)
    assert first == str(Path(sys.executable).parent)
    assert others == list(programs.SYSTEM_FOLDERS)
