"""The served application: what it answers, logs and refuses."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from deployments.service.admission import HELD_BYTES, Admission
from deployments.service.app import INLINE_BYTES, EndpointApp, Logs
from deployments.service.long_work import AnswersOnThreads
from deployments.service.requests import Row
from deployments.service.respondent import Respondent
from flywheel.adapters.predictions.log import Full, column_of
from flywheel.errors import InputRefused
from flywheel.project.answer import AmountAnswer, Answer, Reach, Scored
from flywheel.project.contract import Limits, Mode
from tests.factories.serving import body_of, by_chance, make_contract, make_row

BY_CHANCE = by_chance()
JSON = (b"content-type", b"application/json")


class ListLog:
    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []
        self.is_full = False

    async def keep(self, frame: bytes) -> None:
        if self.is_full:
            raise Full("the disk is full")
        self.rows += json.loads(frame)


def as_json(rows: Sequence[Mapping[str, Any]]) -> bytes:
    return json.dumps(rows, default=str).encode()


def half(rows: Sequence[Row]) -> list[Scored]:
    return [(0.5, "decline") for _ in rows]


class ListTally:
    """Keeps why each request was refused."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, ...]] = []

    def count(self, reasons: Iterable[str] = ()) -> None:
        """Count one."""
        self.requests.append(tuple(reasons))


class Caller:
    """Calls the app as a server would, without one."""

    def __init__(self, scorer: Any = half, answer: Answer = BY_CHANCE, **limits: Any) -> None:
        self.log, self.trials, self.tally = ListLog(), ListLog(), ListTally()
        self.unread: list[str] = []
        self.client = ("127.0.0.1", 1)
        contract = make_contract(answer=answer, limits=Limits(**limits))
        self.admission = Admission(contract.limits)
        respondent = Respondent(contract, Mode.MODEL, scorer, as_json)
        self.apart = AnswersOnThreads(respondent, ThreadPoolExecutor(1))
        self.app = EndpointApp()
        self.app.open(
            respondent, Logs(self.log, self.trials, self.tally, lambda: self.unread), self.admission, self.apart
        )

    def __call__(
        self, body: bytes, *headers: tuple[bytes, bytes], method: str = "POST", path: str = "/predict"
    ) -> tuple[int, dict[str, Any], dict[bytes, bytes]]:
        sent: list[Any] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        scope = {"type": "http", "method": method, "path": path, "headers": list(headers), "client": self.client}
        asyncio.run(self.app(scope, receive, send))
        return sent[0]["status"], json.loads(sent[1]["body"]), dict(sent[0]["headers"])


def test_an_answer_names_version_digest_and_who_served_it() -> None:
    status, answer, _ = Caller()(body_of(make_row()), JSON)
    assert status == 200
    assert answer["version"] == "card-default:3"
    assert answer["served_by"] == "model"
    assert answer["digest"] == make_contract().model_digest
    assert answer["predictions"] == [{"id": "A1", "score": 0.5, "decision": "decline", "flags": []}]


def test_an_amount_is_answered_with_its_interval_and_logged_as_score_and_decision() -> None:
    answer = AmountAnswer("count", (Reach(100.0, 5.0, 7.0), Reach(118.25, 20.0, 30.0)))
    call = Caller(lambda rows: answer.scored([118.25 for _ in rows]), answer=answer)
    _, said, _ = call(body_of(make_row()), JSON)
    assert said["predictions"] == [{"id": "A1", "amount": 118.25, "low": 98.25, "high": 148.25, "flags": []}]
    assert [(row["score"], row["decision"]) for row in call.log.rows] == [(118.25, "118.25")]
    _, contract, _ = call(b"", method="GET", path="/contract")
    assert contract["answers"].keys() == {"amount", "low", "high"}


def test_what_is_answered_is_logged_with_its_features_and_what_is_refused_is_not() -> None:
    call = Caller()
    call(body_of(make_row()), JSON)
    call(body_of(make_row(age="x")), JSON)
    assert [(row["entity"], row["score"], row[column_of("age")]) for row in call.log.rows] == [("A1", 0.5, 41)]


def test_a_trial_is_logged_apart_so_that_monitoring_does_not_take_it_for_traffic() -> None:
    call = Caller()
    status, _, _ = call(body_of(make_row()), JSON, (b"x-flywheel-trial", b"true"))
    assert (status, len(call.trials.rows), call.log.rows) == (200, 1, [])


def test_another_word_for_a_trial_is_refused_and_not_taken_for_traffic() -> None:
    call = Caller()
    status, answer, _ = call(body_of(make_row()), JSON, (b"x-flywheel-trial", b"1"))
    assert (status, call.trials.rows, call.log.rows) == (400, [], [])
    assert "allowed: true" in answer["error"]


def test_a_refusal_is_one_sentence_and_the_list_of_problems() -> None:
    status, answer, _ = Caller()(body_of(make_row(age="x")), JSON)
    assert status == 422
    assert "age" in answer["error"]
    assert answer["problems"][0]["row"] == 1, "counted as in files and reports"


@pytest.mark.parametrize(
    "content_type", [b"application/vnd.bentoml+pickle", b"application/octet-stream", b"text/plain", b""]
)
def test_no_other_content_type_than_json_is_read(content_type: bytes) -> None:
    assert Caller()(body_of(make_row()), (b"content-type", content_type))[0] == 415


def test_a_body_over_the_limit_is_refused_whether_or_not_it_says_so() -> None:
    call = Caller(max_body_bytes=1_000)
    assert call(b"x" * 1_001, JSON)[0] == 413
    assert call(b"{}", JSON, (b"content-length", b"9" * 30))[0] == 413


@pytest.mark.parametrize(("asked", "status"), [(b"card-default:3", 200), (b"card-default:2", 409), (b"", 409)])
def test_another_version_than_the_served_one_is_never_answered_for(asked: bytes, status: int) -> None:
    assert Caller()(body_of(make_row()), JSON, (b"x-model-version", asked))[0] == status


def test_paths_and_methods_that_are_not_there_are_refused() -> None:
    call = Caller()
    assert call(b"", path="/admin", method="GET")[0] == 404
    assert call(b"", path="/predict", method="GET")[0] == 405


def test_a_prediction_that_cannot_be_logged_is_not_answered() -> None:
    call = Caller()
    call.log.is_full = True
    status, _, headers = call(body_of(make_row()), JSON)
    assert (status, headers[b"retry-after"]) == (503, b"1")


def test_a_value_that_the_model_refuses_is_the_callers_mistake() -> None:
    def refuse(rows: Sequence[Row]) -> list[Scored]:
        raise InputRefused("column age is not a number")

    assert Caller(refuse)(body_of(make_row()), JSON)[0] == 422


def long_body() -> bytes:
    """More rows than are answered on the event loop."""
    body = body_of(*[make_row()] * 300)
    assert len(body) > INLINE_BYTES
    return body


def test_with_all_slots_taken_long_work_is_shed_and_told_when_to_come_again() -> None:
    call = Caller(slots=1)
    with call.admission.slot(is_long=True):
        status, _, headers = call(long_body(), JSON)
        assert (status, headers[b"retry-after"]) == (503, b"1")
        assert call(b"", path="/ready", method="GET")[0] == 200
    assert call(long_body(), JSON)[0] == 200


def test_long_work_in_every_slot_does_not_shut_out_short_requests() -> None:
    call = Caller(slots=1)
    with call.admission.slot(is_long=True):
        assert call(body_of(make_row()), JSON)[0] == 200


def test_bodies_that_would_hold_too_much_memory_together_are_shed() -> None:
    call = Caller()
    with call.admission.holding() as keep:
        keep(HELD_BYTES)
        assert call(long_body(), JSON)[0] == 503
        assert call(body_of(make_row()), JSON)[0] == 200, "small bodies are never shut out by large ones"
    assert call(long_body(), JSON)[0] == 200


def test_server_that_can_take_in_nobody_says_that_it_is_not_ready() -> None:
    call = Caller()
    call.app._shortage = lambda: "3 file descriptors are left"
    status, answer, _ = call(b"", path="/ready", method="GET")
    assert (status, answer["error"]) == (503, "3 file descriptors are left")


def test_a_journal_that_nobody_can_read_is_named_and_keeps_no_server_from_being_ready() -> None:
    call = Caller()
    assert "unread_journals" not in call(b"", path="/ready", method="GET")[1]
    call.unread = ["x.journal.damaged"]
    status, answer, _ = call(b"", path="/ready", method="GET")
    assert (status, answer["unread_journals"]) == (200, ["x.journal.damaged"])


def test_an_app_that_is_not_open_yet_is_live_but_not_ready() -> None:
    call = Caller()
    call.app = EndpointApp()
    assert call(b"", path="/health", method="GET")[0] == 200
    assert call(b"", path="/ready", method="GET")[0] == 503
    assert call(body_of(make_row()), JSON)[0] == 503


def test_a_caller_who_goes_away_takes_no_slot_and_leaves_nothing_open() -> None:
    call = Caller()
    sent: list[Any] = []

    async def gone() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(call.app({"type": "http", "method": "POST", "path": "/predict", "headers": [JSON]}, gone, send))
    assert (sent[0]["status"], call.admission.admitted) == (400, 0)


def test_the_example_that_the_contract_shows_is_answered() -> None:
    call = Caller()
    _, contract, _ = call(b"", method="GET", path="/contract")
    status, answer, _ = call(json.dumps(contract["example"]).encode(), JSON)
    assert (status, [one["flags"] for one in answer["predictions"]]) == (200, [[]])


def test_a_caller_who_was_answered_is_refused_at_once_however_many_others_are(monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []

    async def note(seconds: float) -> None:
        waited.append(seconds)

    monkeypatch.setattr(asyncio, "sleep", note)
    call, wrong = Caller(), body_of(make_row(age="x"))
    call(body_of(make_row()), JSON)
    call.client = ("127.0.0.1", 2)
    for _ in range(400):
        call(wrong, JSON)
    assert waited[-1] > 1, "a flood waits"
    call.client, before = ("127.0.0.1", 1), len(waited)
    assert call(wrong, JSON)[0] == 422
    assert len(waited) == before
    call(wrong, JSON)
    assert waited[before] > 1, "what was earned is spent"


def test_every_request_is_counted_and_each_refusal_with_its_reasons() -> None:
    call = Caller()
    call(body_of(make_row()), JSON)
    call(body_of(make_row(channel=[1], bureau="x"), make_row(channel=[1])), JSON)
    call(body_of(make_row(**{"secret of a caller": 1})), JSON)
    call(b"{}", (b"content-type", b"text/plain"))
    call(body_of(make_row(channel=[1])), JSON, (b"x-flywheel-trial", b"true"))
    answered, wrong, strange, other = call.tally.requests
    assert answered == ()
    assert set(wrong) == {"not a category: channel", "not a finite number: bureau"}
    assert strange == ("unknown feature",)
    assert other == ("content type",)


@pytest.mark.parametrize(
    ("path", "kind", "is_unwanted"),
    [
        ("/predict", b"text/plain", True),
        ("/nothing", b"application/json", True),
        ("/predict", b"application/json", False),
    ],
)
def test_a_body_is_unwanted_where_its_request_is_answered_unread_and_only_there(
    path: str, kind: bytes, is_unwanted: bool
) -> None:
    scope = {"type": "http", "method": "POST", "path": path, "headers": [(b"content-type", kind)]}
    assert Caller().app.is_unwanted(scope) == is_unwanted
    assert EndpointApp().is_unwanted(scope) == (path == "/nothing")  # it may be open before the body has come
