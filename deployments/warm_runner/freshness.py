"""Whether the code that the parent has imported is still the code on disk."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

FOLDERS = ("flows", "tasks", "validators", "flywheel", "deployments", "config")
FILES = ("requirements.lock", "pyproject.toml")
SUFFIXES = (".py", ".toml")


def fingerprint(home: Path) -> str:
    """Digest the names, sizes and times of every file whose change makes the parent stale (a few milliseconds)."""
    sealed = hashlib.blake2b(digest_size=16)
    for path, size, changed_at_ns in sorted(_facts(home)):
        sealed.update(f"{path}\0{size}\0{changed_at_ns}\n".encode())
    return sealed.hexdigest()


def _facts(home: Path) -> Iterator[tuple[str, int, int]]:
    for name in FILES:
        path = home / name
        if path.is_file():
            found = path.stat()
            yield name, found.st_size, found.st_mtime_ns
    for name in FOLDERS:
        if (home / name).is_dir():
            yield from _walk(str(home / name))


def _walk(folder: str) -> Iterator[tuple[str, int, int]]:
    """Look at every file that is there; what goes away meanwhile, or an editor's link to nowhere, is passed over."""
    with suppress(FileNotFoundError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                if entry.name != "__pycache__":
                    yield from _walk(entry.path)
            elif entry.name.endswith(SUFFIXES):
                with suppress(FileNotFoundError):
                    found = entry.stat()
                    yield entry.path, found.st_size, found.st_mtime_ns
