"""A packaged endpoint as a real process, asked over HTTP."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import socket
import tempfile
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from flywheel.adapters.bentoml import PACKAGE
from flywheel.adapters.bentoml_server import EndpointServer, listen, start_endpoint, stop_endpoint, wait_ready
from flywheel.adapters.predictions.windows import read_window
from flywheel.domain.digests import Json
from flywheel.errors import Unavailable
from flywheel.project.contract import Mode
from flywheel.project.manifest import write_manifest
from tests.deployments.waiting import eventually
from tests.factories.serving import SEAL, body_of, built_package, make_frame, make_row

pytestmark = pytest.mark.scenario

JSON = {"content-type": "application/json"}


@dataclass
class Endpoint:
    """A real server of the package and where it logs."""

    server: EndpointServer
    root: Path

    def post(self, body: bytes, **headers: str) -> tuple[int, Any, Any]:
        """Ask for predictions on a connection of its own."""
        with closing(http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=30)) as connection:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request("POST", "/predict", body, {**JSON, **named})
            response = connection.getresponse()
            return response.status, json.loads(response.read()), response.headers

    def get(self, path: str) -> tuple[int, bytes]:
        """Ask for anything else."""
        with closing(http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=30)) as connection:
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, response.read()


def start(
    root: Path,
    package: Path,
    mode: Mode | None = None,
    conditions: Mapping[str, Json] | None = None,
    *,
    public_key: str = SEAL.public_key,
    digest: str = "",
) -> EndpointServer:
    with listen("127.0.0.1", 0) as listener:
        return start_endpoint(
            package,
            public_key=public_key,
            digest=digest,
            listener=listener,
            predictions_root=root / "predictions",
            log_path=root / "log",
            mode=mode,
            conditions=conditions,
        )


@contextmanager
def serving() -> Iterator[Endpoint]:
    """Serve the package for a while, from a folder of its own."""
    root = Path(tempfile.mkdtemp(prefix="fw-"))
    server = start(root, built_package()[0].path)
    wait_ready(server)
    yield Endpoint(server, root)
    stop_endpoint(server)
    shutil.rmtree(root)


@pytest.fixture(scope="module")
def endpoint() -> Iterator[Endpoint]:
    with serving() as made:
        yield made


def test_a_packaged_model_answers_as_it_did_in_training(endpoint: Endpoint) -> None:
    _, model, contract = built_package()
    frame = make_frame(500, seed=11).drop(columns="bad")
    rows = [{**row, "id": index} for index, row in enumerate(frame.to_dict("records"))]
    status, answer, _ = endpoint.post(body_of(*rows))
    assert status == 200
    assert [p["score"] for p in answer["predictions"]] == model.said(frame).tolist()
    assert (answer["version"], answer["digest"]) == (contract.version, contract.model_digest)


def test_endpoint_keeps_to_the_conditions_of_the_approvals(tmp_path: Path) -> None:
    server = start(tmp_path, built_package()[0].path, conditions={"traffic_share": 0.5, "only": {"channel": ["web"]}})
    wait_ready(server)
    bound = Endpoint(server, tmp_path)
    frame = make_frame(200, seed=5).drop(columns="bad")
    rows = [{**row, "id": f"A{index}"} for index, row in enumerate(frame.to_dict("records"))]
    _, answer, _ = bound.post(body_of(*rows))
    stop_endpoint(server)
    by_model = [(row, p) for row, p in zip(rows, answer["predictions"], strict=True) if p["score"] is not None]
    assert {row["channel"] for row, _ in by_model} == {"web"}
    assert 25 < len(by_model) < 75
    assert all("outside_approval" in p["flags"] for p in answer["predictions"] if p["score"] is None)


def test_unknown_condition_keeps_the_endpoint_from_starting(tmp_path: Path) -> None:
    server = start(tmp_path, built_package()[0].path, conditions={"moon": "full"})
    with pytest.raises(Unavailable, match="nothing would enforce this condition"):
        wait_ready(server)


def test_health_readiness_and_contract_are_there_and_no_page_is(endpoint: Endpoint) -> None:
    assert endpoint.get("/health")[0] == 200
    assert json.loads(endpoint.get("/ready")[1])["pid"] == endpoint.server.pid
    assert json.loads(endpoint.get("/contract")[1])["version"] == "card-default:3"
    assert endpoint.get("/")[0] == 404


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e400", "9" * 5_000])
def test_numbers_that_are_none_get_422_on_the_wire(endpoint: Endpoint, number: str) -> None:
    body = body_of(make_row(bureau="@")).replace(b'"@"', number.encode())
    assert endpoint.post(body)[0] == 422


@pytest.mark.parametrize(("rows", "status"), [(1, 200), (300, 200), (0, 422)], ids=["short", "long", "refused"])
def test_a_caller_who_closes_the_sending_side_is_answered(endpoint: Endpoint, rows: int, status: int) -> None:
    body = body_of(*(make_row(id=f"half-{number}") for number in range(rows)))
    head = f"POST /predict HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", endpoint.server.port), timeout=30) as caller:
        caller.sendall(head.encode() + body)
        caller.shutdown(socket.SHUT_WR)
        assert caller.makefile("rb").readline().split()[1] == b"%d" % status


def test_a_pickle_is_not_read(endpoint: Endpoint) -> None:
    assert endpoint.post(b"cos\nsystem\n", content_type="application/vnd.bentoml+pickle")[0] == 415


def test_a_body_over_the_limit_gets_413(endpoint: Endpoint) -> None:
    assert endpoint.post(b" " * 2_000_001)[0] == 413


def test_another_version_gets_409(endpoint: Endpoint) -> None:
    assert endpoint.post(body_of(make_row()), x_model_version="card-default:2")[0] == 409


def test_out_of_range_is_answered_with_a_flag_and_an_unseen_category_too(endpoint: Endpoint) -> None:
    _, answer, _ = endpoint.post(body_of(make_row(bureau=-5, channel="fax")))
    assert answer["predictions"][0]["flags"] == ["out_of_range:bureau", "unseen_category:channel"]


def test_under_ten_times_its_load_it_sheds_quickly_and_stays_ready(endpoint: Endpoint) -> None:
    body = body_of(*[make_row()] * 2_000)
    with ThreadPoolExecutor(41) as callers:
        flood = [callers.submit(endpoint.post, body) for _ in range(120)]
        assert callers.submit(endpoint.get, "/ready").result()[0] == 200
        answers = [asked.result() for asked in flood]
    shed = [headers["Retry-After"] for status, _, headers in answers if status == 503]
    assert {status for status, _, _ in answers} == {200, 503}
    assert set(shed) == {"1"}
    assert endpoint.post(body_of(make_row()))[0] == 200


def test_callers_who_leave_halfway_or_dawdle_hold_up_nobody(endpoint: Endpoint) -> None:
    dawdlers = [socket.create_connection(("127.0.0.1", endpoint.server.port)) for _ in range(20)]
    for one in dawdlers:
        one.sendall(
            b"POST /predict HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 900\r\n\r\n{"
        )
    for one in dawdlers[:10]:
        one.close()
    assert endpoint.post(body_of(make_row()))[0] == 200
    for one in dawdlers[10:]:
        one.close()


def test_every_answer_is_in_the_log_once_the_server_has_stopped() -> None:
    root = Path(tempfile.mkdtemp(prefix="fw-"))
    server = start(root, built_package()[0].path)
    wait_ready(server)
    endpoint = Endpoint(server, root)
    with ThreadPoolExecutor(4) as callers:
        asked = [callers.submit(endpoint.post, body_of(*[make_row(id=n)] * 500)) for n in range(12)]
        while not any(one.done() for one in asked):
            time.sleep(0.01)  # the stop must come while others are at work
        stop_endpoint(server)
        answered = [one.result() for one in asked if one.exception() is None]
    rows = sum(len(answer["predictions"]) for status, answer, _ in answered if status == 200)
    log = read_window(
        root / "predictions", "card-default", datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)
    )
    shutil.rmtree(root)
    assert log.num_rows == rows > 0


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """A copy of the package, to be spoilt."""
    package = tmp_path / "bento" / "a" / "b" / "package"
    shutil.copytree(built_package()[0].path, package)
    return package


def test_a_package_serves_its_rule_without_opening_the_model(copied: Path, tmp_path: Path) -> None:
    (copied / "src" / "model" / "model.json").write_bytes(b"junk")
    write_manifest(copied, kind=PACKAGE, about={}, signer=SEAL)  # junk, but sealed
    server = start(tmp_path, copied, Mode.RULE)
    wait_ready(server)
    status, answer, _ = Endpoint(server, tmp_path).post(body_of(make_row(bureau=700), make_row(bureau=999)))
    stop_endpoint(server)
    assert (status, answer["served_by"]) == (200, "rule")
    assert [p["decision"] for p in answer["predictions"]] == ["approve", "decline"]


def test_a_package_that_is_not_what_was_sealed_is_not_served_and_says_so(copied: Path, tmp_path: Path) -> None:
    model = copied / "src" / "model" / "model.json"
    model.write_bytes(model.read_bytes() + b" ")
    (copied / "src" / "evil.py").write_text("")
    server = start(tmp_path, copied)
    with pytest.raises(
        Unavailable, match=r"src/evil\.py was added, src/model/model\.json was altered; next: `flywheel mend"
    ):
        wait_ready(server)
    assert not server.is_alive


def test_a_server_that_was_not_told_whose_seal_to_look_for_does_not_start(tmp_path: Path) -> None:
    server = start(tmp_path, built_package()[0].path, public_key="")
    with pytest.raises(Unavailable, match="no public key was given"):
        wait_ready(server)


def test_another_package_under_the_same_seal_is_not_the_one_that_was_released(tmp_path: Path) -> None:
    server = start(tmp_path, built_package()[0].path, digest="sha256:" + "1" * 64)
    with pytest.raises(Unavailable, match="not the package that was released"):
        wait_ready(server)


def test_a_sealed_package_whose_model_is_another_than_its_contract_names_is_not_served(
    copied: Path, tmp_path: Path
) -> None:
    model = copied / "src" / "model" / "model.json"
    model.write_bytes(model.read_bytes() + b" ")
    write_manifest(copied, kind=PACKAGE, about={}, signer=SEAL)
    server = start(tmp_path, copied)
    with pytest.raises(Unavailable, match="not those that were approved"):
        wait_ready(server)


def test_large_bodies_have_a_nice_process_apart_that_is_replaced_when_it_dies_and_ends_with_its_server() -> None:
    many = body_of(*[make_row(id=f"A{i}") for i in range(2_000)])
    with serving() as endpoint:
        (nursery,) = children_of(endpoint.server.pid)
        assert endpoint.post(body_of(make_row()))[0] == 200
        assert children_of(nursery) == [], "who asks for little has nobody apart"
        assert endpoint.post(many)[0] == 200
        (apart,) = children_of(nursery)
        assert os.getpriority(os.PRIO_PROCESS, apart) > os.getpriority(os.PRIO_PROCESS, endpoint.server.pid)
        os.kill(apart, signal.SIGKILL)
        assert endpoint.post(many)[0] in {200, 503}
        assert endpoint.post(many)[0] == 200
        (other,) = children_of(nursery)
        assert other != apart
        os.kill(endpoint.server.pid, signal.SIGKILL)
        eventually(lambda: not any(Path(f"/proc/{pid}").exists() for pid in (nursery, other)), "both are gone")


def children_of(pid: int) -> list[int]:
    """Ask the kernel which processes it has started."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
