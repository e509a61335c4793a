"""Connections of the endpoint and of pages: how large and slow a request may be, and what becomes of it.

uvicorn bounds none of this: it held a head of 300 MB in memory and a silent connection for ever.
"""

from __future__ import annotations

import asyncio
import json
import random
from functools import partial
from typing import Any, cast

import httptools
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from deployments.service.crowd import Connections, pages_connections

HEAD_BYTES = 16_384
HEADERS = 100
HEAD_SECONDS = 10.0
"""For a head, from its first byte on, and for the first byte of a new connection."""
SOONEST = 0.6
"""Those who come together and say nothing are not let go, and come again, at one moment: the loop would stand still."""
READING_SECONDS = 20.0
"""For a caller to go on reading an answer that fills the buffers."""
PIPELINED = 16
"""Requests that may wait behind the one that is answered."""
FAREWELL_SECONDS, FAREWELL_BYTES = 1.0, 1_000_000
"""What a refused caller may go on sending, so that it comes to read why."""
FAREWELL_PAUSE_SECONDS = 0.1
"""Between two reads of it: whoever floods a server with what is refused is heard as seldom as that."""
CLOSE = (b"connection", b"close")


class Connection(HttpToolsProtocol):
    """uvicorn's connection, with bounds."""

    def __init__(self, connections: Connections, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._connections = connections
        self._head_bytes = 0
        self._unparsed_bytes = 0
        self._is_in_head = True
        self._farewell_bytes: int | None = None
        self._words = ""
        self._is_last = False
        self._is_unwanted = False
        self._patience: asyncio.TimerHandle | None = None
        self._until_read: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take it in, or say that there is no room."""
        super().connection_made(transport)
        self._wait(HEAD_SECONDS * random.uniform(SOONEST, 1.0))  # noqa: S311  no secret
        if not self._connections.admit(self):
            self._refuse(503, "all connections are in use, try again later")

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget it."""
        self._connections.leave(self)
        for timer in (self._patience, self._until_read):
            if timer is not None:
                timer.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse what came, as long as what it belongs to is within its bounds."""
        if self._farewell_bytes is not None:
            self._farewell_bytes += len(data)
            if self._farewell_bytes > FAREWELL_BYTES:
                self.transport.abort()
            else:
                self.transport.pause_reading()
                self.loop.call_later(FAREWELL_PAUSE_SECONDS, self._hear_on)
            return
        self._unset_keepalive_if_required()
        if self._patience is None:
            self._wait(HEAD_SECONDS)
        self._unparsed_bytes += len(data)
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            if self._should_upgrade():
                self._become_websocket()
            else:  # nothing here speaks anything else; the request itself is answered
                self.cycle.keep_alive = False
        except httptools.HttpParserError:
            self._refuse(431 if self._words else 400, self._words or "this is no HTTP request")
        else:
            if self._unparsed_bytes > HEAD_BYTES:
                self._refuse(431, _TOO_LARGE)

    def on_message_begin(self) -> None:
        """Begin a head."""
        super().on_message_begin()
        self._head_bytes, self._is_in_head = 0, True

    def on_url(self, url: bytes) -> None:
        """Take a part of the address."""
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header; one that comes after the body is counted and left out: its request was understood before."""
        self._count(len(name) + len(value))
        if not self._is_in_head:
            return
        if len(self.headers) >= HEADERS:
            self._words = f"too many headers; allowed: {HEADERS}"
            raise ValueError(self._words)
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Begin to answer; the body may still come."""
        self._unparsed_bytes, self._is_in_head = 0, False
        self._wait(self._connections.request_seconds)
        self._connections.work(self)
        super().on_headers_complete()
        self._is_unwanted = self._connections.is_unwanted(self.scope)
        if self._is_unwanted:
            self.flow.pause_reading()  # until it is answered
        if self._is_last and self.cycle is not None:
            _say_last(self.pipeline[0][0] if self.pipeline else self.cycle)
        if len(self.pipeline) > PIPELINED:
            self.transport.abort()

    def on_body(self, body: bytes) -> None:
        """Take a part of the body; how large it may be is the application's matter."""
        self._unparsed_bytes = 0
        if not self._is_unwanted:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """Have the whole request."""
        self._unparsed_bytes = 0
        self._wait(None)
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Have answered it."""
        super().on_response_complete()
        if self.cycle.response_complete and not self.pipeline:
            self._connections.rest(self)

    def shutdown(self) -> None:
        """Answer once more, telling the caller to close; uvicorn would reset whoever is asking at this moment.

        Whoever has been answered is let go by uvicorn's own patience with callers that rest.
        """
        self._is_last = True
        if not self._connections.last_word_seconds:
            super().shutdown()
        elif self.cycle is None:
            self._wait(self._connections.last_word_seconds)
        elif not self.cycle.response_complete:
            _say_last(self.cycle)

    def pause_writing(self) -> None:
        """Wait for a caller that does not read, but not for ever."""
        super().pause_writing()
        self._until_read = self.loop.call_later(READING_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        """Go on: it reads."""
        if self._until_read is not None:
            self._until_read.cancel()
        super().resume_writing()

    def eof_received(self) -> bool:  # type: ignore[override]
        """Answer what was asked whole by a caller who sends no more, and close then; what was begun is not asked."""
        cycle = self.cycle
        if cycle is None or cycle.response_complete or self._farewell_bytes is not None:
            return False
        if not cycle.more_body:
            _say_last(cycle)
        elif self.pipeline:
            cycle.disconnected = True
            cycle.message_event.set()
        return bool(self.pipeline) or not cycle.more_body

    def drop(self) -> None:
        """End it at once."""
        self.transport.abort()

    def _become_websocket(self) -> None:
        """Leave it to the websocket, which keeps its place among the connections until it ends."""
        self._wait(None)
        self.handle_websocket_upgrade()
        spoken = self.transport.get_protocol()
        lost = spoken.connection_lost

        def forget(error: Exception | None) -> None:
            self._connections.leave(self)
            lost(error)

        spoken.connection_lost = forget  # type: ignore[assignment]

    def _should_upgrade(self) -> bool:
        return self._connections.speaks_websocket and super()._should_upgrade()

    def _hear_on(self) -> None:
        if not self.transport.is_closing():
            self.transport.resume_reading()

    def _count(self, more: int) -> None:
        self._head_bytes += more
        if self._head_bytes > HEAD_BYTES:
            self._words = _TOO_LARGE
            raise ValueError(self._words)

    def _wait(self, seconds: float | None) -> None:
        """Be patient for so long from now on."""
        if self._patience is not None:
            self._patience.cancel()
        self._patience = None if seconds is None else self.loop.call_later(seconds, self._too_late)

    def _too_late(self) -> None:
        has_begun = self._unparsed_bytes > 0 or self._head_bytes > 0
        if self._is_in_head and has_begun and self._farewell_bytes is None:
            self._refuse(408, f"the head did not arrive; allowed: {HEAD_SECONDS:.0f} s")
        else:
            self.transport.abort()

    def _refuse(self, status: int, words: str) -> None:
        """Say why, and close once the caller has had a moment to read it."""
        self._connections.refused += 1
        self._connections.leave(self)
        if self.cycle is not None and not self.cycle.response_complete:
            self.transport.abort()  # it is being answered something else
            return
        body = json.dumps({"error": words}).encode()
        head = b"content-type: application/json\r\ncontent-length: %d\r\nconnection: close\r\n\r\n" % len(body)
        self.transport.write(STATUS_LINE[status] + head + body)
        self.transport.write_eof()
        self._farewell_bytes = 0
        self._wait(FAREWELL_SECONDS)


def bounded_pages() -> type[asyncio.Protocol]:
    """Give what uvicorn is to make of each connection to a server of pages."""
    return cast("type[asyncio.Protocol]", partial(Connection, pages_connections()))


def _say_last(cycle: RequestResponseCycle) -> None:
    cycle.keep_alive = False
    cycle.default_headers = [*cycle.default_headers, CLOSE]


_TOO_LARGE = f"the head is too large; allowed: {HEAD_BYTES} bytes"
