"""A model from elsewhere walks on real servers like any other, up to an endpoint; it is not retrained here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from flywheel.domain.signoffs import Role
from flywheel.domain.stages import CycleKind, Stage
from flywheel.services.modelling import external, versions
from flywheel.services.serving import serving
from tests.deployments.conftest import HOME
from tests.factories.external import toml
from tests.factories.people import enrolled, logged_in
from tests.scenarios.lab import Lab

pytestmark = [pytest.mark.scenario, pytest.mark.timeout(600)]

PROJECT = "brought"
BRINGER, VALIDATOR = "bea@clinic.example", "vic@clinic.example"
USED = ("mean_radius", "mean_texture", "mean_concavity", "mean_perimeter")


def test_a_model_from_elsewhere_is_judged_signed_and_served_and_not_retrained(lab: Lab, tmp_path: Path) -> None:
    folder = tmp_path / PROJECT
    folder.mkdir()
    charter = (HOME / "examples" / "breast_cancer" / "project.toml").read_text()
    (folder / "project.toml").write_text(charter.replace('"breast-cancer"', f'"{PROJECT}"'))
    lab.register(folder)
    frame = samples()
    signature, expected = handed_over(tmp_path / "maker", frame)

    _, project = lab.bench.registered(PROJECT)
    received = external.receive(project, signature, settings=lab.bench.settings, artifacts=lab.bench.artifacts)
    enrolled(lab.office, lab.bench.identity, BRINGER, roles={PROJECT: {Role.IT}})
    proof = logged_in(lab.office, lab.bench.identity, BRINGER)
    record = external.bring_in(lab.bench.catalog, project=PROJECT, received=received, proof=proof, reason="")
    assert record.cycle_kind is CycleKind.EXTERNAL
    version = lab.version_to_sign(PROJECT)
    assert BRINGER in versions.get_version(lab.bench.catalog, version=version).authors
    lab.sign(version, person=VALIDATOR, role=Role.VALIDATOR)
    lab.until(lambda: lab.project(PROJECT).stage is Stage.MONITORING, "delivery")

    url = lab.endpoint_url(PROJECT)
    answer = serving.ask(url, serving.as_rows(frame.head(40)[serving.asked_for(url)]))
    scores = [one["score"] for one in answer["predictions"]]
    np.testing.assert_allclose(scores, expected[:40], atol=1e-4)

    refused = lab.finished(lab.run("retraining", PROJECT))
    assert "Scores Ltd made brought:1, so it is not retrained here" in refused.message


def samples() -> pd.DataFrame:
    bunch = load_breast_cancer(as_frame=True)
    return pd.DataFrame(
        bunch.data.rename(columns=lambda name: name.replace(" ", "_")).assign(malignant=bunch.target == 0)
    )


def handed_over(folder: Path, frame: pd.DataFrame) -> tuple[Path, list[float]]:
    """Make a graph as its maker would, and what it answers there."""
    from skl2onnx import to_onnx

    folder.mkdir()
    matrix = frame[list(USED)].to_numpy(dtype=np.float32)
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(matrix, frame["malignant"])
    graph = to_onnx(model, matrix[:1], options={"zipmap": False})
    (folder / "score.onnx").write_bytes(graph.SerializeToString())
    expected = model.predict_proba(matrix)[:, 1]
    frame.loc[:29, list(USED)].assign(expected=expected[:30]).to_csv(folder / "golden.csv", index=False)
    signature: dict[str, Any] = {
        "form": "onnx",
        "file": "score.onnx",
        "maker": "Scores Ltd",
        "release": "1",
        "golden": "golden.csv",
    }
    signature |= {"tolerance": 1e-4}
    (folder / "signature.toml").write_text(toml(signature | {"inputs": [{"column": name} for name in USED]}))
    return folder / "signature.toml", [float(one) for one in expected]
