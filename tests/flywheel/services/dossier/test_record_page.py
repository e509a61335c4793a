"""The record beside a dossier: who signed in whose name, how it was meant, and what was taken back."""

from __future__ import annotations

from datetime import UTC, datetime

from flywheel.domain.digests import Json
from flywheel.domain.events import GENESIS, Draft, Event, SubjectKind, Verb, seal
from flywheel.services.dossier.record_page import render_record

AT, DIGEST = datetime(2026, 3, 2, tzinfo=UTC), "sha256:1"


def event(verb: Verb, **said: Json) -> Event:
    draft = Draft(verb, "lea@b.example", SubjectKind.VERSION, "p:1", DIGEST, {"project": "p", **said})
    return seal(draft, sequence=1, happened_at=AT, previous_hash=GENESIS)


def page_of(*events: Event) -> str:
    return render_record({"title": "p"}, events=events, digest=DIGEST, now=AT)


def test_sign_off_shows_for_whom_how_it_was_meant_and_what_it_is_bound_to() -> None:
    given = event(
        Verb.SIGNOFF_GIVEN,
        person="lea@b.example",
        role="validator",
        answer="approve",
        feedback="minor",
        conditions={"traffic_share": 0.25},
        on_behalf_of="vera@b.example",
    )
    page = page_of(given)
    assert "validator for vera@b.example" in page
    assert "approve, with minor remarks; for 0.25 of the traffic" in page


def test_withdrawal_and_broken_glass_are_among_the_words() -> None:
    gone = event(Verb.SIGNOFF_WITHDRAWN, person="vera@b.example", role="validator", reason="new <facts>")
    broken = event(
        Verb.GLASS_BROKEN, person="ada@b.example", witness="vera@b.example", until_at="2026-03-03", reason="x"
    )
    page = page_of(gone, broken)
    for said in (
        "withdrew the approval",
        "new &lt;facts&gt;",
        "broke the glass until 2026-03-03",
        "before vera@b.example",
    ):
        assert said in page
