"""The open resources of this process, for the tasks that run in it."""

from __future__ import annotations

from functools import cache, lru_cache
from pathlib import Path

from flywheel.adapters.own_sources import sources_of
from flywheel.domain.digests import Digest, digest_bytes, digest_tree
from flywheel.services.workbench import Workbench
from flywheel.settings import Settings

HOME = Path(__file__).resolve().parent.parent


@lru_cache(maxsize=1)
def workbench() -> Workbench:
    """Open the catalog, the artifact store and the rest once for this process."""
    return Workbench.open(Settings.load())


@cache
def code_digest(module: str) -> Digest:
    """Digest the code that a module needs and the libraries' lock: a change of it is a change of input.

    What it reaches over the workbench says how things are kept and found, not what comes out.
    """
    sources = sources_of(module, HOME, without=(__name__,))
    if not sources:
        raise ValueError(f"{module} is no module of ours")
    sources["requirements.lock"] = (HOME / "requirements.lock").read_bytes()
    return digest_tree({name: digest_bytes(source) for name, source in sources.items()})
