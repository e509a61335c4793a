"""Start a program that dies with its parent and, if asked, holds a lock file for as long as it lives.

Run as `python -S -E leash.py PROGRAM ARGUMENTS`; standard library only, because it starts before anything else.
The lock is what the reaper asks about a flow run: the kernel gives it back at the moment the run's process is gone.
On systems without PR_SET_PDEATHSIG (other than Linux) the first half is left out.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import signal
import sys
from collections.abc import Mapping, Sequence

PR_SET_PDEATHSIG = 1
PARENT_VARIABLE = "LEASH_PARENT"
SIGNAL_VARIABLE = "LEASH_SIGNAL"
RUN_ID_VARIABLE = "PREFECT__FLOW_RUN_ID"
LOCK_FOLDER_VARIABLE = "RUN_LOCKS_FOLDER"


def main(arguments: Sequence[str]) -> None:
    """Tie this program to its parent, take the run's lock, become the given program."""
    parent = os.environ.pop(PARENT_VARIABLE, None)
    number = int(os.environ.pop(SIGNAL_VARIABLE, signal.SIGKILL))
    die_with_parent(signal.Signals(number), parent=int(parent) if parent else None)
    hold_run_lock(os.environ)
    os.execvp(arguments[0], list(arguments))  # noqa: S606  the program is our own argument, no shell


def die_with_parent(when: signal.Signals, *, parent: int | None = None) -> None:
    """Ask the kernel to send this process a signal when the thread that started it ends."""
    if not sys.platform.startswith("linux"):
        return
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_PDEATHSIG, int(when), 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")
    if parent is not None and os.getppid() != parent:
        os.kill(os.getpid(), when)  # the parent died before we asked


def hold_run_lock(environ: Mapping[str, str]) -> int | None:
    """Lock the file of this flow run, inherited by whatever this process becomes; nothing outside a flow run."""
    run_id, folder = environ.get(RUN_ID_VARIABLE), environ.get(LOCK_FOLDER_VARIABLE)
    if not run_id or not folder:
        return None
    path = f"{folder}/{run_id}"
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        if _is_file_of(descriptor, path):
            break
        os.close(descriptor)  # it was swept away while we waited for it: nobody would see its lock
    os.set_inheritable(descriptor, True)  # noqa: FBT003  the standard library's own signature
    return descriptor


def _is_file_of(descriptor: int, path: str) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(path))  # noqa: PTH116  pathlib costs more than all the rest
    except FileNotFoundError:
        return False


if __name__ == "__main__":
    main(sys.argv[1:])
