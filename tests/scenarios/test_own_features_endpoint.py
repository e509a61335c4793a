"""A package with a project's own code as a real process: it answers as in training, and outlives its cell."""

from __future__ import annotations

import json
import os
import signal
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pandas as pd
import pytest

from flywheel.adapters.bentoml_server import EndpointServer, listen, start_endpoint, stop_endpoint, wait_ready
from flywheel.adapters.predictions.log import STOOD_IN
from flywheel.project.tabular.recipe import RecipeKind
from flywheel.services.modelling import research
from flywheel.services.modelling.own_features import framing_of
from flywheel.services.record.sealing import Seal
from flywheel.services.serving import packaging
from tests.deployments.waiting import eventually
from tests.factories.examples import Ground, card_default
from tests.flywheel.services.serving.test_packaging import version_of
from tests.promises.test_own_features import of_low_risk

pytestmark = pytest.mark.scenario

TEXT = """
import time

def features(frame):
    if (frame.age == 99).any():
        time.sleep(60)
    return frame.assign(share=frame.requested_limit / frame.income, where=frame.region.str.upper())
"""


@dataclass
class Served:
    """A running endpoint, and rows with what the trained model says of them."""

    server: EndpointServer
    rows: list[dict[str, Any]]
    said: list[float]
    root: Path
    package: Path

    def ask(self, rows: list[dict[str, Any]]) -> httpx.Response:
        """Ask for predictions."""
        url = f"http://127.0.0.1:{self.server.port}/predict"
        return httpx.post(url, json={"rows": rows}, timeout=30)

    def scores(self) -> list[float | None]:
        """What the endpoint says of the known rows."""
        return [one["score"] for one in self.ask(self.rows).json()["predictions"]]

    def facts(self) -> dict[str, Any]:
        """What the endpoint says of its own code."""
        found: dict[str, Any] = httpx.get(f"http://127.0.0.1:{self.server.port}/ready").json()["own_code"]
        return found

    def cell(self) -> int:
        """The process of its cell."""
        children = Path(f"/proc/{self.server.pid}/task").glob("*/children")
        pids = {int(pid) for file in children for pid in file.read_text().split()}
        return next(pid for pid in pids if b"staying" in Path(f"/proc/{pid}/cmdline").read_bytes())


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    bank = of_low_risk(card_default(tmp_path_factory.mktemp("bank"))).hooked(TEXT)
    dataset = bank.prepared().digest
    framing = framing_of(bank.project, artifacts=bank.artifacts, dataset=dataset)
    recipe = next(rung for rung in framing.ladder() if rung.kind is RecipeKind.BOOSTED)
    fitted = research.fit_candidate(bank.project, artifacts=bank.artifacts, dataset=dataset, recipe=recipe)
    version = version_of(bank.project, fitted.model_digest)
    built = packaging.package(bank.project, version, settings=bank.settings, artifacts=bank.artifacts)
    frame = bank.artifacts.get_frame(dataset).sample(20, random_state=2)
    root = Path(tempfile.mkdtemp(prefix="fw-"))
    key = Seal.of(bank.settings).public_key
    with listen("127.0.0.1", 0) as listener:
        server = start_endpoint(
            built.path,
            public_key=key,
            listener=listener,
            predictions_root=root / "predictions",
            log_path=root / "log",
        )
    try:
        wait_ready(server)
        said = packaging.answers(built.path, fitted.model_digest, frame, public_key=key, package=built.digest)
        yield Served(server, rows_of(bank, frame, built.path), said.tolist(), root, built.path)
    finally:
        stop_endpoint(server)


def rows_of(bank: Ground, frame: pd.DataFrame, package: Path) -> list[dict[str, Any]]:
    contract = json.loads((package / "src" / "contract.json").read_text())
    names = [one["name"] for one in contract["features"]]
    records = packaging.records_of(frame, [*names, "applied_at", "application_id"])
    return [record | {"applied_at": record["applied_at"].isoformat()} for record in records]


def test_it_answers_raw_rows_as_the_trained_model_does_and_says_what_that_costs(served: Served) -> None:
    np.testing.assert_array_equal(served.scores(), served.said)
    facts = served.facts()
    assert facts["calls"] >= 1
    assert 0 < facts["milliseconds"]["median"] < 1_000


def test_a_killed_cell_is_stood_in_for_and_followed_by_another(served: Served) -> None:
    os.kill(served.cell(), signal.SIGKILL)
    answer = served.ask(served.rows[:1])
    assert answer.status_code == 200
    assert answer.json()["predictions"][0]["flags"] == [STOOD_IN]
    eventually(lambda: None not in served.scores(), "the model answers again")
    np.testing.assert_array_equal(served.scores(), served.said)


def test_a_hung_call_is_stood_in_for_while_others_are_heard(served: Served) -> None:
    hung = served.ask([served.rows[0] | {"age": 99}])
    assert hung.json()["predictions"][0]["flags"] == [STOOD_IN]
    eventually(lambda: None not in served.scores(), "the model answers again")
    assert served.facts()["failures"] >= 2
    assert "took too long" in (served.root / "log").read_text()


def test_the_next_cell_begins_with_what_was_proven_whatever_the_files_say_by_then(served: Served) -> None:
    program = served.package / "src" / "flywheel" / "adapters" / "cell" / "frames.py"
    kept = program.read_bytes()
    program.chmod(0o600)
    program.write_text("raise SystemExit('altered')\n")
    try:
        os.kill(served.cell(), signal.SIGKILL)
        served.ask(served.rows[:1])
        eventually(lambda: None not in served.scores(), "the model answers again")
        np.testing.assert_array_equal(served.scores(), served.said)
    finally:
        program.write_bytes(kept)
