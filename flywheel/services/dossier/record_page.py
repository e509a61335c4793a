"""What happened around a dossier, as a page beside it: who signed which words, and every event since."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from html import escape

from flywheel.domain.conditions import conditions_from
from flywheel.domain.digests import Json
from flywheel.domain.events import Event, Verb
from flywheel.services.dossier.html import code, pairs, table, td
from flywheel.services.dossier.page import frame
from flywheel.services.dossier.summary import Document

QUIET = frozenset({"project", "run_id", "results", "facts", "sources", "columns", "metrics", "recipe", "package"})


_WORDS = {
    Verb.SIGNOFF_GIVEN: "",
    Verb.SIGNOFF_WITHDRAWN: "withdrew the approval",
    Verb.GLASS_BROKEN: "broke the glass",
}


def render_record(document: Document, *, events: Sequence[Event], digest: str, now: datetime) -> str:
    """Lay out sign-offs first, then everything in its order."""
    title = f"{document.get('title', 'Dossier')}: the record"
    head = (
        f"<header><h1>{escape(title)}</h1><p>As of {now:%Y-%m-%d %H:%M} UTC. The dossier is {code(digest)}.</p>"
        '<p class="soft"><a href="index.html">Back to the dossier</a>. <code>python verify.py</code> names whatever '
        "was altered in this folder.</p></header>"
    )
    return frame(title, f"{head}{_signoffs(events, digest)}{_attempts(events)}{_events(events)}")


def _signoffs(events: Sequence[Event], digest: str) -> str:
    rows = [
        f"<tr>{td(_when(event))}{td(str(event.payload.get('person', event.actor)))}{td(_capacity(event.payload))}"
        f"{td(_answer(event))}{td(str(event.payload.get('comment') or event.payload.get('reason') or '—'))}"
        f"{td('this dossier' if event.subject_digest == digest else 'an earlier dossier')}</tr>"
        for event in events
        if event.verb in _WORDS
    ]
    shown = table(("When", "Who", "As", "Answer", "Comment", "Of"), rows) if rows else "<p>Nobody has signed yet.</p>"
    return f"<section><h2>Sign-offs</h2>{shown}</section>"


def _capacity(said: Mapping[str, Json]) -> str:
    """Say in which role somebody spoke, and for whom."""
    if said.get("witness"):
        return f"before {said['witness']}"
    return f"{said.get('role')}{f' for {giver}' if (giver := said.get('on_behalf_of')) else ''}"


def _answer(event: Event) -> str:
    """Say what was decided, how it was meant and what it is bound to."""
    said = event.payload
    if event.verb is not Verb.SIGNOFF_GIVEN:
        until = f" until {said['until_at']}" if said.get("until_at") else ""
        return f"{_WORDS[event.verb]}{until}"
    feedback, bound = said.get("feedback", "approved"), said.get("conditions")
    remarks = f", with {feedback} remarks" if feedback != "approved" else ""
    conditions = conditions_from(bound).sentence() if isinstance(bound, dict) else ""
    return f"{said.get('answer')}{remarks}{f'; {conditions}' if conditions else ''}"


def _attempts(events: Sequence[Event]) -> str:
    refused = [event for event in events if event.verb is Verb.SIGNOFF_REFUSED]
    if not refused:
        return ""
    rows = [f"<tr>{td(_when(one))}{td(one.actor)}{td(str(one.payload.get('reason', '')))}</tr>" for one in refused]
    return f"<section><h2>Attempts that were refused</h2>{table(('When', 'Who', 'Why'), rows)}</section>"


def _events(events: Sequence[Event]) -> str:
    rows = [
        f"<tr>{td(str(event.sequence), 'number')}{td(_when(event))}{td(event.verb.value)}{td(event.actor)}"
        f"<td><details><summary>{escape(event.subject_id[:60])}</summary>{pairs(_said(event.payload))}"
        f"{code(event.hash)}</details></td></tr>"
        for event in events
    ]
    return f"<section><h2>Every event</h2>{table(('No', 'When', 'What', 'Who', 'About'), rows, {'No'})}</section>"


def _said(payload: Mapping[str, Json]) -> dict[str, Json]:
    return {key: value for key, value in payload.items() if key not in QUIET and value not in ("", None)}


def _when(event: Event) -> str:
    return f"{event.happened_at:%Y-%m-%d %H:%M:%S}"
