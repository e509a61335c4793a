"""Prefect's REST API, as far as we call it: runs, resuming, events, work pool, deployments, automations.

Plain HTTP rather than Prefect's client, which costs 1.7 s to import before the first request.
"""

from __future__ import annotations

import threading
import time
import uuid
from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC, datetime
from types import TracebackType
from urllib.parse import quote

import httpx

from flywheel.adapters.access import word_of_prefect
from flywheel.adapters.prefect_answers import (
    FINAL_STATES,
    RunFacts,
    RunStateType,
    list_of,
    object_of,
    run_of,
    strings_of,
    time_of,
)
from flywheel.domain.digests import Json
from flywheel.errors import InputRefused, NotFound, Refused, Unavailable, ending_of
from flywheel.settings import Settings

REQUEST_SECONDS = 30.0
PAGE_ROWS = 200
STARTED_AGAIN = "Started again by Flywheel."
HEARTBEAT_EVENT = "prefect.flow-run.heartbeat"


class Prefect:
    """A connection to one Prefect server, for any number of threads; close it, or use it in a `with` block."""

    def __init__(self, settings: Settings, *, transport: httpx.BaseTransport | None = None) -> None:
        self._ui_url = settings.prefect.ui_url
        self._api_url = settings.prefect.api_url
        self._client_id = str(uuid.uuid4())
        self._http = httpx.Client(base_url=self._api_url, timeout=REQUEST_SECONDS, transport=transport)
        if word := word_of_prefect(settings):
            self._http.headers["Authorization"] = f"Basic {b64encode(word.encode()).decode()}"
        self._tokens = threading.Lock()

    def __enter__(self) -> Prefect:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let the connections go."""
        self._http.close()

    def is_healthy(self) -> bool:
        """Tell whether the server answers."""
        try:
            return self._http.get("/health", timeout=2.0).status_code == httpx.codes.OK
        except httpx.TransportError:
            return False

    def start_run(
        self,
        deployment: str,
        *,
        parameters: Mapping[str, Json],
        idempotency_key: str,
        tags: tuple[str, ...] = (),
    ) -> str:
        """Create a run of a deployment (`flow/name`); the same key gives the same run.

        What the flow does not take is refused here: Prefect would start a run that cannot begin.
        """
        found = object_of(self._request("GET", _place_of(deployment), subject=f"deployment {deployment}"))
        _require_taken(parameters, found.get("parameter_openapi_schema"), deployment)
        body: dict[str, Json] = {
            "parameters": dict(parameters),
            "idempotency_key": idempotency_key,
            "tags": [*strings_of(found["tags"]), *tags],
            "state": {"type": RunStateType.SCHEDULED},
        }
        created = self._request("POST", f"/deployments/{found['id']}/create_flow_run", body, subject=deployment)
        return str(object_of(created)["id"])

    def answer_run(self, run_id: str, *, form: Mapping[str, Json]) -> None:
        """Fill in a suspended run's form, as the UI does; what Prefect refuses inside an HTTP 200 is refused here."""
        body: dict[str, Json] = {"run_input": dict(form)}
        answer = object_of(self._request("POST", f"/flow_runs/{run_id}/resume", body, subject=f"run {run_id}"))
        _require_accepted(answer, f"run {run_id} was not resumed")

    def wake_run(self, run_id: str) -> None:
        """Let a suspended run go on without an answer: it looks at the record first."""
        self._set_state(run_id, RunStateType.SCHEDULED, name="Resuming", message="Answered in the record.")

    def run_state(self, run_id: str) -> RunFacts:
        """Look a run up."""
        return run_of(object_of(self._request("GET", f"/flow_runs/{run_id}", subject=f"run {run_id}")))

    def has_form(self, run: RunFacts) -> bool:
        """Tell whether the form that a run waits for can be filled in."""
        try:
            self._request("GET", f"/flow_runs/{run.id}/input/{run.form_key}")
        except NotFound:
            return False
        return True

    def runs(
        self, *states: RunStateType, tags: tuple[str, ...] = (), ended_after: datetime | None = None
    ) -> tuple[RunFacts, ...]:
        """List the runs in the given states (all without one), newest first."""
        chosen: dict[str, Json] = {}
        if states:
            chosen["state"] = {"type": {"any_": [str(state) for state in states]}}
        if tags:
            chosen["tags"] = {"all_": list(tags)}
        if ended_after is not None:
            chosen["end_time"] = {"after_": ended_after.isoformat()}
        found: list[RunFacts] = []
        while True:
            body: dict[str, Json] = {
                "flow_runs": chosen,
                "sort": "EXPECTED_START_TIME_DESC",
                "offset": len(found),
                "limit": PAGE_ROWS,
            }
            page = list_of(self._request("POST", "/flow_runs/filter", body))
            found.extend(run_of(row) for row in page)
            if len(page) < PAGE_ROWS:
                return tuple(found)

    def underway(self, *, tags: tuple[str, ...] = ()) -> tuple[RunFacts, ...]:
        """List the runs that were asked for and have not ended, newest first."""
        alive = (state for state in RunStateType if state not in FINAL_STATES)
        return tuple(run for run in self.runs(*alive, tags=tags) if run.is_underway)

    def crash_run(self, run_id: str, *, message: str) -> None:
        """Close a run whose process is gone; Prefect refuses where the run has ended meanwhile."""
        self.end_run(run_id, RunStateType.CRASHED, message=message)

    def start_again(self, run_id: str) -> None:
        """Have a run that died run once more, under the same id."""
        self._set_state(run_id, RunStateType.SCHEDULED, name="AwaitingRetry", message=STARTED_AGAIN)

    def times_started_again(self, run_id: str) -> int:
        """Count how often a run was started again; Prefect's own count knows only those runs that truly began."""
        states = list_of(self._request("GET", f"/flow_run_states/?flow_run_id={run_id}"))
        return sum(state.get("message") == STARTED_AGAIN for state in states)

    def end_run(self, run_id: str, state: RunStateType, *, message: str) -> None:
        """Set a run's last state, as far as Prefect's rules allow."""
        self._set_state(run_id, state, name=state.capitalize(), message=message)

    def last_heartbeat_at(self, run_id: str) -> datetime | None:
        """Find the last heartbeat event that a run has sent by Prefect's own thread."""
        body: dict[str, Json] = {
            "filter": {
                "event": {"name": [HEARTBEAT_EVENT]},
                "resource": {"id": [f"prefect.flow-run.{run_id}"]},
                "order": "DESC",
            },
            "limit": 1,
        }
        events = object_of(self._request("POST", "/events/filter", body)).get("events")
        if not isinstance(events, list) or not events:
            return None
        return time_of(object_of(events[0])["occurred"])

    def emit_event(self, event: str, *, resource: Mapping[str, str], payload: Mapping[str, Json], key: str) -> None:
        """Send an event that automations can react to; the same key is the same event."""
        body: list[Json] = [
            {
                "id": str(uuid.uuid5(uuid.NAMESPACE_URL, f"flywheel:{key}")),
                "occurred": datetime.now(UTC).isoformat(),
                "event": event,
                "resource": dict(resource),
                "payload": dict(payload),
            }
        ]
        self._request("POST", "/events", body, subject=f"event {event}")

    def ensure_work_pool(self, name: str, *, template: Mapping[str, Json], run_limit: int) -> None:
        """Create the work pool of type process, or give it this template and limit."""
        body: dict[str, Json] = {"base_job_template": dict(template), "concurrency_limit": run_limit}
        try:
            self._request("PATCH", f"/work_pools/{name}", body, subject=f"work pool {name}")
        except NotFound:
            self._request(
                "POST", "/work_pools/", {"name": name, "type": "process", **body}, subject=f"work pool {name}"
            )

    def deployment(self, name: str) -> Mapping[str, Json] | None:
        """Look a deployment (`flow/name`) up."""
        try:
            return object_of(self._request("GET", _place_of(name)))
        except NotFound:
            return None

    def ensure_deployment(self, flow: str, facts: Mapping[str, Json]) -> str:
        """Create or update a deployment and its schedules; gives its id."""
        created = object_of(self._request("POST", "/flows/", {"name": flow}, subject=f"flow {flow}"))
        body = {**facts, "flow_id": created["id"]}
        return str(object_of(self._request("POST", "/deployments/", body, subject=f"deployment of {flow}"))["id"])

    def ensure_automation(self, name: str, facts: Mapping[str, Json]) -> None:
        """Create the automation of this name, or replace it where it differs."""
        wanted: dict[str, Json] = {"name": name, **facts}
        body: dict[str, Json] = {"automations": {"name": {"any_": [name]}}}
        existing = list_of(self._request("POST", "/automations/filter", body))
        if not existing:
            self._request("POST", "/automations/", wanted, subject=f"automation {name}")
        else:
            self._request("PUT", f"/automations/{existing[0]['id']}", wanted, subject=f"automation {name}")
        for surplus in existing[1:]:
            self._request("DELETE", f"/automations/{surplus['id']}", subject=f"automation {name}")

    def run_url(self, run_id: str) -> str:
        """Give the page of a run in Prefect's UI."""
        return f"{self._ui_url}/runs/flow-run/{run_id}"

    def deployment_url(self, deployment_id: str) -> str:
        """Give the page of a deployment in Prefect's UI."""
        return f"{self._ui_url}/deployments/deployment/{deployment_id}"

    def _set_state(self, run_id: str, state: RunStateType, *, name: str, message: str) -> None:
        body: dict[str, Json] = {"state": {"type": state, "name": name, "message": message}}
        answer = object_of(self._request("POST", f"/flow_runs/{run_id}/set_state", body, subject=f"run {run_id}"))
        _require_accepted(answer, f"run {run_id} was not set to {state}")

    def _request(self, method: str, path: str, body: Json = None, *, subject: str = "") -> Json:
        try:
            answer = self._send(method, path, body)
            if answer.status_code == httpx.codes.FORBIDDEN and "CSRF" in answer.text:
                self._take_token(instead_of=answer.request.headers.get("Prefect-Csrf-Token"))  # it has expired
                answer = self._send(method, path, body)
        except httpx.TransportError as error:
            raise Unavailable(
                f"Prefect does not answer at {self._api_url}: {error}", next_step="start the servers with `flywheel up`"
            ) from error
        if answer.status_code == httpx.codes.NOT_FOUND:
            raise NotFound(f"Prefect has no {subject or path}")
        if answer.is_client_error:
            raise Refused(f"Prefect refused {subject or path}: {ending_of(answer.text)}", found=answer.status_code)
        if answer.is_server_error:
            raise Unavailable(
                f"Prefect failed at {subject or path}: {ending_of(answer.text)}", found=answer.status_code
            )
        return answer.json() if answer.content else None

    def _send(self, method: str, path: str, body: Json) -> httpx.Response:
        if method != "GET" and "Prefect-Csrf-Token" not in self._http.headers:
            self._take_token(instead_of=None)
        return self._http.request(method, path, json=body)

    def _take_token(self, *, instead_of: str | None) -> None:
        """Take a token unless another thread has just taken one: the server knows the last one only."""
        with self._tokens:
            if self._http.headers.get("Prefect-Csrf-Token") != instead_of:
                return
            answer = self._http.get("/csrf-token", params={"client": self._client_id})
            token = answer.json()["token"] if answer.status_code == httpx.codes.OK else ""
            self._http.headers.update({"Prefect-Csrf-Client": self._client_id, "Prefect-Csrf-Token": token})


def _require_taken(parameters: Mapping[str, Json], schema: Json, deployment: str) -> None:
    known = schema.get("properties") if isinstance(schema, dict) else None
    if isinstance(known, dict) and (unknown := [name for name in parameters if name not in known]):
        raise InputRefused(f"{deployment} does not take this", found=", ".join(unknown), allowed=", ".join(known))


def _place_of(deployment: str) -> str:
    """Name a deployment in an address, whatever somebody typed as its name."""
    return f"/deployments/name/{quote(deployment, errors='replace')}"


def await_api(settings: Settings, *, within_seconds: float) -> None:
    """Wait until the server answers."""
    deadline = time.monotonic() + within_seconds
    with Prefect(settings) as prefect:
        while not prefect.is_healthy():
            if time.monotonic() > deadline:
                raise Unavailable(f"Prefect does not answer at {settings.prefect.api_url} after {within_seconds:.0f} s")
            time.sleep(0.1)


def _require_accepted(answer: Mapping[str, Json], what: str) -> None:
    """Read the body: Prefect says no inside an HTTP 200."""
    if answer["status"] != "ACCEPT":
        details = answer.get("details")
        reason = details.get("reason") if isinstance(details, dict) else None
        raise Refused(f"{what}: {reason}", found=answer["status"], allowed="ACCEPT")
