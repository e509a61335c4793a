"""The smallest project walks its whole life on real servers: from a charter alone to an endpoint that answers."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pytest
from sklearn.datasets import load_breast_cancer

from flywheel.catalog.project import StageState
from flywheel.domain.signoffs import Role
from flywheel.domain.stages import Stage
from flywheel.services.serving import serving
from flywheel.services.walk import stages
from tests.deployments.conftest import HOME
from tests.scenarios.lab import Lab

pytestmark = [pytest.mark.scenario, pytest.mark.timeout(600)]

PROJECT = "breast-cancer"
VALIDATOR = "vera@clinic.example"


def test_a_charter_alone_becomes_a_served_model_and_a_second_walk_repeats_nothing(lab: Lab, tmp_path: Path) -> None:
    folder = tmp_path / PROJECT
    shutil.copytree(HOME / "examples" / "breast_cancer", folder)
    record = lab.register(folder)
    lab.finished(lab.run("lifecycle", PROJECT, started_by=record.owner))
    lab.sign(lab.version_to_sign(PROJECT), person=VALIDATOR, role=Role.VALIDATOR)
    lab.until(lambda: lab.project(PROJECT).stage is Stage.MONITORING, "delivery")
    rows = serving.as_rows(samples()[serving.asked_for(lab.endpoint_url(PROJECT))])
    answer = serving.ask(lab.endpoint_url(PROJECT), rows)
    assert [one["decision"] for one in answer["predictions"]] == ["examine first", "examine in turn"]

    lab.finished(lab.run("lifecycle", PROJECT, started_by=record.owner, reason="again"))
    lab.until(
        lambda: lab.project(PROJECT).cycle == 2 and lab.project(PROJECT).stage is Stage.MONITORING, "the second walk"
    )
    second = [run for run in stages.list_runs(lab.bench.catalog, project=PROJECT) if run.cycle == 2]
    assert {run.state.value for run in second} == {"skipped"}


def samples() -> pd.DataFrame:
    """A sample that is surely malignant, and one that is surely benign."""
    bunch = load_breast_cancer(as_frame=True)
    frame: pd.DataFrame = bunch.data.rename(columns=lambda name: name.replace(" ", "_"))
    return frame.iloc[[0, 21]]


def test_a_source_that_is_refused_blocks_the_stage_with_the_words_of_the_refusal(lab: Lab, tmp_path: Path) -> None:
    folder = tmp_path / "ragged"
    folder.mkdir()
    charter = (HOME / "examples" / "breast_cancer" / "project.toml").read_text()
    charter = charter.replace('"breast-cancer"', '"ragged"').replace("sklearn://breast_cancer", "samples.csv")
    (folder / "project.toml").write_text(charter)
    (folder / "samples.csv").write_text("mean_radius,target\n14.1,benign\n20.2,malignant,surplus\n")
    lab.register(folder)
    lab.finished(lab.run("lifecycle", "ragged"))

    def blocked() -> str | None:
        now = lab.project("ragged")
        return now.detail if now.next_stage_state is StageState.BLOCKED else None

    assert "samples.csv" in lab.until(blocked, "the refusal")
    attempts = [
        run for run in stages.list_runs(lab.bench.catalog, project="ragged") if run.stage is Stage.DATA_PREPARATION
    ]
    assert len(attempts) == 1
