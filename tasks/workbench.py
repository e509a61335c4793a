"""The open resources of this process, for the tasks that run in it."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from flywheel.domain.digests import Digest, digest_bytes, digest_tree
from flywheel.services.workbench import Workbench
from flywheel.settings import Settings

CODE_FOLDERS = ("flywheel", "tasks", "validators")


@lru_cache(maxsize=1)
def workbench() -> Workbench:
    """Open the catalog, the artifact store and the rest once for this process."""
    return Workbench.open(Settings.load())


@lru_cache(maxsize=1)
def code_digest() -> Digest:
    """Digest the code that computes results, so that a change of it is a change of input."""
    home = Path(__file__).resolve().parent.parent
    files = [path for folder in CODE_FOLDERS for path in (home / folder).rglob("*.py")]
    lock = home / "requirements.lock"
    return digest_tree({str(p.relative_to(home)): digest_bytes(p.read_bytes()) for p in [*files, lock]})
