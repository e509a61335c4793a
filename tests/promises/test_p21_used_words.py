"""P21: words that came with an answer are used up, whatever became of it: no later answer is altered by them."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from prefect.logging import disable_run_logger

from flywheel.catalog.engine import Catalog
from flywheel.domain.answer_words import FORM
from flywheel.domain.digests import Digest
from flywheel.domain.events import Verb
from flywheel.domain.payloads.approval import SignoffGiven
from flywheel.domain.signoffs import Answer, Role
from flywheel.errors import Refused
from flywheel.services.approval.answer_words import send_words
from flywheel.services.people.identity import Identity
from flywheel.services.record import record
from tasks.shapes import Filed
from tasks.sign_off import record_answer
from tests.factories.desk import Desk, make_desk
from tests.factories.people import BEN, VERA, code_of
from tests.factories.projects import make_policy
from tests.fakes.clock import SettableClock
from tests.flywheel.services.outgoing import messages_of

APPROVE, REJECT = "approve as business", "reject"
Desks = Callable[..., Desk]


@pytest.fixture
def desks(catalog: Catalog, identity: Identity, clock: SettableClock, monkeypatch: pytest.MonkeyPatch) -> Desks:
    """A version that waits for Vera and then for Ben, whom mail reaches."""

    def make() -> Desk:
        made = make_desk(catalog, identity, clock, policy=replace(make_policy(), final_approver=Role.BUSINESS))
        desk = replace(made, identity=replace(identity, can_tell=True, asks_words=True))
        bench = SimpleNamespace(catalog=catalog, identity=desk.identity)
        monkeypatch.setattr(sys.modules["tasks.sign_off"], "workbench", lambda: bench)
        assert send_words(catalog, identity=desk.identity, version=desk.version.id)
        return desk

    return make


def words(desk: Desk) -> Mapping[str, str]:
    """Read the words that Ben was sent, by the answer; the newest of each."""
    sealed = [str(one["sealed"]) for one in messages_of(desk.catalog, "tell") if one["person"] == BEN]
    bodies = [json.loads(desk.identity.cipher.decrypt(one.encode()))[2] for one in sealed]
    lines = [line for body in bodies for line in body.splitlines() if line.startswith("  ")]
    return {line[16:]: line[2:13] for line in lines}


def fill_in(desk: Desk, answer: str, typed: str, number: int, **beside: object) -> str:
    """Have the run take in what stands in the form; gives what is told of it."""
    desk.clock.move(timedelta(seconds=30))
    form: dict[str, Any] = {"decision": answer, "reviewer": BEN, "words": typed, "comment": "seen"}
    filed: Filed = {"digest": desk.dossier, "brief": "", "questions": []}
    with disable_run_logger():
        return record_answer.fn(
            desk.version.id, filed, form | {"code": code_of(desk.people[BEN], desk.clock())} | beside, f"run:{number}"
        )


REFUSED: Mapping[str, dict[str, object]] = {
    "not their turn": {},
    "a wrong code": {"code": "000000"},
    "a code that is too old": {"code": "111111"},
    "the address of somebody else": {"reviewer": VERA},
    "the address of nobody": {"reviewer": "bne@bank.example"},
    "another role": {"role": "it"},
    "a condition that nobody can read": {"until": "some day"},
    "a condition that nothing enforces": {"only": "region=north"},
    "words of another answer": {"decision": "rework", "comment": "once more"},
    "a comment that hides something": {"comment": "\x1b[2J"},
    "a form that cannot be read": {"nonsense": "x", "traffic_share": "much"},
}


@pytest.mark.parametrize("beside", REFUSED.values(), ids=REFUSED)
def test_words_of_an_answer_that_was_refused_make_nothing_of_a_later_one(
    desks: Desks, beside: dict[str, object]
) -> None:
    desk = desks()
    before = dict(words(desk))
    assert fill_in(desk, "approve", before[APPROVE], 0, **beside).startswith("not accepted")
    after = words(desk)
    assert not set(before.values()) & set(after.values()), "all are told anew"
    desk.sign(VERA)
    assert "not the words" in fill_in(desk, "approve", before[APPROVE], 1), "the rejection, swapped on its way"
    assert given(desk) == []
    assert fill_in(desk, "reject", words(desk)[REJECT], 2) == ""
    assert given(desk) == [Answer.REJECT]


def test_words_that_came_with_an_older_dossier_are_used_up_too(desks: Desks) -> None:
    desk = desks()
    before = words(desk)[APPROVE]
    assert fill_in(replace(desk, dossier=Digest("sha256:older")), "approve", before, 0).startswith("not accepted")
    desk.sign(VERA)
    assert "not the words" in fill_in(desk, "approve", before, 1)
    assert fill_in(desk, "approve", words(desk)[APPROVE], 2) == ""


def test_words_that_nobody_was_sent_use_nothing_up(desks: Desks) -> None:
    """Whoever knows Prefect's password alone has nobody mailed, and nobody's words made worthless."""
    desk = desks()
    before = dict(words(desk))
    assert fill_in(desk, "reject", "lader rimet", 0, code="000000").startswith("not accepted")
    assert fill_in(desk, "approve", "lader rimet", 1, until="some day").startswith("not accepted")
    assert words(desk) == before


def test_words_of_a_condition_that_came_with_a_right_code_are_used_up_too(desks: Desks) -> None:
    desk = desks()
    desk.sign(VERA)
    fill_in(desk, "approve", "", 0, until="2029-01-01")
    (saying,) = [one for one in words(desk) if "2029" in one]
    bound = words(desk)[saying]
    assert "not the words" in fill_in(desk, "reject", bound, 1)
    assert "not the words" in fill_in(desk, "approve", bound, 2, until="2029-01-01")
    assert given(desk) == []


def test_on_the_command_line_nothing_is_used_up(desks: Desks) -> None:
    desk = desks()
    before = dict(words(desk))
    with pytest.raises(Refused):
        desk.sign(BEN, words=before[APPROVE])
    assert words(desk) == before
    desk.sign(VERA)
    desk.sign(BEN, channel=FORM, words=before[APPROVE])


def given(desk: Desk) -> list[Answer]:
    """Say what the record holds of Ben."""
    found = record.list_events(desk.catalog)
    return [one.said(SignoffGiven).answer for one in found if one.verb is Verb.SIGNOFF_GIVEN and one.actor == BEN]
