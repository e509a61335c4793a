"""The endpoint's connections: how many there are, how large and slow a request may be, who makes room for whom.

uvicorn bounds none of this: it held a head of 300 MB in memory and a silent connection for ever.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import resource
from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httptools
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

HEAD_BYTES = 16_384
HEADERS = 100
HEAD_SECONDS = 10.0
"""For a head, from its first byte on, and for the first byte of a new connection."""
SOONEST = 0.6
"""Those who come together and say nothing are not let go, and come again, at one moment: the loop would stand still."""
REQUEST_SECONDS = 20.0
"""For all of a request; the application gives its body ten of them."""
READING_SECONDS = 20.0
"""For a caller to go on reading an answer that fills the buffers."""
PIPELINED = 16
"""Requests that may wait behind the one that is answered."""
FAREWELL_SECONDS, FAREWELL_BYTES = 1.0, 1_000_000
"""What a refused caller may go on sending, so that it comes to read why."""
FAREWELL_PAUSE_SECONDS = 0.1
"""Between two reads of it: whoever floods a server with what is refused is heard as seldom as that."""
LAST_WORD_SECONDS = 5.0
"""How long a server that stops waits for the first request of a caller who has connected."""
CLOSE = (b"connection", b"close")
MOST_CONNECTIONS = 2_048
SPARE_DESCRIPTORS = 64
"""For the log, the model and whatever else is opened."""
DESCRIPTORS = Path("/proc/self/fd")


@dataclass
class Connections:
    """All connections of one server; those that were silent longest make room for new ones."""

    most: int
    refused: int = 0
    _open: set[Connection] = field(default_factory=set)
    _silent: OrderedDict[Connection, None] = field(default_factory=OrderedDict)
    """They have not asked anything yet."""
    _resting: OrderedDict[Connection, None] = field(default_factory=OrderedDict)
    """They have been answered and ask nothing at present."""

    @property
    def shortage(self) -> str:
        """What is lacking to take in one more caller; nothing as a rule."""
        if len(self._open) >= self.most and not self._silent and not self._resting:
            return f"all {self.most} connections are at work"
        free = resource.getrlimit(resource.RLIMIT_NOFILE)[0] - _descriptors()
        return f"{free} file descriptors are left" if free < SPARE_DESCRIPTORS // 2 else ""

    def admit(self, one: Connection) -> bool:
        """Take a new connection in, if need be instead of the one that was idle longest."""
        if len(self._open) >= self.most:
            idle = self._silent or self._resting
            if not idle:
                return False
            oldest = next(iter(idle))
            self.leave(oldest)
            oldest.transport.abort()
        self._open.add(one)
        self._silent[one] = None
        return True

    def work(self, one: Connection) -> None:
        """Note that it has asked something."""
        self._silent.pop(one, None)
        self._resting.pop(one, None)

    def rest(self, one: Connection) -> None:
        """Note that it has been answered."""
        if one in self._open:
            self._resting[one] = None

    def leave(self, one: Connection) -> None:
        """Forget it."""
        self._open.discard(one)
        self.work(one)


def bounded_connections(most: int = MOST_CONNECTIONS) -> Connections:
    """Raise this process's limit of descriptors as far as it may be, and keep below it."""
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    return Connections(most if limit == resource.RLIM_INFINITY else max(1, min(most, limit - SPARE_DESCRIPTORS)))


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
        except httptools.HttpParserUpgrade:  # nothing here speaks anything else; the request itself is answered
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
        """Take a header; one that comes after the body is counted too."""
        self._count(len(name) + len(value))
        if len(self.headers) >= HEADERS:
            self._words = f"too many headers; allowed: {HEADERS}"
            raise ValueError(self._words)
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Begin to answer; the body may still come."""
        self._unparsed_bytes, self._is_in_head = 0, False
        self._wait(REQUEST_SECONDS)
        self._connections.work(self)
        super().on_headers_complete()
        if self._is_last:
            _say_last(self.pipeline[0][0] if self.pipeline else self.cycle)
        if len(self.pipeline) > PIPELINED:
            self.transport.abort()

    def on_body(self, body: bytes) -> None:
        """Take a part of the body; how large it may be is the application's matter."""
        self._unparsed_bytes = 0
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
        if self.cycle is None:
            self._wait(LAST_WORD_SECONDS)
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

    def _should_upgrade(self) -> bool:
        return False

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


def _say_last(cycle: RequestResponseCycle) -> None:
    cycle.keep_alive = False
    cycle.default_headers = [*cycle.default_headers, CLOSE]


_TOO_LARGE = f"the head is too large; allowed: {HEAD_BYTES} bytes"


def _descriptors() -> int:
    return len(os.listdir(DESCRIPTORS)) if DESCRIPTORS.is_dir() else 0  # noqa: PTH208  it is only counted
