"""A version with its dossier filed, and that dossier exported."""

from __future__ import annotations

from pathlib import Path

import pytest

from flywheel.adapters.artifacts import Artifacts
from flywheel.catalog.engine import Catalog
from flywheel.domain.digests import canonical_json, digest_of
from flywheel.services.dossier import dossiers
from flywheel.services.dossier.export import Exported, export_dossier
from flywheel.services.dossier.page import render
from flywheel.services.record.sealing import Seal
from flywheel.settings import Settings
from tests.factories.projects import registered
from tests.factories.versions import RUN, judged, registered_version
from tests.fakes.clock import SettableClock


@pytest.fixture
def artifacts(tmp_path: Path) -> Artifacts:
    return Artifacts(tmp_path / "artifacts")


@pytest.fixture
def seal(settings: Settings) -> Seal:
    return Seal.of(settings)


@pytest.fixture
def version(catalog: Catalog, artifacts: Artifacts) -> str:
    """A judged version with its dossier filed."""
    registered(catalog)
    found = registered_version(catalog)
    judged(catalog, found)
    document = dossiers.assemble(catalog, version=found.id)
    digest = digest_of(document)
    artifacts.put_bytes(canonical_json(document).encode())
    page = artifacts.put_bytes(render(document, digest=digest).encode())
    dossiers.file_dossier(
        catalog, version=found.id, digest=digest, evidence_digest=page, run_id=RUN, actor="flow:validation"
    )
    return found.id


@pytest.fixture
def exported(
    catalog: Catalog, artifacts: Artifacts, seal: Seal, version: str, clock: SettableClock, tmp_path: Path
) -> Exported:
    return export_dossier(catalog, artifacts=artifacts, seal=seal, version=version, folder=tmp_path / "out")
