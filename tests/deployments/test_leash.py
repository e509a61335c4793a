"""The leash: a program dies with whoever started it, and a run's lock is given back at that moment."""

from __future__ import annotations

import fcntl
import os
import select
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from deployments import leash
from tests.deployments.waiting import eventually

RUN = "0195-run"
PATIENCE_SECONDS = 10.0
SAYS_ITS_ID_AND_WAITS = "import os, sys, time; print(os.getpid(), flush=True); sys.stdin.read()"
STARTS_ANOTHER_ON_A_LEASH = """
import os, subprocess, sys
subprocess.Popen(sys.argv[1:], env={**os.environ, "LEASH_PARENT": str(os.getpid())})
sys.stdin.readline()
"""
pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="PR_SET_PDEATHSIG is Linux's")


def leashed(*program: str) -> list[str]:
    """The command line that the supervision and the work pool use."""
    return [sys.executable, "-S", "-E", leash.__file__, *program]


def is_locked(file: Path) -> bool:
    """Whether some process holds the run's lock, asked as the reaper asks."""
    with file.open("w") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def has_open(pid: int, file: Path) -> bool:
    """Whether a process has opened the file."""
    held = Path(f"/proc/{pid}/fd").iterdir()
    return any(os.path.samestat(one.stat(), file.stat()) for one in held if one.exists())


def start(arguments: list[str], **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        arguments,
        env={**os.environ, **environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_what_is_leashed_dies_with_a_parent_that_was_killed() -> None:
    child = [*leashed(sys.executable, "-c", SAYS_ITS_ID_AND_WAITS)]
    with start([sys.executable, "-c", STARTS_ANOTHER_ON_A_LEASH, *child]) as parent:
        assert parent.stdout is not None
        grandchild = int(parent.stdout.readline())
        parent.kill()
        # the pipe ends only when the grandchild, which holds its other end, is gone as well
        is_over, _, _ = select.select([parent.stdout], [], [], PATIENCE_SECONDS)
        if not is_over:
            os.kill(grandchild, signal.SIGKILL)
    assert is_over


def test_whoever_starts_after_the_parents_death_dies_at_once() -> None:
    someone_else = str(os.getppid())
    with start(leashed(sys.executable, "-c", "print('alive')"), LEASH_PARENT=someone_else) as child:
        assert child.stdout is not None
        assert child.stdout.read() == ""
    assert child.returncode == -signal.SIGKILL


def test_the_signal_is_the_one_that_was_asked_for() -> None:
    someone_else = str(os.getppid())
    asked = {"LEASH_PARENT": someone_else, "LEASH_SIGNAL": str(int(signal.SIGTERM))}
    with start(leashed(sys.executable, "-c", "print('alive')"), **asked) as child:
        pass
    assert child.returncode == -signal.SIGTERM


def test_a_runs_lock_is_held_for_as_long_as_its_program_lives_and_no_longer(tmp_path: Path) -> None:
    about = {"PREFECT__FLOW_RUN_ID": RUN, "RUN_LOCKS_FOLDER": str(tmp_path)}
    with start(leashed(sys.executable, "-c", SAYS_ITS_ID_AND_WAITS), **about) as child:
        assert child.stdout is not None
        assert int(child.stdout.readline()) == child.pid, "the program takes the place of the leash"
        assert is_locked(tmp_path / RUN)
        child.kill()
    assert not is_locked(tmp_path / RUN)


def test_a_run_whose_old_lock_file_is_swept_away_as_it_comes_makes_a_new_one(tmp_path: Path) -> None:
    path, about = tmp_path / RUN, {"PREFECT__FLOW_RUN_ID": RUN, "RUN_LOCKS_FOLDER": str(tmp_path)}
    with path.open("w") as old:
        fcntl.flock(old, fcntl.LOCK_EX)
        child = start(leashed(sys.executable, "-c", SAYS_ITS_ID_AND_WAITS), **about)
        eventually(lambda: has_open(child.pid, path), "it waits for the lock")
        path.unlink()
    with child:
        assert child.stdout is not None
        assert int(child.stdout.readline()) == child.pid
        assert path.exists()
        assert is_locked(path)
        child.kill()


@pytest.mark.parametrize("environ", [{}, {"PREFECT__FLOW_RUN_ID": RUN}, {"RUN_LOCKS_FOLDER": "/nowhere"}])
def test_outside_a_run_nothing_is_locked(environ: Mapping[str, str]) -> None:
    assert leash.hold_run_lock(environ) is None
