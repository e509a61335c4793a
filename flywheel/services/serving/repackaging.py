"""Repackaging: what serves is packaged again where its files were altered; the altered ones are kept aside."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from flywheel.adapters.bentoml import Package, verify_package
from flywheel.catalog.endpoint import EndpointRecord, find_endpoint, read_releases
from flywheel.catalog.engine import Catalog
from flywheel.domain.authority import Permission
from flywheel.domain.incidents import group_key
from flywheel.errors import NotFound, Refused, Tampered
from flywheel.services.incidents import incidents
from flywheel.services.people.authority import permit
from flywheel.services.people.proof import Proof
from flywheel.services.serving.alterations import PACKAGE

Make = Callable[[str], Package]
"""Packages a version."""


@dataclass(frozen=True)
class Mended:
    """What was made again, where the altered files lie now, and which incidents that resolved."""

    version: str
    path: str
    aside: str
    resolved: tuple[str, ...]


def mend_package(
    catalog: Catalog, *, project: str, public_key: str, make: Make, aside_root: Path, proof: Proof
) -> Mended:
    """Make the package of what serves again, byte for byte, or refuse to call anything else mended.

    The proof is that of a session: it is shown for each incident that this resolves.
    """
    permit(catalog, proof, Permission.MEND, project=project)
    present, version = _released(catalog, project)
    path, digest = Path(str(present.package["path"])), str(present.package["digest"])
    aside = ""
    if not _is_whole(path, public_key, digest):
        aside = _put_aside(path, aside_root)
        try:
            built = make(version)
        except BaseException:
            if aside:  # nothing was made, so nothing was moved
                Path(aside).rename(path)
            raise
        if (built.path, built.digest) != (path, digest):
            raise Refused(
                f"{version} can only be rebuilt as a different package: our code, our lock or the charter has changed "
                f"since its release; {f'the altered files are in {aside}' if aside else 'its own is gone'}",
                found=built.digest,
                allowed=digest,
                next_step=f"put {path} back from a backup, or release anew: `flywheel run {project} delivery`",
            )
    words = f"the package of {version} is restored" + (f"; the altered files are in {aside}" if aside else "")
    return Mended(version, str(path), aside, _resolve(catalog, project, words, proof))


def _released(catalog: Catalog, project: str) -> tuple[EndpointRecord, str]:
    """Read what should answer, and of which version its package is: the rule answers from the package of a model."""
    with catalog.look() as work:
        work.stand(project)
        present = find_endpoint(work.session, project)
        releases = read_releases(work.session, project)
    digest = present.package.get("digest") if present else None
    version = next((one.version for one in releases if digest and one.package.get("digest") == digest), None)
    if present is None or version is None:
        raise NotFound("nothing of this project was ever released", found=project, next_step="see `flywheel status`")
    return present, version


def _is_whole(path: Path, public_key: str, digest: str) -> bool:
    try:
        verify_package(path, public_key=public_key, digest=digest)
    except Tampered:
        return False
    return True


def _put_aside(path: Path, root: Path) -> str:
    """Move what is there to a place where nothing starts from it; somebody will want to look at it."""
    if not (path.exists() or path.is_symlink()):
        return ""
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    names = (f"{path.parent.name}-{path.name}-{number}" for number in count(1))
    aside = next(root / name for name in names if not os.path.lexists(root / name))
    path.rename(aside)
    return str(aside)


def _resolve(catalog: Catalog, project: str, words: str, proof: Proof) -> tuple[str, ...]:
    found = incidents.list_incidents(catalog, project=project, is_unresolved=True)
    mine = [one.id for one in found if one.key == group_key(project, PACKAGE)]
    for incident in mine:
        standing = tuple(one.number for one in incidents.faults_of(catalog, incident=incident) if not one.is_over)
        incidents.resolve(catalog, incident=incident, resolution=words, proof=proof, faults=standing)
    return tuple(mine)
