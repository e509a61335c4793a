"""The ground of a decision: what a door goes by is read from here on as the proven chain says it."""

from __future__ import annotations

from flywheel.catalog.engine import UnitOfWork
from flywheel.catalog.project import lock_project
from flywheel.catalog.version import VersionRecord, read_version


def locked_version(work: UnitOfWork, version: str) -> VersionRecord:
    """Read a version after its project's row is locked: decisions about it happen one after another."""
    lock_project(work.session, read_version(work.session, version).project)
    return read_version(work.session, version)


def proven_version(work: UnitOfWork, version: str) -> VersionRecord:
    """Read a version for what may open something: what is read from here on is what the proven chain says."""
    work.stand(lock_project(work.session, read_version(work.session, version).project).slug)
    return read_version(work.session, version)
