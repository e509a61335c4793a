"""Packages of models from elsewhere as real processes: they answer as at their makers', or say why they cannot."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pandas as pd
import pytest

from flywheel.adapters.bentoml import package
from flywheel.adapters.bentoml_server import EndpointServer, listen, start_endpoint, stop_endpoint, wait_ready
from flywheel.adapters.remote_model import ask_address
from flywheel.errors import Unavailable
from flywheel.project.contract import Contract, Feature
from flywheel.project.external.receiving import receive
from flywheel.project.framing import Framing
from flywheel.project.loader import load_project
from flywheel.project.reading.kinds import Kind
from flywheel.project.tabular.model import FittedModel, needs_of, save
from tests.factories.charters import ROOT
from tests.factories.external import TARGET, hand_over, sign
from tests.factories.records import records_of
from tests.factories.serving import SEAL, make_contract

pytestmark = pytest.mark.scenario

FEATURES = (
    Feature("bureau_score", Kind.NUMBER, missing_codes=(-1,)),
    Feature("age", Kind.INTEGER),
    Feature("channel", Kind.CATEGORY, categories=("web", "branch", "partner")),
)
DRAW = np.random.default_rng(3)
FRAME = pd.DataFrame(
    {
        "bureau_score": DRAW.integers(300, 850, 300).astype(float),
        "age": DRAW.integers(18, 80, 300),
        "channel": DRAW.choice(["web", "branch", "partner"], 300),
    }
).assign(**{TARGET: lambda rows: rows["bureau_score"] < 520})
ROWS: list[dict[str, Any]] = [
    {**row, "id": f"A{place}"} for place, row in enumerate(records_of(FRAME.drop(columns=TARGET).head(8)))
]


@dataclass
class Vendor:
    """A scorecard behind an address; its maker may change it or take it away."""

    shift: float = 0.0
    is_down: bool = False
    url: str = ""
    together: threading.Barrier | None = None
    """Answers none before so many are asked at once."""

    def answer(self, rows: list[dict[str, Any]]) -> list[float]:
        return [min(1.0, (row["bureau_score"] or 400) / 1000 + self.shift) for row in rows]


@contextmanager
def serving(vendor: Vendor) -> Iterator[None]:
    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            rows = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["rows"]
            content = json.dumps({"probabilities": vendor.answer(rows)}).encode()
            if vendor.together is not None:
                vendor.together.wait(5)
            self.send_response(503 if vendor.is_down else 200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the library's name
            """Keep the terminal for the tests."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    vendor.url = f"http://127.0.0.1:{server.server_address[1]}/score"
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def packaged(model: FittedModel, root: Path) -> Path:
    digest = save(model, root / "model")
    contract: Contract = make_contract(model_digest=digest, features=FEATURES, rule=None, time=None)
    return package(
        model_folder=root / "model",
        model_digest=digest,
        contract=contract,
        signer=SEAL,
        target=root / "bento",
        logs=root / "logs",
        needs=needs_of(model.recipe),
    ).path


def started(path: Path, root: Path) -> EndpointServer:
    with listen("127.0.0.1", 0) as listener:
        server = start_endpoint(
            path, public_key=SEAL.public_key, listener=listener, predictions_root=root / "p", log_path=root / "log"
        )
    wait_ready(server)
    return server


def ask(server: EndpointServer) -> httpx.Response:
    return httpx.post(f"http://127.0.0.1:{server.port}/predict", json={"rows": ROWS}, timeout=30)


def framing() -> Framing:
    return Framing(load_project(ROOT / "examples" / "card_default").charter)


def test_a_packaged_graph_answers_as_at_its_makers(tmp_path: Path) -> None:
    model = receive(hand_over("onnx", tmp_path / "maker", FRAME), framing())
    path = packaged(model, tmp_path)
    assert "onnxruntime==" in (path / "src" / "requirements.lock").read_text()
    server = started(path, tmp_path)
    try:
        scores = [one["score"] for one in ask(server).json()["predictions"]]
    finally:
        stop_endpoint(server)
    np.testing.assert_allclose(scores, model.said(FRAME.head(8)), atol=1e-6)


def test_a_model_behind_an_address_is_asked_and_said_to_be_away_when_it_is(tmp_path: Path) -> None:
    vendor = Vendor()
    with serving(vendor):
        (tmp_path / "maker").mkdir()
        golden = FRAME.head(8).drop(columns=TARGET)
        expected = vendor.answer(records_of(golden))
        golden.assign(expected=expected).to_csv(tmp_path / "maker" / "golden.csv", index=False)
        asked = [{"column": feature.name} for feature in FEATURES]
        terms = {"form": "http", "url": vendor.url, "inputs": asked}
        path = packaged(receive(sign(tmp_path / "maker", terms), framing(), ask=ask_address), tmp_path)
        server = started(path, tmp_path)
        try:
            said = ask(server)
            assert [one["score"] for one in said.json()["predictions"]] == vendor.answer(ROWS)
            vendor.together = threading.Barrier(2)
            with ThreadPoolExecutor(2) as callers:
                both = [callers.submit(ask, server) for _ in range(2)]
            assert [one.result().status_code for one in both] == [200, 200]
            vendor.together, vendor.is_down = None, True
            away = ask(server)
            assert (away.status_code, away.headers["retry-after"]) == (503, "1")
            assert "refused the question" in away.json()["error"]
        finally:
            stop_endpoint(server)
        vendor.is_down, vendor.shift = False, 0.05
        with pytest.raises(Unavailable, match="golden rows differently from its"):
            started(path, tmp_path)
