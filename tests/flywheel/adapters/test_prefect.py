"""The client of Prefect's API against a server that answers as Prefect does."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from flywheel.adapters.prefect import Prefect
from flywheel.adapters.prefect_answers import RunStateType
from flywheel.errors import NotFound, Refused, Unavailable
from flywheel.settings import Settings

Answer = Callable[[httpx.Request], httpx.Response]
RUN: dict[str, Any] = {
    "id": "r1",
    "name": "sample: research",
    "deployment_id": "d1",
    "parameters": {"project": "sample"},
    "tags": ["flywheel"],
    "created": "2026-01-01T00:00:00Z",
    "state": {"type": "PAUSED", "name": "Suspended", "message": None, "timestamp": "2026-01-02T03:04:05Z"},
}


def client(answer: Answer) -> Prefect:
    """Connect to a server that answers so."""

    def with_token(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/csrf-token"):
            return httpx.Response(200, json={"token": "t"})
        return answer(request)

    return Prefect(Settings.load(), transport=httpx.MockTransport(with_token))


def test_refusal_inside_http_200_is_a_refusal() -> None:
    def reject(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"status": "REJECT", "details": {"reason": "not paused"}, "state": None})

    with client(reject) as prefect, pytest.raises(Refused, match="not paused"):
        prefect.answer_run("r1", form={})


@pytest.mark.parametrize("typed", ["sample?", "sample\n", "sample\udcff", "sample#", "s a"])
def test_deployment_is_asked_for_by_the_very_name_that_was_typed(typed: str) -> None:
    asked: list[bytes] = []

    def unknown(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.raw_path)
        return httpx.Response(404, json={"detail": "not found"})

    with client(unknown) as prefect, pytest.raises(NotFound):
        prefect.start_run(f"research/{typed}", parameters={}, idempotency_key="k")
    (path,) = asked
    assert path.startswith(b"/api/deployments/name/research/")
    assert path.rpartition(b"/")[2] not in {b"sample", b"s"}
    assert b"?" not in path


def test_the_answer_is_handed_over() -> None:
    seen: list[object] = []

    def accept(request: httpx.Request) -> httpx.Response:
        seen.append(json.loads(request.content))
        return httpx.Response(200, json={"status": "ACCEPT", "details": {}})

    with client(accept) as prefect:
        prefect.answer_run("r1", form={"comment": "yes"})
    assert seen == [{"run_input": {"comment": "yes"}}]


def test_writes_carry_the_csrf_token() -> None:
    def check(request: httpx.Request) -> httpx.Response:
        assert request.headers["Prefect-Csrf-Token"] == "t"
        return httpx.Response(204)

    with client(check) as prefect:
        prefect.emit_event("e", resource={"prefect.resource.id": "x"}, payload={}, key="k")


def test_expired_token_is_renewed_once() -> None:
    answers = iter([httpx.Response(403, json={"detail": "Invalid CSRF token"}), httpx.Response(204)])
    with client(lambda _: next(answers)) as prefect:
        prefect.emit_event("e", resource={"prefect.resource.id": "x"}, payload={}, key="k")


def test_same_key_is_the_same_event() -> None:
    ids: list[str] = []

    def note(request: httpx.Request) -> httpx.Response:
        ids.extend(event["id"] for event in json.loads(request.content))
        return httpx.Response(204)

    with client(note) as prefect:
        for _ in range(2):
            prefect.emit_event("e", resource={"prefect.resource.id": "x"}, payload={}, key="k")
    assert len(set(ids)) == 1


def test_suspended_run_is_waiting_and_not_final() -> None:
    with client(lambda _: httpx.Response(200, json=RUN)) as prefect:
        run = prefect.run_state("r1")
    assert (run.state, run.is_waiting, run.is_final) == (RunStateType.PAUSED, True, False)


def test_every_page_of_runs_is_read() -> None:
    def page(request: httpx.Request) -> httpx.Response:
        asked = json.loads(request.content)
        left = max(0, 450 - asked["offset"])
        return httpx.Response(200, json=[RUN] * min(left, asked["limit"]))

    with client(page) as prefect:
        assert len(prefect.runs()) == 450


def test_form_is_there_once_the_run_has_written_it() -> None:
    asking = RUN | {"state": {**RUN["state"], "state_details": {"run_input_keyset": {"schema": "sign-0-schema"}}}}
    written: list[str] = []

    def forms(request: httpx.Request) -> httpx.Response:
        if "/input/" not in request.url.path:
            return httpx.Response(200, json=asking)
        name = request.url.path.rpartition("/")[2]
        return httpx.Response(200 if name in written else 404, json={})

    with client(forms) as prefect:
        run = prefect.run_state("r1")
        assert not prefect.has_form(run)
        written.append("sign-0-schema")
        assert prefect.has_form(run)


def test_run_that_died_is_scheduled_once_more() -> None:
    seen: list[object] = []

    def accept(request: httpx.Request) -> httpx.Response:
        seen.append((request.url.path.rpartition("/")[2], json.loads(request.content)["state"]["type"]))
        return httpx.Response(200, json={"status": "ACCEPT", "details": {}})

    with client(accept) as prefect:
        prefect.start_again("r1")
    assert seen == [("set_state", "SCHEDULED")]


def test_only_runs_that_ended_lately_are_asked_for() -> None:
    seen: list[object] = []

    def none(request: httpx.Request) -> httpx.Response:
        seen.append(json.loads(request.content)["flow_runs"])
        return httpx.Response(200, json=[])

    with client(none) as prefect:
        prefect.runs(RunStateType.CRASHED, ended_after=datetime(2026, 5, 4, tzinfo=UTC))
    assert seen == [{"state": {"type": {"any_": ["CRASHED"]}}, "end_time": {"after_": "2026-05-04T00:00:00+00:00"}}]


@pytest.mark.parametrize(
    ("status", "error"), [(404, NotFound), (409, Refused), (422, Refused), (500, Unavailable), (503, Unavailable)]
)
def test_errors_of_the_server_have_our_names(status: int, error: type[Exception]) -> None:
    with client(lambda _: httpx.Response(status, json={"detail": "no"})) as prefect, pytest.raises(error):
        prefect.run_state("r1")


def test_no_server_is_unavailable() -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    with client(refuse) as prefect:
        assert not prefect.is_healthy()
        with pytest.raises(Unavailable, match="does not answer"):
            prefect.run_state("r1")
