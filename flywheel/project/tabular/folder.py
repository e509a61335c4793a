"""Sealed folders: one digest over every file, checked before anything in it is opened by a parser."""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

from flywheel.domain.digests import Digest, digest_bytes, digest_tree
from flywheel.errors import InputRefused, NotFound, Tampered, counted

MAX_BYTES = 512 * 1024 * 1024
MAX_FILES = 1_000
DEEPEST = 30
"""Folders within folders."""
NAME = re.compile(r"[\w+@~-][\w .+@~()-]{0,199}", re.ASCII)
"""No hidden files, no separators, no control characters: .git and the like have no place in a sealed folder."""
FORBIDDEN_FOLDERS = frozenset({"__pycache__"})


def folder_digest(folder: Path, *, max_bytes: int = MAX_BYTES) -> Digest:
    """Digest every file of a folder; refuse links, special files, hidden names, empty folders and too much."""
    paths = list_files(folder, max_bytes=max_bytes)
    return digest_tree({name: _digest_file(folder / name, size) for name, size in paths.items()})


def read_verified(folder: Path, digest: Digest, *, max_bytes: int = MAX_BYTES) -> Mapping[str, bytes]:
    """Read all files once and return them only if they are the approved ones: what is parsed is what was hashed."""
    paths = list_files(folder, max_bytes=max_bytes)
    contents = {name: _read(folder / name, size) for name, size in paths.items()}
    found = digest_tree({name: digest_bytes(content) for name, content in contents.items()})
    if found != digest:
        raise Tampered(
            f"the files of {folder.name} are not those that were approved",
            found=found,
            allowed=digest,
            next_step="restore the folder from the artifact store; do not open it",
        )
    return contents


def list_files(folder: Path, *, max_bytes: int = MAX_BYTES) -> dict[str, int]:
    """List the files with their sizes, reading nothing; refuse whatever a digest over files would not cover."""
    if folder.is_symlink() or not folder.is_dir():
        raise NotFound("there is no such folder", found=str(folder), allowed="a folder, not a link to one")
    sizes: dict[str, int] = {}
    total = 0
    for name, size in _walk(folder, ""):
        sizes[name] = size
        total += size
        if total > max_bytes or len(sizes) > MAX_FILES:
            raise InputRefused(
                f"{folder.name} is too large to be opened",
                found=f"{total} bytes in {counted(len(sizes), 'file')} and more",
                allowed=f"{max_bytes} bytes in {MAX_FILES} files",
            )
    return sizes


def _walk(folder: Path, prefix: str) -> Iterator[tuple[str, int]]:
    with os.scandir(folder) as found:
        entries = sorted(found, key=lambda entry: entry.name)
    if not entries:
        raise InputRefused("a sealed folder holds an empty folder", found=prefix or folder.name)
    for entry in entries:
        name = prefix + entry.name
        if not NAME.fullmatch(entry.name) or entry.name in FORBIDDEN_FOLDERS:
            raise InputRefused("a sealed folder holds a forbidden name", found=name, allowed="plain visible names")
        facts = entry.stat(follow_symlinks=False)
        if stat.S_ISDIR(facts.st_mode):
            if name.count("/") >= DEEPEST:
                raise InputRefused("a sealed folder is too deep", found=name, allowed=f"{DEEPEST} levels")
            yield from _walk(folder / entry.name, f"{name}/")
        elif stat.S_ISREG(facts.st_mode):
            yield name, facts.st_size
        else:
            raise InputRefused("a sealed folder holds a link or special file", found=name, allowed="regular files")


def _read(path: Path, size: int) -> bytes:
    descriptor = _open(path)
    with os.fdopen(descriptor, "rb") as file:
        content = file.read(size + 1)
    if len(content) != size:
        raise Tampered(f"{path.name} changed while it was read")
    return content


def _digest_file(path: Path, size: int) -> Digest:
    with os.fdopen(_open(path), "rb") as file:
        digest = Digest(f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}")
        if file.tell() != size:
            raise Tampered(f"{path.name} changed while it was read")
    return digest


def _open(path: Path) -> int:
    return os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
