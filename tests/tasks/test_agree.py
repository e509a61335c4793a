"""Ideation's question: nobody is asked in vain, what is refused is told, and an answer settles it."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest
from prefect.logging import disable_run_logger
from pydantic import ValidationError

from flywheel.adapters.git import Commits
from flywheel.catalog.engine import Catalog
from flywheel.domain.stages import CycleKind, Stage
from flywheel.services.people.identity import Identity
from flywheel.services.walk import stages
from flywheel.settings import Settings
from tasks.agree import AgreementForm, await_agreement
from tasks.shapes import Decision, Ticket
from tests.factories.agreeing import RUN, Table, make_table
from tests.factories.people import BEN, IVAN, OWNER, code_of
from tests.factories.projects import SLUG
from tests.fakes.clock import SettableClock

TASKS = ("is_asked_for", "file_agreement", "wait_for_people", "weigh_agreement", "record_word", "show_agreement")
AGREE = sys.modules["tasks.agree"]


class Asking(Exception):
    """The run went to sleep with a question."""


@dataclass
class Run:
    """Ideation's run, with the forms that people have sent it."""

    table: Table
    ticket: Ticket
    answers: dict[int, dict[str, Any]] = field(default_factory=dict)
    shown: list[str] = field(default_factory=list)
    forms: list[Any] = field(default_factory=list)

    def goes_on(self) -> Decision:
        """Let it ask, and let it look again."""
        with disable_run_logger():
            return await_agreement(self.ticket)

    def told(self, person: str, decision: str = "approve", *, code: str = "") -> None:
        """Send it a form."""
        self.table.clock.move(timedelta(seconds=30))
        shown = code or code_of(self.table.people[person], self.table.clock())
        said = {"decision": decision, "reviewer": person, "code": shown, "comment": "because"}
        self.answers[len(self.answers)] = said


@pytest.fixture
def run(
    catalog: Catalog,
    identity: Identity,
    clock: SettableClock,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> Run:
    table = make_table(catalog, identity, clock)
    project = table.register()
    made = Run(table, ticket_of(table, project.digest))
    bench = SimpleNamespace(catalog=catalog, identity=identity, settings=settings)

    def sleep(form: Any, *, message: str, **_: object) -> None:
        made.forms.append(form)
        made.shown.append(message)
        raise Asking

    for name in ("tasks.agree", "tasks.sign_off"):
        monkeypatch.setattr(sys.modules[name], "workbench", lambda: bench)
    monkeypatch.setattr(AGREE, "answers_given", lambda _: made.answers)
    monkeypatch.setattr(AGREE, "run_continued", lambda: "")
    monkeypatch.setattr(AGREE, "ask", sleep)
    monkeypatch.setattr(AGREE, "create_markdown_artifact", lambda **_: None)
    monkeypatch.setattr(AGREE, "commits_since_release", lambda *_, **__: Commits())
    for name in (
        "is_asked_for",
        "file_agreement",
        "wait_for_people",
        "weigh_agreement",
        "record_word",
        "show_agreement",
    ):
        monkeypatch.setattr(AGREE, name, getattr(AGREE, name).fn)
    return made


def ticket_of(table: Table, digest: str) -> Ticket:
    said = {"project": SLUG, "run_id": RUN, "actor": "flow:ideation", "authors": [OWNER], "project_digest": digest}
    stages.start_cycle(table.catalog, project=SLUG, kind=CycleKind.LIFECYCLE, actor=OWNER, reason="x", key="k")
    stages.begin_stage(
        table.catalog,
        project=SLUG,
        stage=Stage.IDEATION,
        run_id=RUN,
        actor=OWNER,
        input_digest=digest,
        project_digest=digest,
    )
    return cast("Ticket", said)


def test_it_waits_until_business_and_it_have_answered_in_its_form(run: Run) -> None:
    with pytest.raises(Asking):
        run.goes_on()
    assert run.shown == ["what is agreed in card-default: waiting for 1 x business, 1 x it"]
    run.told(BEN)
    with pytest.raises(Asking):
        run.goes_on()
    run.told(IVAN)
    assert run.goes_on() == {"is_open": True, "reasons": []}


def test_a_run_that_a_person_began_asks_like_any_other(run: Run) -> None:
    """Its program files what is agreed: a person's name there would have to be proven, and had blocked ideation."""
    run.ticket["actor"] = OWNER
    with pytest.raises(Asking):
        run.goes_on()


def test_what_was_not_accepted_is_told_in_the_next_question(run: Run) -> None:
    run.told(OWNER, code="123456")
    with pytest.raises(Asking):
        run.goes_on()
    assert "not accepted: ana@bank.example: ana@bank.example is an author of this charter" in run.shown[0]


def test_what_is_signed_stands_above_the_first_field_with_its_page(run: Run) -> None:
    with pytest.raises(Asking):
        run.goes_on()
    first = next(iter(run.forms[0].model_json_schema()["properties"].values()))
    assert first["title"] == "What is agreed in card-default"
    assert f"/dossier/{SLUG}/" in first["description"]


def test_a_rejection_closes_the_gate_with_its_reason(run: Run) -> None:
    with pytest.raises(Asking):
        run.goes_on()
    run.told(IVAN, "reject")
    assert run.goes_on() == {"is_open": False, "reasons": [f"rejected by {IVAN}"]}


def test_a_charter_that_says_otherwise_by_now_is_asked_about_no_more(run: Run) -> None:
    with pytest.raises(Asking):
        run.goes_on()
    run.table.register(value=run.table.said["value"] | {"volume_per_year": 7})
    decision = run.goes_on()
    assert not decision["is_open"]
    assert (
        "no longer asked: the charter was registered again since, with changes (value.volume_per_year)"
        in (decision["reasons"])
    )


def test_where_the_policy_names_nobody_nobody_is_asked(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(AGREE.standing, "agreement_of", lambda *_, **__: None)
    assert run.goes_on() == {"is_open": True, "reasons": []}


@pytest.mark.parametrize("empty", ["decision", "reviewer", "code"])
def test_nothing_is_decided_for_a_person_and_nobody_is_left_out(empty: str) -> None:
    answer = {"decision": "approve", "reviewer": BEN, "code": "123456"}
    with pytest.raises(ValidationError, match=empty):
        AgreementForm.model_validate({name: text for name, text in answer.items() if name != empty})
