"""A project with code of its own walks from `flywheel new` to an endpoint that answers."""

from __future__ import annotations

import os
import shutil
import signal
from pathlib import Path

import httpx
import pandas as pd
import pytest
from sklearn.datasets import load_breast_cancer
from typer.testing import CliRunner

from flywheel.adapters.predictions.log import STOOD_IN
from flywheel.console.cli import app
from flywheel.domain.reproduction import ReproductionState
from flywheel.domain.signoffs import Role
from flywheel.domain.stages import Stage
from flywheel.project.tabular.recipe import recipe_name
from flywheel.services.again.remaking import reproduce
from flywheel.services.incidents import incidents
from flywheel.services.modelling import experiments, versions
from flywheel.services.serving import serving
from tests.deployments.conftest import HOME
from tests.deployments.waiting import eventually
from tests.scenarios.lab import Lab

pytestmark = [pytest.mark.scenario, pytest.mark.timeout(600)]

PROJECT = "tumour-shapes"
EXAMPLE = HOME / "examples" / "tumour_shapes"
VALIDATOR = "vera@clinic.example"


def test_a_project_with_hooks_walks_from_new_to_an_endpoint_that_answers(lab: Lab, tmp_path: Path) -> None:
    folder = tmp_path / PROJECT
    made = CliRunner().invoke(app, ["new", PROJECT, "--folder", str(folder)])
    assert made.exit_code == 0, made.output
    for name in ("project.toml", "hooks.py"):
        shutil.copy(EXAMPLE / name, folder / name)
    record = lab.register(folder)
    lab.finished(lab.run("lifecycle", PROJECT, started_by=record.owner))
    version = lab.version_to_sign(PROJECT)
    kept = versions.get_version(lab.bench.catalog, version=version)
    assert {"roundness", "dents", "is_large"} <= set(kept.recipe_features)
    board = experiments.leaderboard(lab.bench.catalog, beside=kept.experiment_id)
    assert {"scaled-logistic of hooks.py", "forest of hooks.py", "linear model"} <= {
        recipe_name(one.recipe) for one in board
    }
    lab.sign(version, person=VALIDATOR, role=Role.VALIDATOR)
    lab.until(lambda: lab.project(PROJECT).stage is Stage.MONITORING, "delivery")
    url = lab.endpoint_url(PROJECT)
    answer = serving.ask(url, serving.as_rows(samples()[serving.asked_for(url)]))
    assert [one["decision"] for one in answer["predictions"]] == ["examine first", "examine in turn"]
    assert [one["flags"] for one in answer["predictions"]] == [[], []]
    ready = httpx.get(f"{url}/ready").json()
    assert ready["own_code"]["calls"] >= 1

    os.kill(cell_of(ready["pid"]), signal.SIGKILL)
    stood_in = serving.ask(url, serving.as_rows(samples()[serving.asked_for(url)]))
    assert [one["flags"] for one in stood_in["predictions"]] == [[STOOD_IN], [STOOD_IN]]
    told = lab.until(lambda: incidents.list_incidents(lab.bench.catalog, project=PROJECT), "the incident")
    assert [one.title.rpartition("? ")[2] for one in told] == ["Features are not computed"]
    eventually(
        lambda: serving.ask(url, serving.as_rows(samples()[serving.asked_for(url)])) == answer,
        "the model answers again",
    )

    again = reproduce(lab.bench, version=version)
    assert again.state is ReproductionState.PASSED, again


def samples() -> pd.DataFrame:
    """A sample that is surely malignant, and one that is surely benign."""
    frame: pd.DataFrame = load_breast_cancer(as_frame=True).data.rename(columns=lambda name: name.replace(" ", "_"))
    return frame.iloc[[0, 21]]


def cell_of(server: int) -> int:
    """The process in which an endpoint has its features computed."""
    children = Path(f"/proc/{server}/task").glob("*/children")
    pids = {int(pid) for file in children for pid in file.read_text().split()}
    return next(pid for pid in pids if b"staying" in Path(f"/proc/{pid}/cmdline").read_bytes())
