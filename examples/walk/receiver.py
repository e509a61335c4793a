"""A local webhook receiver: where the walk's pages arrive."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Self

from flywheel.errors import Unavailable

CHANNEL = "demo-receiver"
"""The demo's project pages over a channel of its own: those of other projects keep their addresses."""


class Receiver:
    """Listens on loopback and keeps what is posted to it."""

    def __init__(self) -> None:
        self._pages: SimpleQueue[Mapping[str, str]] = SimpleQueue()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _answering(self._pages))
        self._thread = threading.Thread(target=self._server.serve_forever, name="page receiver", daemon=True)

    @property
    def channel(self) -> str:
        """The address to page, as Apprise writes it."""
        return f"json://127.0.0.1:{self._server.server_address[1]}/page"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def next_page(self, *, within_seconds: float) -> Mapping[str, str]:
        """Wait for a page to arrive."""
        try:
            return self._pages.get(timeout=within_seconds)
        except Empty as error:
            raise Unavailable(
                f"no page arrived within {within_seconds:.0f} s", next_step="see the steward's log"
            ) from error


def _answering(pages: SimpleQueue[Mapping[str, str]]) -> type[BaseHTTPRequestHandler]:
    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = min(int(self.headers.get("Content-Length", "0")), 100_000)
            pages.put(json.loads(self.rfile.read(length)))
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the library's name
            """Keep the terminal for the walk."""

    return Answer
