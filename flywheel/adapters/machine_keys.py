"""Keys of this machine: drawn once, each in a file that only its owner reads."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path

from flywheel.errors import Tampered, Unavailable
from flywheel.settings import Settings

FOLDER = "keys"
PUBLIC_FOLDER = "public"


def key_of_machine(
    settings: Settings, *, name: str, draw: Callable[[], bytes], folder: str = FOLDER, root: Path | None = None
) -> bytes:
    """Read a key file, drawing the key where there is none yet."""
    place = root or settings.data_root
    path = place / folder / name
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not path.exists():
        return _put(path, draw(), mode=0o600)
    return path.read_bytes()


def publish_key(root: Path, *, name: str, key: bytes, is_for_others: bool) -> None:
    """Put the public half of a key where our other programs read it; refuse to put another in its place."""
    path = root / PUBLIC_FOLDER / name
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = path.read_bytes() if path.exists() else _put(path, key, mode=0o644 if is_for_others else 0o600)
    if is_for_others:
        path.parent.chmod(0o755)  # they run as another user
    if found != key:
        raise Tampered(
            f"{path} is not the public half of the key that is kept here",
            found=found.decode(errors="replace"),
            allowed=key.decode(),
            next_step="put keys and public halves back from one backup",
        )


def public_key_of(root: Path, *, name: str) -> bytes:
    """Read the public half of a key that another process keeps."""
    path = root / PUBLIC_FOLDER / name
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise Unavailable(
            "there is no public key to hold decisions against",
            found=path,
            next_step="put it back from a backup; the notary writes it when it begins",
        ) from error


def _put(path: Path, content: bytes, *, mode: int) -> bytes:
    """Write a file whole, unless somebody was quicker; give what is there then."""
    fresh = path.with_name(f"{path.name}.{os.getpid()}.{threading.get_ident()}")
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb") as file:  # noqa: PTH123  sets the mode
        os.fchmod(file.fileno(), mode)  # whatever the umask takes away
        file.write(content)
    try:
        os.link(fresh, path)  # whoever is first wins, and nobody reads half a key
    except FileExistsError:
        return path.read_bytes()
    finally:
        fresh.unlink()
    return content
