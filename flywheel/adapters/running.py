"""Runs a program to its end; of one that fails people see the last lines, and the name of the file that holds all."""

from __future__ import annotations

import hashlib
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from flywheel.errors import Unavailable, ending_of


def run_to_end(
    command: Sequence[str | Path],
    *,
    what: str,
    logs: Path,
    folder: Path,
    seconds: float,
    environment: Mapping[str, str] | None = None,
    given: str = "",
    next_step: str = "",
) -> str:
    """Run a program and give what it printed; `what` names it for people, `logs` keeps what it said where it fails.

    Without an environment it gets ours.
    """
    try:
        ended = subprocess.run(
            list(map(str, command)),
            cwd=folder,
            env=environment,
            input=given,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        said = _text(error.stdout) + _text(error.stderr)
        raise failure(f"{what} did not end within {seconds:g} s", said, logs=logs, next_step=next_step) from error
    except OSError as error:
        raise Unavailable(
            f"{what} cannot be started: {error.strerror}", found=error.filename and Path(error.filename)
        ) from error
    if ended.returncode:
        how = f"{what} {how_ended(ended.returncode)}"
        raise failure(how, ended.stdout + ended.stderr, logs=logs, next_step=next_step)
    return ended.stdout


def failure(what: str, said: str, *, logs: Path, next_step: str = "") -> Unavailable:
    """Make the error of a program that failed; all that it said is kept in a file of the logs folder."""
    if not said.strip():
        return Unavailable(f"{what} without an error message", next_step=next_step)
    name = hashlib.sha256(f"{what}\n{said}".encode()).hexdigest()[:12]  # the same failure again is the same file
    path = logs / f"failed-{name}.log"
    logs.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.write_text(f"{what}\n\n{said}", encoding="utf-8")
    path.chmod(0o600)
    return Unavailable(f"{what}:\n{ending_of(said)}\nits whole output is in {path}", next_step=next_step)


def how_ended(status: int) -> str:
    """Say how a program ended, by its exit status or the signal that killed it."""
    if status >= 0:
        return f"failed with status {status}"
    known = {number.value: number.name for number in signal.Signals}
    return f"was killed by {known.get(-status, f'signal {-status}')}"


def _text(said: str | bytes | None) -> str:
    return said.decode(errors="replace") if isinstance(said, bytes) else said or ""
