"""The closed door of an endpoint: says at once that nobody can answer, where callers would wait on a silent socket."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from contextlib import suppress
from dataclasses import dataclass, field

READ_SECONDS = 2.0
READ_BYTES = 65_536
BODY = json.dumps({"error": "no server of this endpoint can start now; try again later"}).encode()
ANSWER = (
    b"HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/json\r\nretry-after: 5\r\nconnection: close\r\n"
    b"content-length: %d\r\n\r\n%s" % (len(BODY), BODY)
)


@dataclass
class ClosedDoor:
    """Answers whoever connects to a listening socket, on a thread of its own, until it is opened."""

    listener: socket.socket
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)

    _over: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        """Begin to answer."""
        self._thread = threading.Thread(target=self._answer, name="closed door", daemon=True)
        self._thread.start()

    def open(self) -> None:
        """Take no more; the listening socket stays."""
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(READ_SECONDS)

    def _answer(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        async with await asyncio.start_server(_refuse, sock=self.listener.dup(), limit=READ_BYTES):
            await self._over.wait()


async def _refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Read what was asked, as far as it is short, so that the answer is read before the end."""
    with suppress(OSError, TimeoutError):
        async with asyncio.timeout(READ_SECONDS):
            await reader.read(READ_BYTES)
            writer.write(ANSWER)
            await writer.drain()
            writer.write_eof()
            while await reader.read(READ_BYTES):
                continue
    writer.close()
