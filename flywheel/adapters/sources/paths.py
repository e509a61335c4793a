"""Finds a source's data files: inside the project or a configured root, never through a link."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import unquote

from flywheel.errors import InputRefused
from flywheel.project.charter.fields import COLUMN
from flywheel.project.charter.source import DATA_FILES

MOST_FILES = 100_000
_NO_VALUE = "__HIVE_DEFAULT_PARTITION__"


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


def path_values(path: Path) -> dict[str, str | None]:
    """Read the column values that a partitioned folder writes as `name=value` into the names of its folders."""
    values: dict[str, str | None] = {}
    for part in path.parts[:-1]:
        name, sign, value = part.partition("=")
        if sign and COLUMN.fullmatch(name):
            values[name] = None if value == _NO_VALUE else unquote(value)
    return values


def _matches(base: Path, uri: str) -> Iterator[Path]:
    if uri.endswith("/"):
        yield from _within(base, uri)
        return
    if not any(character in uri for character in "*?"):
        path = base / uri
        if path.exists() or path.is_symlink():
            yield path
        return
    for count, path in enumerate(base.glob(uri)):
        if count >= MOST_FILES:
            raise InputRefused(f"too many files match {uri}", allowed=f"at most {MOST_FILES:,}")
        yield path


def _within(base: Path, uri: str) -> Iterator[Path]:
    """Find every data file of a folder, however deep; hidden names and those that begin with _ are not data."""
    found = 0
    for folder, folders, names in os.walk(base / uri):
        place = Path(folder)
        folders[:] = sorted(name for name in folders if not name.startswith((".", "_")))
        for path in (place / name for name in (*folders, *names)):
            if path.is_symlink():
                _must_be_plain(base, path)
        for name in names:
            if name.startswith((".", "_")):
                continue
            if not name.endswith(DATA_FILES):
                raise InputRefused(
                    f"the folder {uri} holds what is not data",
                    found=str((place / name).relative_to(base)),
                    allowed=f"{', '.join(DATA_FILES)}; names that begin with . or _ are passed over",
                )
            found += 1
            if found > MOST_FILES:
                raise InputRefused(f"too many files in {uri}", allowed=f"at most {MOST_FILES:,}")
            yield place / name


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
