"""The sign-off's form: nothing is chosen for a person who does not say who they are, and no text becomes a link."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import product
from types import SimpleNamespace
from typing import Any, cast

import pytest
from prefect.logging import disable_run_logger
from pydantic import ValidationError

from flywheel.catalog.engine import Catalog
from flywheel.domain.conditions import NONE
from flywheel.domain.events import Verb
from flywheel.domain.signoffs import Feedback, Role
from flywheel.errors import InputRefused, Refused
from flywheel.pages.markdown import literal
from flywheel.services.people.identity import Identity
from flywheel.services.record import record
from flywheel.services.walk import stages
from flywheel.settings import Settings
from tasks.shapes import Decision, Filed, Ticket
from tasks.sign_off import Asked, SignoffForm, await_signoffs, form_of, read_form, sign
from tests.factories.desk import Desk, make_desk
from tests.factories.people import BEN, VERA, VIKTOR, code_of
from tests.factories.projects import SLUG, make_policy, make_project, submitted
from tests.fakes.clock import SettableClock

DIGEST = "sha256:" + "ab" * 32
DOSSIER: Filed = {"digest": DIGEST, "brief": "The model earns 12 EUR.", "questions": ["[gap] Missing: [a](b)."]}
LINK = "http://127.0.0.1:4300/dossier/card-default:1/x/y/"
ANSWER = {"decision": "approve", "reviewer": BEN, "code": "123456"}


def shown_form(*, asks_words: bool) -> Mapping[str, Any]:
    """Give what Prefect's UI makes the form of."""
    asked = Asked("card-default:1", DOSSIER, "waiting", "", LINK)
    return form_of(asked, asks_words=asks_words).model_json_schema()


def question(dossier: Filed, state: str, note: str) -> str:
    """Word a question about the first version."""
    return Asked("card-default:1", dossier, state, note, LINK).as_question()


@pytest.mark.parametrize("empty", ["decision", "reviewer", "code"])
def test_nothing_is_decided_for_a_person_and_nobody_is_left_out(empty: str) -> None:
    with pytest.raises(ValidationError, match=empty):
        SignoffForm.model_validate({name: text for name, text in ANSWER.items() if name != empty})
    assert set(SignoffForm.model_json_schema()["required"]) == {"decision", "reviewer", "code"}


def test_choices_that_may_stay_empty_are_offered_without_one_chosen() -> None:
    offered = SignoffForm.model_json_schema()["properties"]
    for name, choices in (("role", Role), ("feedback", Feedback)):
        assert offered[name]["enum"] == [choice.value for choice in choices]
        assert "default" not in offered[name]
        assert "anyOf" not in offered[name], "Prefect's form shows this as a choice of types"


def test_what_is_signed_stands_above_the_first_field() -> None:
    first = next(iter(shown_form(asks_words=True)["properties"].values()))
    assert first["title"] == "Sign-off of card-default:1"
    assert literal(DOSSIER["brief"]) in first["description"]
    assert "\\[a\\]\\(b\\)" in first["description"], "what a dossier quotes becomes no link"


def test_the_form_asks_for_words_where_they_are_sent_and_else_says_what_a_code_does_not_prove() -> None:
    asking, plain = (shown_form(asks_words=asks_words)["properties"] for asks_words in (True, False))
    names = list(SignoffForm.model_fields)
    assert list(asking) == names
    assert list(plain) == [name for name in names if name != "words"]
    assert "prove who answers, and not what" in plain["code"]["description"]
    assert "prove" not in asking["code"]["description"]


def test_the_form_shows_the_first_questions_and_the_artifact_all() -> None:
    filed: Filed = {**DOSSIER, "questions": [f"question {n} {'x' * 200}" for n in range(9)]}
    asked = Asked("card-default:1", filed, "waiting", "", LINK)
    assert "and 4 more questions in the dossier" in asked.as_question()
    assert "question 4 " in asked.as_question()
    assert all(f"question {n} " in asked.as_page() for n in range(9))


@pytest.mark.parametrize(
    "field",
    [
        {"feedback": "splendid"},
        {"traffic_share": "half"},
        {"reviewer": "x" * 201},
        {"code": "1" * 13},
        {"code": "12345"},
        {"reviewer": ""},
        {"role": "emperor"},
        {"decision": "maybe"},
    ],
)
def test_a_form_out_of_bounds_is_refused(field: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        SignoffForm.model_validate(ANSWER | field)


@pytest.mark.parametrize(
    "typed",
    [
        {"decision": "maybe"},
        {"code": 7},
        {"nonsense": "x"},
        {"reviewer": "ben\x00@bank.example"},
        {"until": "9999-12-31"},
        {"until": "x" * 11},
        {"traffic_share": "0"},
        {"comment": "\x1b[2J"},
        {"comment": "x" * 4_001},
        {"only": "region"},
    ],
)
def test_what_nobody_can_mean_is_asked_again_and_ends_no_run(
    catalog: Catalog, identity: Identity, clock: SettableClock, monkeypatch: pytest.MonkeyPatch, typed: dict[str, str]
) -> None:
    desk = make_desk(catalog, identity, clock)
    bench = SimpleNamespace(catalog=catalog, identity=identity)
    monkeypatch.setattr(sys.modules["tasks.sign_off"], "workbench", lambda: bench)
    filed: Filed = {"digest": desk.dossier, "brief": "", "questions": []}
    with pytest.raises((Refused, InputRefused)) as refusal:
        sign(desk.version.id, filed, ANSWER | typed, "run:0")
    assert question(filed, "waiting", refusal.value.sentence()).replace("\n", "").isprintable()


@dataclass
class Room:
    """Where a run waits: what people answered in Prefect, by run, and what was asked of them."""

    desk: Desk
    answers: dict[str, dict[int, dict[str, Any]]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)

    def answer(
        self, person: str, decision: str, *, run: str = "run-2", code: str = "", number: int = 0, **beside: object
    ) -> None:
        """Fill in the form of a run."""
        self.desk.clock.move(timedelta(seconds=30))
        shown = code or code_of(self.desk.people[person], self.desk.clock())
        form = {"decision": decision, "reviewer": person, "code": shown, "comment": "seen", **beside}
        self.answers.setdefault(run, {})[number] = form

    def enter(self) -> Decision:
        """Have the run begin, or go on after a wait."""
        ticket = cast("Ticket", {"project": SLUG, "run_id": "run-2", "actor": "flow:validation"})
        return await_signoffs(
            ticket, self.desk.version.id, {"digest": self.desk.dossier, "brief": "It earns.", "questions": []}
        )

    def ask(self, form: type[SignoffForm], *, run_id: str, message: str, within_seconds: int) -> None:
        """Suspend the run."""
        del form, run_id, within_seconds
        self.asked.append(message)


@pytest.fixture
def room(
    catalog: Catalog, identity: Identity, clock: SettableClock, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Room]:
    made, module = Room(make_desk(catalog, identity, clock)), sys.modules["tasks.sign_off"]
    bench = SimpleNamespace(catalog=catalog, identity=identity, settings=settings)
    monkeypatch.setattr(module, "workbench", lambda: bench)
    monkeypatch.setattr(module, "answers_given", lambda run: made.answers.get(run, {}))
    monkeypatch.setattr(module, "ask", made.ask)
    monkeypatch.setattr(stages, "wait_stage", lambda *_, **__: None)
    monkeypatch.setattr(module, "as_it_stands", lambda _, dossier: dossier)
    for name in ("record_answer", "request_signoffs", "weigh"):
        monkeypatch.setattr(module, name, getattr(module, name).fn)
    monkeypatch.setattr(module, "show_standing", lambda _, asked: made.shown.append(asked.note))
    with disable_run_logger():
        yield made


def test_a_rejection_in_the_form_counts_though_the_rest_was_granted_meanwhile(room: Room) -> None:
    room.desk.sign(BEN)
    room.answer(VIKTOR, "reject")
    room.desk.sign(VERA)
    assert room.desk.standing().is_granted
    assert room.enter() == Decision(is_open=False, reasons=[f"rejected by {VIKTOR}"])
    assert room.asked == []


@pytest.mark.parametrize(
    ("beside", "left_out"),
    [
        ({"feedback": "major"}, "feedback major"),
        ({"feedback": "minor", "traffic_share": 0.5, "until": "30.06.2027", "only": "region"}, "until 30.06.2027"),
        ({"comment": "no\r\nbad \u200e\x0c\x00\ud800" + "x" * 5_000, "role": "it"}, ""),
        ({"traffic_share": None, "until": None, "comment": None, "role": "emperor", "nonsense": 7}, ""),
    ],
)
def test_a_rejection_in_the_form_is_taken_whatever_stands_beside_it(
    room: Room, beside: dict[str, Any], left_out: str
) -> None:
    room.answer(VIKTOR, "reject", **beside)
    assert room.enter() == Decision(is_open=False, reasons=[f"rejected by {VIKTOR}"])
    assert left_out in room.shown[-1]
    assert "not accepted" not in room.shown[-1]
    assert bool(room.shown[-1]) == bool(left_out)


def test_of_a_rejection_every_form_is_read_that_names_a_person() -> None:
    beside: dict[str, list[object]] = {
        "feedback": [None, "major", 7],
        "until": ["", "30.06.2027", None],
        "traffic_share": [0, 0.5, "half", None],
        "only": ["region", ";=;", []],
        "comment": [None, "\r\n", "x" * 9_000],
        "role": ["emperor", Role.LEGAL, ""],
    }
    for typed in product(*beside.values()):
        signed, said = read_form(ANSWER | {"decision": "reject"} | dict(zip(beside, typed, strict=True)))
        assert (signed.reviewer, said.feedback, said.conditions) == (BEN, Feedback.APPROVED, NONE)


def test_what_was_refused_is_in_the_runs_message_and_in_the_artifact(room: Room) -> None:
    room.answer(BEN, "approve", code="000000")
    room.enter()
    (message,) = room.asked
    assert message.startswith(f"sign-off of {room.desk.version.id}: waiting for")
    assert f"not accepted: {BEN}" in message
    assert room.shown[0].startswith(f"not accepted: {BEN}")


def test_run_that_is_woken_without_an_answer_looks_at_the_record(room: Room) -> None:
    room.enter()
    room.desk.sign(BEN)
    room.enter()
    assert len(room.asked) == 2, "one signature is missing: it asks again"
    room.desk.sign(VERA)
    assert room.enter()["is_open"]
    assert len(room.asked) == 2


def test_a_run_whose_question_a_new_charter_ended_takes_the_last_answers_in_and_asks_no_more(room: Room) -> None:
    room.enter()
    submitted(room.desk.catalog, project=make_project(title="Something else"), policy=make_policy())
    room.answer(BEN, "approve")
    (why,) = room.enter()["reasons"]
    assert "with changes (title)" in why
    assert f"`flywheel run {SLUG}`" in why
    assert (len(room.asked), room.desk.standing().approved_by) == (1, {})
    assert room.shown[-1].startswith(f"not accepted: {BEN}"), "and the artifact says that the approval was not taken"
    room.answer(VIKTOR, "reject", number=1)
    assert room.enter()["reasons"] == [f"rejected by {VIKTOR}"], "a rejection counts up to the end"


def test_an_answer_is_taken_once_however_often_the_run_begins(room: Room) -> None:
    room.answer(BEN, "approve")
    room.enter()
    room.enter()
    given = [event for event in record.list_events(room.desk.catalog) if event.verb is Verb.SIGNOFF_GIVEN]
    assert len(given) == 1


def test_an_answer_to_a_run_that_died_is_taken_by_the_one_that_goes_on(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.modules["tasks.sign_off"], "run_continued", lambda: "run-1")
    room.answer(VIKTOR, "reject", run="run-1")
    assert room.enter()["reasons"] == [f"rejected by {VIKTOR}"]


def test_the_question_says_what_is_signed_and_what_is_missing() -> None:
    text = question(DOSSIER, "waiting for 1 x business", "")
    for said in ("waiting for 1 x business", literal(DOSSIER["brief"]), DIGEST[:19], f"]({LINK})"):
        assert said in text
    assert DIGEST not in text, "long words are cut off in a form"
    assert "Not accepted" not in text
    assert text.rpartition("\n")[2].startswith("**Your answer:**"), "the last line stands right above the box"


@pytest.mark.parametrize(
    ("typed", "live"),
    [
        ("[click](https://evil.example)", "](http"),
        ("![x](//evil.example/p.png)", "!["),
        ("https://evil.example", "https://"),
        ("www.evil.example", "www."),
        ("eve@evil.example", "eve@"),
        ("<img src=x>", " <img"),
        ("a\n\n# a heading", "\n# "),
        ("&lt;b&gt;", " &lt;"),
    ],
)
def test_what_a_person_typed_becomes_no_link_picture_or_heading(typed: str, live: str) -> None:
    asked = Asked("card-default:1", DOSSIER, "waiting", f"not accepted: said {typed}", LINK)
    text = (asked.as_question() + asked.as_page().split("\n\n", 1)[1] + asked.as_line()).replace(f"]({LINK})", "")
    assert "Not accepted" in text
    assert live not in text
