"""Folders for unfinished work: gone when whoever writes there is done, and swept by the next one when it died."""

from __future__ import annotations

import errno
import fcntl
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import TextIOWrapper
from pathlib import Path

LOCK = "held"
"""A file in each draft, locked by its owner; the system lets the lock go when the owner dies, however it dies."""


@contextmanager
def draft(drafts: Path) -> Iterator[Path]:
    """Give an own folder among the drafts, after sweeping away those whose owner is dead."""
    drafts.mkdir(parents=True, exist_ok=True)
    _sweep(drafts)
    folder, lock = _own_folder(drafts)
    with lock:
        try:
            yield folder
        finally:
            with suppress(FileNotFoundError):  # once it is empty, a sweeper may be quicker
                shutil.rmtree(folder)


def _own_folder(drafts: Path) -> tuple[Path, TextIOWrapper]:
    """Make a folder and lock it; a sweeper that came between the two took it, so another one is made."""
    while True:
        folder = Path(tempfile.mkdtemp(dir=drafts))
        with suppress(FileNotFoundError):
            lock = (folder / LOCK).open("w")
            fcntl.flock(lock, fcntl.LOCK_EX)
            if (folder / LOCK).exists():
                return folder, lock
            lock.close()


def _sweep(drafts: Path) -> None:
    for folder in drafts.iterdir():
        with suppress(BlockingIOError, FileNotFoundError, PermissionError):  # in use, gone, or another user's
            if (folder / LOCK).exists():
                with (folder / LOCK).open("r+") as lock:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    shutil.rmtree(folder)
            else:
                _remove_empty(folder)


def _remove_empty(folder: Path) -> None:
    """Remove what is left of an owner that died before it had a lock."""
    try:
        folder.rmdir()
    except OSError as error:
        if error.errno not in {errno.ENOTEMPTY, errno.ENOENT, errno.ENOTDIR}:
            raise
