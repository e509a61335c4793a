"""Same again: a walk that ends with the very model that serves asks nobody to sign once more what they signed."""

from __future__ import annotations

from flywheel.catalog.endpoint import find_endpoint, read_releases
from flywheel.catalog.engine import Catalog
from flywheel.catalog.project import read_project
from flywheel.catalog.version import read_version
from flywheel.domain.endpoints import EndpointMode
from flywheel.services.standing.weighing import awaits_release, reasons_against


def stands_already(catalog: Catalog, *, version: str, project_digest: str) -> str:
    """Name the dossier that a version serves under; nothing where anything that was signed has changed since.

    Charter, policy and authors must be those of its release, its gates, findings and signatures must still hold, and
    it must serve.
    """
    with catalog.look() as work:
        record = read_version(work.session, version)
        present = find_endpoint(work.session, record.project)
        if present is None or (present.mode, present.version) != (EndpointMode.MODEL, version):
            return ""
        release = next(one for one in read_releases(work.session, record.project) if one.version == version)
        signed = (release.project_digest, release.policy_digest, release.authors)
        policy_digest = read_project(work.session, record.project).policy_digest
        if signed != (project_digest, policy_digest, record.authors):
            return ""
        if awaits_release(work, record) or reasons_against(work, record):
            return ""
        return str(record.dossier_digest)
