"""Prefect as far as its runs go: it starts, lists, resumes and ends them, in memory."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx

from flywheel.adapters.prefect import Prefect
from flywheel.settings import Settings

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)


@dataclass
class PrefectRuns:
    """Runs by their ids, and what was asked."""

    runs: dict[str, dict[str, Any]] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)
    is_down: bool = False
    words: dict[str, list[str]] = field(default_factory=dict)
    """What was said with each state that a run was set to."""

    def connect(self) -> Prefect:
        """Open a client to this server."""
        return Prefect(Settings.load(), transport=httpx.MockTransport(self.answer))

    def put(self, id: str, state: str, *, tags: tuple[str, ...] = (), run_count: int = 1) -> str:  # noqa: A002  its name
        """Have a run in a state."""
        self.runs[id] = {
            "id": id,
            "name": id,
            "deployment_id": "d",
            "parameters": {},
            "tags": list(tags),
            "run_count": run_count,
            "state": {"type": state, "name": state.capitalize(), "message": "", "timestamp": NOW.isoformat()},
        }
        return id

    def state(self, id: str) -> str:  # noqa: A002  its name
        """Tell a run's state."""
        return str(self.runs[id]["state"]["type"])

    def answer(self, request: httpx.Request) -> httpx.Response:
        """Answer as Prefect does."""
        if self.is_down:
            raise httpx.ConnectError("refused")
        path, body = request.url.path.removeprefix("/api"), json.loads(request.content or b"null")
        match [request.method, *path.strip("/").split("/")]:
            case ["GET", "csrf-token"]:
                return httpx.Response(200, json={"token": "t"})
            case ["GET", "deployments", "name", flow, name]:
                return httpx.Response(200, json={"id": f"{flow}/{name}", "tags": ["flywheel", f"flow:{flow}"]})
            case ["POST", "deployments", *_, "create_flow_run"]:
                return httpx.Response(201, json=self._created(body))
            case ["POST", "flow_runs", "filter"]:
                return httpx.Response(200, json=self._found(body["flow_runs"]))
            case ["POST", "flow_runs", id, "set_state" | "resume"]:
                return self._set(id, (body or {}).get("state", {"type": "SCHEDULED", "message": ""}))
            case ["GET", "flow_run_states"]:
                said = self.words.get(request.url.params["flow_run_id"], [])
                return httpx.Response(200, json=[{"message": message} for message in said])
            case ["GET", "flow_runs", id] if id in self.runs:
                return httpx.Response(200, json=self.runs[id])
            case ["POST", "events"]:
                self.events.extend(body)
                return httpx.Response(204)
        return httpx.Response(404, json={"detail": "not found"})

    def _set(self, id: str, state: dict[str, Any]) -> httpx.Response:  # noqa: A002  its name
        self.put(id, state["type"], tags=tuple(self.runs[id]["tags"]))
        self.words.setdefault(id, []).append(state["message"])
        return httpx.Response(200, json={"status": "ACCEPT"})

    def _created(self, body: dict[str, Any]) -> dict[str, Any]:
        key = body["idempotency_key"]
        if key not in self.keys:
            self.keys[key] = self.put(f"run-{len(self.runs) + 1}", "SCHEDULED", tags=tuple(body["tags"]), run_count=0)
        return self.runs[self.keys[key]]

    def _found(self, wanted: dict[str, Any]) -> list[dict[str, Any]]:
        states = wanted.get("state", {}).get("type", {}).get("any_")
        tags = set(wanted.get("tags", {}).get("all_", ()))
        return [
            run
            for run in reversed(self.runs.values())
            if (states is None or run["state"]["type"] in states) and tags <= set(run["tags"])
        ]
