"""The record beside a dossier: who signed in whose name, how it was meant, and what was taken back."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from flywheel.domain.conditions import Conditions
from flywheel.domain.events import GENESIS, Draft, Event, Payload, SubjectKind, Verb, seal
from flywheel.domain.payloads.approval import GlassBroken, SignoffGiven, SignoffWithdrawn
from flywheel.domain.signoffs import Answer, Feedback, Role
from flywheel.services.dossier.record_page import render_record

AT, DIGEST = datetime(2026, 3, 2, tzinfo=UTC), "sha256:1"


def event(verb: Verb, said: Payload) -> Event:
    draft = Draft(verb, "lea@b.example", SubjectKind.VERSION, "p:1", DIGEST, said)
    return seal(draft, sequence=1, happened_at=AT, previous_hash=GENESIS)


def page_of(*events: Event) -> str:
    return render_record({"title": "p"}, events=events, digest=DIGEST, now=AT)


def test_sign_off_shows_for_whom_how_it_was_meant_and_what_it_is_bound_to() -> None:
    said = SignoffGiven(
        project="p",
        person="lea@b.example",
        role=Role.VALIDATOR,
        answer=Answer.APPROVE,
        comment="",
        channel="cli",
        renewal=0,
        feedback=Feedback.MINOR,
        conditions=Conditions(traffic_share=0.25),
        on_behalf_of="vera@b.example",
        enrolled_at=AT,
    )
    given = event(Verb.SIGNOFF_GIVEN, said)
    page = page_of(given)
    assert "validator for vera@b.example" in page
    assert "approve, with minor remarks; for 0.25 of the traffic" in page
    assert "what was answered is not" not in page
    in_form = replace(said, channel="prefect")
    assert "who answered is proven, what was answered is not" in page_of(event(Verb.SIGNOFF_GIVEN, in_form))
    assert "is proven" not in page_of(event(Verb.SIGNOFF_GIVEN, replace(in_form, with_words=True)))


def test_withdrawal_and_broken_glass_are_among_the_words() -> None:
    back = SignoffWithdrawn("p", "vera@b.example", Role.VALIDATOR, "new <facts>", "cli")
    gone = event(Verb.SIGNOFF_WITHDRAWN, back)
    glass = GlassBroken("p", "ada@b.example", "vera@b.example", "x", "p:1-finding-1", AT + timedelta(days=1), "cli")
    broken = event(Verb.GLASS_BROKEN, glass)
    page = page_of(gone, broken)
    for said in (
        "withdrew the approval",
        "new &lt;facts&gt;",
        "broke the glass until 2026-03-03",
        "before vera@b.example",
    ):
        assert said in page
