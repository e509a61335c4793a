"""A filed dossier is worded by what the record says when people are asked."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import pytest

from flywheel.adapters.artifacts import Artifacts
from flywheel.catalog.engine import Catalog
from flywheel.domain.digests import canonical_json
from flywheel.services.again.reproductions import record_reproduction
from flywheel.services.dossier import dossiers
from flywheel.settings import Settings
from tasks.file_dossier import as_it_stands
from tasks.shapes import Filed
from tests.factories.people import VERA
from tests.factories.projects import registered
from tests.factories.versions import judged, registered_version
from tests.factories.walker import MADE_AGAIN


def test_the_form_says_no_more_that_nobody_made_it_again(
    catalog: Catalog, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    registered(catalog)
    version = registered_version(catalog)
    judged(catalog, version)
    artifacts = Artifacts(settings.artifacts_root)
    digest = artifacts.put_bytes(canonical_json(dossiers.assemble(catalog, version=version.id)).encode())
    bench = SimpleNamespace(catalog=catalog, artifacts=artifacts)
    monkeypatch.setattr(sys.modules["tasks.file_dossier"], "workbench", lambda: bench)
    filed: Filed = {"digest": digest, "brief": "", "questions": []}
    before = as_it_stands(version.id, filed)
    made = version.model_digest
    record_reproduction(catalog, version=version.id, model_digest=made, made=MADE_AGAIN, actor=VERA)
    after = as_it_stands(version.id, filed)
    gone = [one for one in before["questions"] if one not in after["questions"]]
    assert gone == ["[gap] Missing: nobody has reproduced it from the record: “flywheel reproduce”."]
    assert f"{len(before['questions'])} questions wait" in before["brief"]
    assert f"{len(after['questions'])} question" in after["brief"]
    assert after["digest"] == digest
