"""The warm parent's imports: what fails is reported, what libraries put off is done before the first fork."""

from __future__ import annotations

import subprocess
import sys

from deployments.warm_runner.preload import Preload

COUNT_UNFINISHED = """
from deployments.warm_runner.preload import complete_models
import prefect.client.orchestration
from prefect.client.schemas.objects import FlowRun
print(FlowRun.__pydantic_complete__)
complete_models()
print(FlowRun.__pydantic_complete__)
"""


def test_a_module_that_cannot_be_imported_is_named_and_the_rest_is_imported() -> None:
    preload = Preload(["no_such_module_here", "wave"])
    while not preload.is_complete:
        preload.step()
    assert (preload.failed, preload.loaded) == (["no_such_module_here"], ["wave"])


def test_prefects_models_are_finished_before_a_run_needs_them() -> None:
    said = subprocess.run(
        [sys.executable, "-c", COUNT_UNFINISHED], capture_output=True, text=True, check=True
    ).stdout.split()
    assert said == ["False", "True"]
