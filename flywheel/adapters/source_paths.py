"""Finds a source's data files: inside the project or a configured root, never through a link."""

from __future__ import annotations

import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from flywheel.errors import InputRefused

MOST_FILES = 100_000


def data_files(uri: str, *, project_path: Path, roots: Iterable[Path] = ()) -> tuple[Path, tuple[Path, ...]]:
    """Find the files of a relative path or pattern in the first folder that has any; give that folder too."""
    bases = [base.resolve() for base in (project_path, *roots)]
    parts = Path(uri).parts
    if Path(uri).is_absolute() or ".." in parts or "**" in parts or "~" in parts or ":" in uri:
        raise InputRefused("a data path must stay inside the project", found=uri, allowed="a relative path")
    for base in bases:
        files = sorted(_matches(base, uri))
        if files:
            for file in files:
                _must_be_plain(base, file)
            return base, tuple(files)
    raise InputRefused(
        f"no data file matches {uri}",
        allowed=f"files in {', '.join(base.name for base in bases)}",
        next_step="put the files there, or name their folder under source_roots in config/settings.toml",
    )


def _matches(base: Path, uri: str) -> Iterator[Path]:
    if not any(character in uri for character in "*?"):
        path = base / uri
        if path.exists() or path.is_symlink():
            yield path
        return
    for count, path in enumerate(base.glob(uri)):
        if count >= MOST_FILES:
            raise InputRefused(f"too many files match {uri}", allowed=f"at most {MOST_FILES:,}")
        yield path


def _must_be_plain(base: Path, file: Path) -> None:
    shown = file.relative_to(base)
    step = base
    for part in shown.parts:
        step = step / part
        if step.is_symlink():
            raise InputRefused(f"{shown} is a link", allowed="plain files inside the project or a source root")
    if not file.resolve().is_relative_to(base):
        raise InputRefused(f"{shown} leaves its folder", allowed="plain files inside the project or a source root")
    facts = file.stat()
    if not stat.S_ISREG(facts.st_mode):
        raise InputRefused(f"{shown} is not a plain file", allowed="plain files")
    if facts.st_size == 0:
        raise InputRefused(f"{shown} is empty: 0 bytes", next_step="ask the owner of the source for it again")
