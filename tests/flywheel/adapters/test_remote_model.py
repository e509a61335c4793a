"""Asking an address: bounded, in the open only on this machine, one clear error."""

from __future__ import annotations

import math
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from flywheel.adapters import remote_model
from flywheel.adapters.remote_model import ask_address
from flywheel.domain.digests import Json
from flywheel.errors import InputRefused, Unavailable
from tests.fakes.json_server import json_server


def test_json_goes_there_and_comes_back() -> None:
    with json_server(score=(200, {"probabilities": [0.5]})) as server:
        assert ask_address(f"{server.url}/score", {"rows": [{"age": 30}]}) == {"probabilities": [0.5]}
    assert server.sent[0][1] == {"rows": [{"age": 30}]}


@pytest.mark.parametrize(
    "url", ["http://scores.example/v2", "http://10.0.0.7/v2", "ftp://127.0.0.1/x", "http://[::2]/x"]
)
def test_rows_are_not_sent_over_an_open_road(url: str) -> None:
    with pytest.raises(InputRefused, match="unencrypted"):
        ask_address(url, {})


def test_what_stays_on_this_machine_goes_through_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    with json_server() as proxy, json_server(score=(200, {"probabilities": [0.5]})) as server:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.delenv("NO_PROXY", raising=False)
        assert ask_address(f"{server.url}/score", {"rows": [{"age": 30}]}) == {"probabilities": [0.5]}
    assert not proxy.sent


@pytest.mark.parametrize(
    ("url", "question"),
    [("https://a..b/v2", {}), (f"https://{'a' * 70}.example/v2", {}), ("http://127.0.0.1:1/v2", {"rows": [math.inf]})],
    ids=["no host", "a long name", "no number"],
)
def test_what_cannot_be_asked_is_refused_in_one_line(url: str, question: Json) -> None:
    with pytest.raises(InputRefused, match="cannot be asked"):
        ask_address(url, question)


@pytest.mark.parametrize("content", [b"<html>", b"\xff", b"[" * 100_000])
def test_what_is_no_json_is_refused(content: bytes) -> None:
    with answering(content) as url, pytest.raises(InputRefused, match="does not answer in JSON"):
        ask_address(url, {})


def test_an_answer_that_never_ends_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote_model, "SECONDS", 0.3)
    with answering(*[b" "] * 40, pause_seconds=0.1) as url, pytest.raises(Unavailable, match="too slowly"):
        ask_address(url, {})


@contextmanager
def answering(*parts: bytes, pause_seconds: float = 0.0) -> Iterator[str]:
    """A server that answers one question with these parts, until nobody listens."""

    def answer() -> None:
        with suppress(OSError), listener.accept()[0] as caller:
            asked = b""
            while not asked.endswith(b"{}") and (part := caller.recv(65_536)):  # what stays unread breaks the line off
                asked += part
            caller.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % sum(map(len, parts)))
            for part in parts:
                caller.sendall(part)
                time.sleep(pause_seconds)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=answer)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/score"
        thread.join()


def test_a_refusal_is_told_with_its_words() -> None:
    with (
        json_server(score=(500, {"what": "down for the night"})) as server,
        pytest.raises(Unavailable, match="down for"),
    ):
        ask_address(f"{server.url}/score", {})


def test_nobody_there_is_unavailable() -> None:
    with json_server() as server:
        url = server.url
    with pytest.raises(Unavailable, match="does not answer"):
        ask_address(f"{url}/score", {})
