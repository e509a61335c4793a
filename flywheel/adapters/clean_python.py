"""Clean interpreters: a program run in one that nothing has warmed, and one built anew from a lock file by uv."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from flywheel.adapters.programs import UV, arithmetic_of, safe_path
from flywheel.adapters.running import run_to_end
from flywheel.errors import Unavailable

ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"), "1")
BUILD_SECONDS = 900


def run_clean(
    module: str,
    argument: str,
    *,
    home: Path,
    logs: Path,
    python: Path | None = None,
    seconds: float = 3_600,
    given: str = "",
) -> str:
    """Run a module of ours in a fresh interpreter, of our environment with only what the processor needs.


    A program that fails is `Unavailable`, with the last that it said.
    """
    environment = {
        "PATH": safe_path(),
        "LC_ALL": "C.UTF-8",
        "PYTHONHASHSEED": "0",
        "PYTHONPATH": str(home),
        "PYTHONDONTWRITEBYTECODE": "1",
        **arithmetic_of(os.environ),
        **ONE_THREAD,
    }
    return run_to_end(
        [python or sys.executable, "-s", "-m", module, argument],
        what=f"{module} in a clean interpreter",
        logs=logs,
        folder=home,
        environment=environment,
        seconds=seconds,
        given=given,
    )


def build_environment(lock: bytes, *, folder: Path, logs: Path) -> Path:
    """Install exactly what a lock names into a new environment, from uv's cache alone where that suffices."""
    wanted, target = folder / "requirements.lock", folder / "environment"
    wanted.write_bytes(lock)
    python = target / "bin" / "python"
    _run_uv("venv", "--quiet", "--python", sys.executable, str(target), folder=folder, logs=logs)
    install = ("pip", "sync", "--quiet", "--require-hashes", "--python", str(python), str(wanted))
    try:
        _run_uv(*install, "--offline", folder=folder, logs=logs)
    except Unavailable:
        _run_uv(*install, "--system-certs", folder=folder, logs=logs)
    return python


def _run_uv(*words: str, folder: Path, logs: Path) -> None:
    run_to_end(
        [UV.require(), *words],
        what=f"uv {words[0]} of the recorded lock",
        logs=logs,
        folder=folder,
        seconds=BUILD_SECONDS,
        next_step="connect to the package index once, or go without --clean-environment",
    )
