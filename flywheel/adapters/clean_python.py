"""Clean interpreters: a program run in one that nothing has warmed, and one built anew from a lock file by uv."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from flywheel.errors import Unavailable

ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"), "1")
BUILD_SECONDS = 900


def run_clean(module: str, argument: str, *, home: Path, python: Path | None = None, seconds: float = 3_600) -> str:
    """Run a module of ours in a fresh interpreter with pinned threads and nothing of our environment; give its words.

    A program that fails is `Unavailable`, with the last that it said.
    """
    environment = {
        "PATH": os.defpath,
        "LC_ALL": "C.UTF-8",
        "PYTHONHASHSEED": "0",
        "PYTHONPATH": str(home),
        "PYTHONDONTWRITEBYTECODE": "1",
        **ONE_THREAD,
    }
    command = [str(python or sys.executable), "-s", "-m", module, argument]
    try:
        ended = subprocess.run(
            command, env=environment, cwd=home, capture_output=True, text=True, check=False, timeout=seconds
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unavailable("the clean interpreter did not end", found=type(error).__name__) from error
    if ended.returncode:
        how = signal.Signals(-ended.returncode).name if ended.returncode < 0 else _last(ended.stderr)
        raise Unavailable("the clean interpreter failed", found=how)
    return ended.stdout


def build_environment(lock: bytes, *, folder: Path) -> Path:
    """Install exactly what a lock names into a new environment, from uv's cache alone where that suffices."""
    uv = shutil.which("uv")
    if uv is None:
        raise Unavailable("a clean environment needs uv", next_step="install uv, or go without --clean-environment")
    wanted, target = folder / "requirements.lock", folder / "environment"
    wanted.write_bytes(lock)
    python = target / "bin" / "python"
    _run(uv, "venv", "--quiet", "--python", sys.executable, str(target))
    install = ("pip", "sync", "--quiet", "--require-hashes", "--python", str(python), str(wanted))
    try:
        _run(uv, *install, "--offline")
    except Unavailable:
        _run(uv, *install)
    return python


def _run(uv: str, *words: str) -> None:
    try:
        ended = subprocess.run([uv, *words], capture_output=True, text=True, check=False, timeout=BUILD_SECONDS)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unavailable("uv did not end", found=type(error).__name__) from error
    if ended.returncode:
        raise Unavailable(
            "the environment of the lock cannot be had",
            found=_last(ended.stderr),
            next_step="connect to the package index once, or go without --clean-environment",
        )


def _last(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:300] if lines else "no word"
