"""An HTTP server of a few lines: answers each path with what a test has laid there, and keeps what was sent."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class JsonServer:
    """What it answers by path, and what it was sent."""

    answers: dict[str, tuple[int, Any]]
    port: int = 0
    sent: list[tuple[dict[str, str], Any]] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def json_server(**answers: tuple[int, Any]) -> Iterator[JsonServer]:
    """Serve on a free port; an answer is named like its path."""
    fake = JsonServer({f"/{name}": answer for name, answer in answers.items()})
    server = ThreadingHTTPServer(("127.0.0.1", 0), _answering(fake))
    fake.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield fake
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _answering(fake: JsonServer) -> type[BaseHTTPRequestHandler]:
    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            fake.sent.append((dict(self.headers.items()), json.loads(body) if body else None))
            status, document = fake.answers.get(self.path, (404, {"what": "no such path"}))
            content = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_GET  # noqa: N815  the library's name

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the library's name
            """Keep the terminal for the tests."""

    return Answer
