"""A program that fails: its last lines are seen whole, and all that it said is kept in a file that is named."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from flywheel.adapters.running import run_to_end
from flywheel.errors import Unavailable

CAUSE = "Failed to install uv: /home/a user/" + "very-long-folder/" * 40 + "bin/python: No module named pip"


def run(code: str, folder: Path, *, seconds: float = 20.0) -> str:
    """Run a line of Python."""
    command = [sys.executable, "-S", "-E", "-c", code]
    return run_to_end(command, what="the build", logs=folder / "logs", folder=folder, seconds=seconds)


def failure_of(code: str, folder: Path, *, seconds: float = 20.0) -> str:
    """Run a line of Python that fails; give what people are told."""
    with pytest.raises(Unavailable) as failed:
        run(code, folder, seconds=seconds)
    return failed.value.sentence()


def test_what_a_program_printed_is_its_answer(tmp_path: Path) -> None:
    assert run("import sys; print('answer'); print('aside', file=sys.stderr)", tmp_path) == "answer\n"
    assert not (tmp_path / "logs").exists()


def test_the_cause_and_the_path_in_it_are_never_cut(tmp_path: Path) -> None:
    told = failure_of(f"import sys; print('x' * 100_000); print({CAUSE!r}, file=sys.stderr); sys.exit(3)", tmp_path)
    assert told.startswith("the build failed with status 3:\n")
    assert CAUSE in told


def test_last_lines_are_told_and_the_file_holds_all(tmp_path: Path) -> None:
    told = failure_of("import sys; print('\\n'.join(f'line {n}' for n in range(900))); sys.exit('the end')", tmp_path)
    assert "line 0\n" not in told
    assert "line 899\nthe end\n" in told
    named = re.search(r"its whole output is in (\S+)", told)
    assert named is not None
    kept = Path(named[1])
    assert "line 0\n" in kept.read_text()
    assert kept.stat().st_mode & 0o077 == 0, "it may hold what is nobody else's business"


def test_the_same_failure_again_is_kept_once(tmp_path: Path) -> None:
    told = {failure_of("import sys; sys.exit('again')", tmp_path) for _ in range(3)}
    assert len(told) == len(list((tmp_path / "logs").iterdir())) == 1


def test_a_program_that_takes_too_long_is_told_with_what_it_said_so_far(tmp_path: Path) -> None:
    told = failure_of("import time; print('I wait', flush=True); time.sleep(600)", tmp_path, seconds=1.0)
    assert "did not end within 1 s" in told
    assert "I wait" in told


def test_a_program_that_is_killed_is_told_by_the_signal(tmp_path: Path) -> None:
    told = failure_of("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", tmp_path)
    assert "was killed by SIGSEGV without an error message" in told


def test_a_program_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match=r"the build cannot be started.*nowhere"):
        run_to_end([tmp_path / "nowhere"], what="the build", logs=tmp_path, folder=tmp_path, seconds=1.0)
