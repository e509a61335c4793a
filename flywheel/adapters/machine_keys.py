"""Keys of this machine: drawn once, each in a file that only its owner reads."""

from __future__ import annotations

import os
from collections.abc import Callable

from flywheel.settings import Settings

FOLDER = "keys"


def key_of_machine(settings: Settings, *, name: str, draw: Callable[[], bytes], folder: str = FOLDER) -> bytes:
    """Read a key file, drawing the key where there is none yet."""
    path = settings.data_root / folder / name
    settings.data_root.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = path.with_name(f"{name}.{os.getpid()}")
    if not path.exists():
        with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:  # noqa: PTH123  sets the mode
            file.write(draw())
        try:
            os.link(fresh, path)  # whoever is first wins, and nobody reads half a key
        except FileExistsError:
            return path.read_bytes()
        finally:
            fresh.unlink()
    return path.read_bytes()
