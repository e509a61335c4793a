"""A uvicorn server with our connections, and callers who speak to it byte by byte."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from functools import partial
from typing import Any

import uvicorn

from deployments.service.connections import Connection
from deployments.service.crowd import Connections

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
LARGE_BYTES = 3_000_000
GET = b"GET / HTTP/1.1\r\nHost: here\r\n\r\n"


async def app(scope: Any, receive: Callable[[], Awaitable[Any]], send: Send) -> None:
    """Answer after the body has come, with as much as the path asks for, and name the headers."""
    while (message := await receive()).get("more_body"):
        pass
    if message["type"] == "http.disconnect":
        return
    await asyncio.sleep(0.005)  # so that whatever else was sent has come
    body = b"x" * (LARGE_BYTES if scope["path"] == "/large" else 2)
    await send(
        {
            "type": "http.response.start",
            "status": 200,
            "headers": [
                (b"content-length", b"%d" % len(body)),
                (b"x-headers", b" ".join(name for name, _ in scope["headers"])),
            ],
        }
    )
    await send({"type": "http.response.body", "body": body})


@contextlib.asynccontextmanager
async def serving(shared: Connections, answering: Any = None) -> AsyncIterator[tuple[str, int]]:
    """Run uvicorn with our connections."""
    async with stoppable(shared, answering) as (address, _):
        yield address


@contextlib.asynccontextmanager
async def stoppable(
    shared: Connections, answering: Any = None
) -> AsyncIterator[tuple[tuple[str, int], uvicorn.Server]]:
    """Run uvicorn with our connections, and give it to be stopped."""
    http: Any = partial(Connection, shared)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(answering or app, http=http, log_level="error", lifespan="off"))
        task = asyncio.create_task(server.serve(sockets=[listener]))
        yield listener.getsockname(), server
        server.should_exit = True
        await task


async def ask(address: tuple[str, int], *parts: bytes) -> bytes:
    """Send something on a connection of its own, and read the answer to its end."""
    reader, writer = await asyncio.open_connection(*address)
    with contextlib.suppress(ConnectionError):
        for part in parts:
            writer.write(part)
            await writer.drain()
    answer = await to_its_end(reader)
    writer.close()
    return answer


async def to_its_end(reader: asyncio.StreamReader) -> bytes:
    """Read what was answered; nothing where the connection was reset."""
    try:
        return await asyncio.wait_for(reader.read(), 20)
    except ConnectionError:
        return b""


def asked(*parts: bytes, most: int = 50) -> bytes:
    """Ask a server that serves nothing else."""

    async def once() -> bytes:
        async with serving(Connections(most)) as address:
            return await ask(address, *parts)

    return asyncio.run(once())


async def until(claim: Callable[[], bool]) -> None:
    """Let others work until it holds."""
    async with asyncio.timeout(20):
        while not claim():
            await asyncio.sleep(0.005)


def status_of(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


def request(*headers: bytes, end: bytes = b"\r\n") -> bytes:
    return b"\r\n".join([b"GET / HTTP/1.1", b"Host: here", b"Connection: close", *headers, end])
