"""Pages that are asked for answer; pages that nobody asks for end by themselves."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from websockets.asyncio.client import connect

from deployments.servers.pages import serve
from deployments.service import connections
from deployments.service.connections import bounded_pages
from deployments.service.crowd import Connections
from tests.deployments.service.calling import until

REST_SECONDS = 0.3


async def pages(_: Any, receive: Callable[[], Awaitable[Any]], send: Callable[[MutableMapping[str, Any]], Any]) -> None:
    """Answer every request with one word, and every websocket with what it says."""
    first = await receive()
    if first["type"] == "websocket.connect":
        await send({"type": "websocket.accept"})
        while (said := await receive())["type"] == "websocket.receive":
            await send({"type": "websocket.send", "text": said["text"]})
        return
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"here"})


def test_pages_end_when_nobody_asks_and_not_before(tmp_path: Path) -> None:
    async def ask_and_leave() -> tuple[bytes, bool, bool]:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            config = uvicorn.Config(pages, log_level="error", lifespan="off")
            serving = asyncio.create_task(serve(config, listener, rest_seconds=REST_SECONDS, beat=tmp_path / "beat"))
            reader, writer = await asyncio.open_connection(*listener.getsockname())
            done, _ = await asyncio.wait([serving], timeout=3 * REST_SECONDS)
            is_up_while_held = not done
            writer.write(b"GET / HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n")
            answer = await reader.read()
            writer.close()
            await asyncio.wait_for(serving, timeout=20)
            return answer, is_up_while_held, serving.done()

    answer, is_up_while_held, is_over = asyncio.run(ask_and_leave())
    assert answer.startswith(b"HTTP/1.1 200")
    assert is_up_while_held
    assert is_over
    assert (tmp_path / "beat").exists()


@contextlib.asynccontextmanager
async def served(tmp_path: Path) -> AsyncIterator[tuple[str, int]]:
    """Serve pages on bounded connections until the block ends."""
    with socket.create_server(("127.0.0.1", 0), backlog=4_096) as listener:
        config = uvicorn.Config(pages, http=bounded_pages(), log_level="error", lifespan="off")
        task = asyncio.create_task(serve(config, listener, rest_seconds=REST_SECONDS, beat=tmp_path / "beat"))
        yield listener.getsockname()
        await asyncio.wait_for(task, timeout=20)


async def asked(address: tuple[str, int]) -> bytes:
    reader, writer = await asyncio.open_connection(*address)
    writer.write(b"GET / HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n")
    answer = await asyncio.wait_for(reader.read(), 5)
    writer.close()
    return answer


def test_a_header_of_a_hundred_megabytes_is_refused_before_it_has_come(tmp_path: Path) -> None:
    async def flood() -> tuple[bytes, int]:
        async with served(tmp_path) as address:
            reader, writer = await asyncio.open_connection(*address)
            writer.write(b"GET / HTTP/1.1\r\nHost: here\r\nx: ")
            answer, sent = b"", 0
            with contextlib.suppress(ConnectionError):
                while sent < 100_000_000 and not answer:
                    writer.write(b"y" * 100_000)
                    await writer.drain()
                    sent += 100_000
                    with contextlib.suppress(TimeoutError):
                        answer = await asyncio.wait_for(reader.read(4_096), 0.01)
            writer.close()
            return answer, sent

    answer, sent = asyncio.run(flood())
    assert answer.startswith(b"HTTP/1.1 431")
    assert sent < 10_000_000


def test_three_thousand_silent_callers_keep_nobody_out_and_are_let_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "HEAD_SECONDS", 2.0)

    async def crowd() -> tuple[bytes, list[bytes]]:
        async with served(tmp_path) as address:
            silent = [await asyncio.open_connection(*address) for _ in range(3_000)]
            answer = await asked(address)
            gone = await asyncio.wait_for(asyncio.gather(*(end_of(reader) for reader, _ in silent)), 20)
            for _, writer in silent:
                writer.close()
            return answer, gone

    answer, gone = asyncio.run(crowd())
    assert answer.startswith(b"HTTP/1.1 200")
    assert set(gone) == {b""}


async def end_of(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.read()
    except ConnectionError:
        return b""


def test_websockets_are_spoken_and_keep_their_places_until_they_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared = Connections(3, last_word_seconds=0.0, speaks_websocket=True)
    monkeypatch.setattr(connections, "pages_connections", lambda: shared)

    async def speak() -> tuple[object, int, bytes, int]:
        async with served(tmp_path) as address:
            url = "ws://{}:{}/".format(*address)
            async with connect(url) as one, connect(url) as two, connect(url):
                await two.send("one")
                await one.send("other")
                echoed = (await two.recv(), await one.recv())
                held, refused = len(shared._open), await asked(address)
            await until(lambda: not shared._open)
            return echoed, held, refused, len(shared._open)

    echoed, held, refused, left = asyncio.run(speak())
    assert (echoed, held, left) == (("one", "other"), 3, 0)
    assert refused.startswith(b"HTTP/1.1 503")
