"""Pages that are asked for answer; pages that nobody asks for end by themselves."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any

import uvicorn

from deployments.servers.pages import serve

REST_SECONDS = 0.3


async def pages(_: Any, receive: Callable[[], Awaitable[Any]], send: Callable[[MutableMapping[str, Any]], Any]) -> None:
    """Answer every request with one word."""
    await receive()
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
