"""Asking an address: bounded, in the open only on this machine, one clear error."""

from __future__ import annotations

import pytest

from flywheel.adapters.remote_model import ask_address
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
    with pytest.raises(InputRefused, match="open road"):
        ask_address(url, {})


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
