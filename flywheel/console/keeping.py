"""A user's own session on this machine: one file that nobody else reads."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path

from flywheel.errors import Refused

OTHERS = 0o077


@dataclass(frozen=True)
class Kept:
    """Who is logged in, by what token."""

    person: str
    token: str = field(repr=False)


def keep(path: Path, kept: Kept) -> None:
    """Write the session so that only this user reads it, in place of any other."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    fresh.unlink(missing_ok=True)
    opened = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(opened, "w", encoding="utf-8") as file:
        json.dump({"person": kept.person, "token": kept.token}, file)
    fresh.replace(path)


def read(path: Path) -> Kept | None:
    """Read the session, if one is kept; refuse a file that others can read or that is somebody else's."""
    try:
        opened = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except FileNotFoundError:
        return None
    with os.fdopen(opened, encoding="utf-8") as file:
        state = os.fstat(file.fileno())
        if state.st_uid != os.geteuid() or state.st_mode & OTHERS:
            raise Refused(
                "the session's file is not this user's alone",
                found=path,
                allowed="mode 0600, owned by you",
                next_step="delete it, and `flywheel login EMAIL`",
            )
        text = file.read()
    try:
        said = json.loads(text)
        return Kept(str(said["person"]), str(said["token"]))
    except (ValueError, KeyError, TypeError) as error:
        raise Refused(
            "the session's file cannot be read", found=path, next_step="delete it, and `flywheel login EMAIL`"
        ) from error


def forget(path: Path) -> None:
    """Remove the session from this machine."""
    path.unlink(missing_ok=True)
