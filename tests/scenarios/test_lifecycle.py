"""The smallest project walks its whole life on real servers: from a charter alone to an endpoint that answers."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from flywheel.catalog.project import StageState
from flywheel.domain.signoffs import Role
from flywheel.domain.stages import Stage
from flywheel.services import serving, signoffs, stages
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
    waiting = lab.until(
        lambda: lab.project(PROJECT) if lab.project(PROJECT).next_stage_state is StageState.WAITING else None,
        "the question whether to sign",
    )
    assert waiting.stage is Stage.VALIDATION
    version = signoffs.inbox(lab.bench.catalog)[0].version
    signer = loaded_validator(lab, folder)
    lab.code_of(signer, project=PROJECT, role=Role.VALIDATOR)
    lab.sign(version, person=signer, role=Role.VALIDATOR)
    lab.until(lambda: lab.project(PROJECT).stage is Stage.MONITORING, "delivery")
    endpoint = serving.await_ready(lab.bench.catalog, endpoint=PROJECT, generation=1, settings=lab.bench.settings)
    assert serving.asked_for(endpoint)

    lab.finished(lab.run("lifecycle", PROJECT, started_by=record.owner, reason="again"))
    lab.until(
        lambda: lab.project(PROJECT).cycle == 2 and lab.project(PROJECT).stage is Stage.MONITORING, "the second walk"
    )
    second = [run for run in stages.list_runs(lab.bench.catalog, project=PROJECT) if run.cycle == 2]
    assert {run.state.value for run in second} == {"skipped"}


def loaded_validator(lab: Lab, folder: Path) -> str:
    """The validator whom the charter names."""
    del folder
    _, loaded = lab.bench.registered(PROJECT)
    return loaded.charter.stakeholders.validator[0]
