"""A Prefect server of a few lines: knows some deployments and keeps what was asked of it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

RUN_ID = "6f1c9a52-0000-4000-8000-000000000001"


@dataclass
class PrefectServer:
    """What the server knows and has seen."""

    deployments: tuple[str, ...]
    url: str = ""
    unmade_for: int = 0
    """How often it is asked for a deployment before the deployments are there."""
    started: list[Mapping[str, Any]] = field(default_factory=list)
    forms: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Of flows, what their deployments take."""
    runs: list[Mapping[str, Any]] = field(default_factory=list)
    """What it knows of runs, as it writes them."""
    course: list[Mapping[str, Any]] = field(default_factory=list)
    """What it says of the run that was started, each time that it is asked; the last over and over."""

    def answer(
        self, method: str, path: str, body: Mapping[str, Any]
    ) -> tuple[int, Mapping[str, Any] | list[Mapping[str, Any]]]:
        """Answer as Prefect does."""
        name = unquote(path.removeprefix("/api/deployments/name/"))
        if method == "GET" and name in self.deployments and self.unmade_for:
            self.unmade_for -= 1
            return 404, {"detail": "not made yet"}
        if method == "GET" and name in self.deployments:
            form = self.forms.get(name.partition("/")[0])
            return 200, {"id": name.replace("/", "-"), "tags": ["flywheel"], "parameter_openapi_schema": form}
        if method == "POST" and path.endswith("/create_flow_run"):
            self.started.append(body)
            return 201, {"id": RUN_ID}
        if method == "POST" and path.endswith("/flow_runs/filter"):
            return 200, [run for run in self.runs if set(body["flow_runs"]["tags"]["all_"]) <= set(run["tags"])]
        if method == "GET" and path.endswith(f"/flow_runs/{RUN_ID}") and self.course:
            return 200, self.course.pop(0) if len(self.course) > 1 else self.course[0]
        return 404, {"detail": "not found"}


def run_of(flow: str, *, project: str, state: str = "RUNNING", by_schedule: bool = False) -> Mapping[str, Any]:
    """Write a run as Prefect does."""
    return {
        "id": RUN_ID,
        "name": f"{project}: {flow}",
        "deployment_id": f"{flow}-{project}",
        "parameters": {"project": project},
        "tags": ["flywheel", f"project:{project}", f"flow:{flow}"],
        "state": {"type": state, "name": state.capitalize(), "timestamp": "2026-03-02T12:00:00Z"},
        "auto_scheduled": by_schedule,
    }


@contextmanager
def prefect_server(*deployments: str) -> Iterator[PrefectServer]:
    """Serve on a free port."""
    fake = PrefectServer(deployments)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _answering(fake))
    fake.url = f"http://127.0.0.1:{server.server_address[1]}/api"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield fake
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _answering(fake: PrefectServer) -> type[BaseHTTPRequestHandler]:
    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer("GET", {})

        def do_POST(self) -> None:
            self._answer("POST", json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

        def _answer(self, method: str, body: Mapping[str, Any]) -> None:
            status, answer = fake.answer(method, self.path.partition("?")[0], body)
            content = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the library's name
            """Keep the terminal for the tests."""

    return Answer
