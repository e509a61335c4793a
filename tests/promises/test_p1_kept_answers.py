"""What was answered is kept: over the death of the server, and on a disk that takes no more it is not answered."""

from __future__ import annotations

import http.client
import os
import resource
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from flywheel.adapters.bentoml_server import EndpointServer, reap, seconds_silent, stop_endpoint
from flywheel.adapters.predictions.journal import take_in
from flywheel.adapters.predictions.windows import read_window
from tests.deployments.service.test_endpoint import Endpoint, serving
from tests.factories.serving import body_of, make_row

pytestmark = pytest.mark.scenario

CALLERS = 4


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with serving() as made:
        yield made


def kept_in(root: Path) -> list[str]:
    """Read whose predictions are in the log."""
    start_at, end_at = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)
    table = read_window(root / "predictions", "card-default", start_at, end_at)
    return table["entity"].to_pylist()  # type: ignore[no-any-return]


def ask_until_it_ends(endpoint: Endpoint, caller: int) -> list[str]:
    """Ask again and again; gives whose predictions were answered."""
    answered: list[str] = []
    with suppress(OSError, http.client.HTTPException):
        for number in range(100_000):
            status, answer, _ = endpoint.post(body_of(make_row(id=f"{caller}-{number}")))
            assert status == 200
            answered += [one["id"] for one in answer["predictions"]]
    return answered


def test_a_server_that_is_killed_under_load_has_kept_every_answer_once(endpoint: Endpoint) -> None:
    with ThreadPoolExecutor(CALLERS) as callers:
        asked = [callers.submit(ask_until_it_ends, endpoint, caller) for caller in range(CALLERS)]
        time.sleep(1.3)  # in the middle of its work, and of a settling
        os.kill(endpoint.server.pid, signal.SIGKILL)
        reap(endpoint.server)
        answered = [name for one in asked for name in one.result()]
    take_in(endpoint.root / "predictions" / "card-default")
    kept = kept_in(endpoint.root)
    assert len(answered) > 20
    assert set(answered) <= set(kept)
    assert len(kept) == len(set(kept)) <= len(answered) + CALLERS


def at_most(server: EndpointServer, size: int) -> None:
    """Let it write no file beyond this size, as a full disk would."""
    resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def test_what_a_full_disk_cannot_keep_is_not_answered_and_told_and_goes_on_by_itself(endpoint: Endpoint) -> None:
    server = endpoint.server
    assert endpoint.post(body_of(make_row(id="before")))[0] == 200
    at_most(server, 100)
    refused = [endpoint.post(body_of(make_row(id=f"full-{number}"))) for number in range(20)]
    assert {status for status, _, _ in refused} == {503}
    assert "the prediction log cannot be written" in refused[-1][1]["error"]
    assert refused[-1][2]["Retry-After"] == "1"
    until(lambda: "cannot be written" in said_by(server))
    assert endpoint.get("/ready")[0] == 503
    at_most(server, resource.RLIM_INFINITY)
    until(lambda: not said_by(server))
    assert endpoint.get("/ready")[0] == 200
    assert endpoint.post(body_of(make_row(id="after")))[0] == 200
    stop_endpoint(server)
    kept = kept_in(endpoint.root)
    assert {"before", "after"} <= set(kept)
    assert len(kept) == len(set(kept))


def said_by(server: EndpointServer) -> str:
    """Hear what a server says of itself."""
    assert seconds_silent(server) < 5
    return server.complaint


def until(holds: object, within_seconds: float = 10.0) -> None:
    """Wait until something is so."""
    assert callable(holds)
    deadline = time.monotonic() + within_seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)
