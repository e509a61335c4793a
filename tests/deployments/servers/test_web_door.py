"""Doors: a request under a strange name, from a strange page or without the word gets nothing of what is behind."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

import httpx
import pytest

from deployments.servers.web_door import Door, behind, mlflow_door, names_of, prefect_door
from flywheel.adapters.access import pass_of, word_of_installation
from flywheel.settings import Settings

HERE = "http://127.0.0.1:4200"
WORD = "flywheel:secret"
OPEN = Door("Prefect", names_of("127.0.0.1", 4200))
KEPT = Door("MLflow", OPEN.hosts, word=WORD, cookie="pass", passed=pass_of(WORD, place="mlflow:4200"))


async def treasure(
    scope: Any, receive: Callable[[], Awaitable[Any]], send: Callable[[MutableMapping[str, Any]], Any]
) -> None:
    """Answer every request with what must be kept."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.accept"})
        return
    await receive()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"treasure"})


def ask(door: Door, path: str = "/api/flows", method: str = "GET", **given: Any) -> httpx.Response:
    """Send one request to what stands behind a door."""

    async def answer() -> httpx.Response:
        transport = httpx.ASGITransport(app=behind(door, treasure))
        async with httpx.AsyncClient(transport=transport) as client:
            return await client.request(method, f"{HERE}{path}", **given)

    return asyncio.run(answer())


@pytest.mark.parametrize("host", ["127.0.0.1:4200", "localhost:4200", "LOCALHOST:4200", "[::1]:4200"])
def test_our_names_are_answered(host: str) -> None:
    assert ask(OPEN, headers={"Host": host}).text == "treasure"


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:4200", "127.0.0.1", "127.0.0.1:4201", "localhost:4200.evil.example", ""]
)
def test_another_name_gets_nothing(host: str) -> None:
    answer = ask(OPEN, headers={"Host": host})
    assert (answer.status_code, "treasure" in answer.text) == (421, False)


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://127.0.0.1:9", "", "http://evil.example@127.0.0.1:4200"]
)
def test_a_page_from_elsewhere_gets_nothing(origin: str) -> None:
    answer = ask(OPEN, method="POST", headers={"Origin": origin})
    assert (answer.status_code, "treasure" in answer.text) == (421, False)


def test_our_own_page_may_write() -> None:
    assert ask(OPEN, method="POST", headers={"Origin": HERE}).text == "treasure"


def test_two_host_headers_are_none() -> None:
    answer = ask(OPEN, headers=[("Host", "127.0.0.1:4200"), ("Host", "evil.example")])
    assert answer.status_code == 421


@pytest.mark.parametrize("cookie", ["", "pass=", "pass=flywheel:secret", "other=1; pass=0", 'pass="', "pass=\u00e9"])
def test_without_the_word_there_is_only_the_page_that_asks_for_it(cookie: str) -> None:
    answer = ask(KEPT, headers={"Cookie": cookie.encode()})
    assert (answer.status_code, "treasure" in answer.text) == (401, False)
    assert 'name="word"' in answer.text


def test_who_gave_the_word_keeps_a_pass_that_opens_only_this_door() -> None:
    answer = ask(KEPT, "/enter", "POST", data={"word": WORD}, headers={"Origin": HERE})
    kept = answer.headers["set-cookie"]
    assert answer.status_code == 303
    assert {"HttpOnly", "SameSite=Strict"} <= set(kept.split("; "))
    assert WORD not in kept
    cookie = kept.partition(";")[0]
    assert ask(KEPT, headers={"Cookie": cookie}).text == "treasure"
    elsewhere = Door("MLflow", OPEN.hosts, word=WORD, cookie="pass", passed=pass_of(WORD, place="mlflow:5000"))
    assert ask(elsewhere, headers={"Cookie": cookie}).status_code == 401


@pytest.mark.parametrize("given", [{}, {"word": ""}, {"word": "flywheel:other"}, {"word": WORD + "x" * 10_000}])
def test_a_wrong_word_opens_nothing(given: Mapping[str, str]) -> None:
    answer = ask(KEPT, "/enter", "POST", data=dict(given))
    assert (answer.status_code, "set-cookie" in answer.headers) == (403, False)
    assert "not the password" in answer.text


def test_the_page_lets_its_own_form_say_where_it_comes_from() -> None:
    """Under `no-referrer` a browser sends `Origin: null` with a form, which no door of ours takes."""
    assert ask(KEPT, "/enter").headers["referrer-policy"] == "same-origin"


def test_the_word_is_not_given_from_a_page_elsewhere() -> None:
    answer = ask(KEPT, "/enter", "POST", data={"word": WORD}, headers={"Origin": "http://evil.example"})
    assert answer.status_code == 421


@pytest.mark.parametrize(
    ("door", "headers", "opened"),
    [
        (OPEN, [(b"host", b"127.0.0.1:4200")], "websocket.accept"),
        (OPEN, [(b"host", b"evil.example")], "websocket.close"),
        (OPEN, [(b"host", b"127.0.0.1:4200"), (b"origin", b"http://evil.example")], "websocket.close"),
        (KEPT, [(b"host", b"127.0.0.1:4200")], "websocket.close"),
    ],
)
def test_a_web_socket_has_the_same_door(door: Door, headers: list[tuple[bytes, bytes]], opened: str) -> None:
    said: list[str] = []

    async def receive() -> dict[str, Any]:
        return {"type": "websocket.connect"}

    async def send(message: MutableMapping[str, Any]) -> None:
        said.append(message["type"])

    async def connect() -> None:
        await behind(door, treasure)({"type": "websocket", "path": "/", "headers": headers}, receive, send)

    asyncio.run(connect())
    assert said == [opened]


def test_links_bear_the_word_where_no_request_does(settings: Settings) -> None:
    word = word_of_installation(settings)
    for link in (prefect_door(settings), mlflow_door(settings)):
        url = httpx.URL(link)
        assert url.path == "/enter"
        assert httpx.QueryParams(f"word={url.fragment}")["word"] == word
        assert not url.query


def test_the_word_is_drawn_once_and_read_by_its_owner_only(settings: Settings) -> None:
    assert word_of_installation(settings) == word_of_installation(settings)
    assert (settings.data_root / "keys" / "access.key").stat().st_mode & 0o777 == 0o600
