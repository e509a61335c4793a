"""A version whose dossier is filed whole: document, page and a piece of evidence in the store."""

from __future__ import annotations

from flywheel.domain.digests import Digest, canonical_json, digest_of
from flywheel.services.dossier import dossiers
from flywheel.services.dossier.page import render
from flywheel.services.workbench import Workbench
from tests.factories.projects import registered
from tests.factories.versions import judged, put_dossier, registered_version

REPORT = b"<!doctype html><script>document.title = 'ran'</script><h1>Evidence</h1>"


def filed(bench: Workbench) -> tuple[str, Digest]:
    """Give the version and the digest of its dossier."""
    registered(bench.catalog)
    version = registered_version(bench.catalog)
    judged(bench.catalog, version)
    document = dossiers.assemble(bench.catalog, version=version.id)
    report = bench.artifacts.put_bytes(REPORT)
    gates = document["gates"]
    assert isinstance(gates, list)
    gates.append({"code": "DRIFT-002", "title": "Drift", "verdict": "passed", "evidence": {"drift.html": report}})
    digest = digest_of(document)
    bench.artifacts.put_bytes(canonical_json(document).encode())
    page = bench.artifacts.put_bytes(render(document, digest=digest).encode())
    put_dossier(bench.catalog, version=version.id, digest=digest, evidence_digest=page)
    return version.id, digest
