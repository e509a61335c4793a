"""Charters in the record: what was submitted, what is in force by signature, and what changed since a stage ended."""

from __future__ import annotations

from pathlib import Path

from flywheel.catalog import stage_run
from flywheel.catalog.endpoint import find_endpoint, read_releases
from flywheel.catalog.engine import UnitOfWork
from flywheel.catalog.project import read_project, read_submission
from flywheel.domain.digests import Digest
from flywheel.domain.stages import ORDER, Stage
from flywheel.project.loader import Project, recorded_project
from flywheel.project.stage_inputs import changed_keys


def submitted(work: UnitOfWork, slug: str, project_digest: str = "") -> Project:
    """Read a project as it was submitted, the last time where no digest is named; its folder is not looked at."""
    record = read_project(work.session, slug)
    found = read_submission(work.session, slug, project_digest=project_digest or record.project_digest)
    return recorded_project(Path(record.path), found.document, found.hooks, digest=found.project_digest)


def in_force(work: UnitOfWork, slug: str, *, version: str | None = None) -> Digest | None:
    """Name the charter that was signed for what serves, or for a version that was released; none before any was.

    Where the rule answers, it is the charter of the package that the rule comes with. What was submitted since and is
    not signed yet is no charter to watch by, to page by or to fall back by.
    """
    endpoint, releases = find_endpoint(work.session, slug), read_releases(work.session, slug)
    wanted = version or (endpoint.version if endpoint else None)
    package = endpoint.package.get("digest") if endpoint else None
    of_version = (one for one in releases if one.version == wanted)
    of_package = (one for one in releases if wanted is None and package and one.package.get("digest") == package)
    newest = (one for one in releases if version is None)
    return next((one.project_digest for found in (of_version, of_package, newest) for one in found), None)


def changed_before(work: UnitOfWork, slug: str, stage: Stage) -> dict[Stage, tuple[str, ...]]:
    """Name the earlier stages that ended well under a charter that said otherwise, with the keys that they read."""
    now, changed = submitted(work, slug), dict[Stage, tuple[str, ...]]()
    for earlier in ORDER[: ORDER.index(stage)]:
        run = stage_run.latest_opened(work.session, project=slug, stage=earlier)
        if run is not None and run.project_digest != now.digest:
            keys = changed_keys(earlier, old=submitted(work, slug, run.project_digest), new=now)
            changed |= {earlier: keys} if keys else {}
    return changed
