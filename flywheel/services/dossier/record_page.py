"""What happened around a dossier, as a page beside it: who signed which words, and every event since."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from html import escape

from flywheel.domain.digests import Json
from flywheel.domain.events import Event, Verb
from flywheel.domain.payloads.approval import GlassBroken, SignoffGiven, SignoffRefused, SignoffWithdrawn
from flywheel.domain.signoffs import Feedback
from flywheel.services.dossier.html import code, pairs, table, td
from flywheel.services.dossier.page import frame
from flywheel.services.dossier.summary import Document

QUIET = frozenset({"project", "run_id", "results", "facts", "sources", "columns", "metrics", "recipe", "package"})


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
    said = [(event, word) for event in events if (word := _word(event))]
    rows = [
        f"<tr>{td(_when(event))}{''.join(map(td, word))}"
        f"{td('this dossier' if event.subject_digest == digest else 'an earlier dossier')}</tr>"
        for event, word in said
    ]
    shown = table(("When", "Who", "As", "Answer", "Comment", "Of"), rows) if rows else "<p>Nobody has signed yet.</p>"
    return f"<section><h2>Sign-offs</h2>{shown}</section>"


def _word(event: Event) -> tuple[str, str, str, str] | None:
    """Say who spoke, in which role or for whom, what was decided, and the words; nothing of other events."""
    match event.verb:
        case Verb.SIGNOFF_GIVEN:
            given = event.said(SignoffGiven)
            role = f"{given.role.value}{f' for {given.on_behalf_of}' if given.on_behalf_of else ''}"
            return given.person, role, _answer(given), given.comment or "—"
        case Verb.SIGNOFF_WITHDRAWN:
            back = event.said(SignoffWithdrawn)
            return back.person, back.role.value, "withdrew the approval", back.reason
        case Verb.GLASS_BROKEN:
            broken = event.said(GlassBroken)
            answer = f"broke the glass until {broken.until_at.isoformat()}"
            return broken.person, f"before {broken.witness}", answer, broken.reason
    return None


def _answer(given: SignoffGiven) -> str:
    """Say what was decided, how it was meant and what it is bound to."""
    remarks = f", with {given.feedback.value} remarks" if given.feedback is not Feedback.APPROVED else ""
    conditions = given.conditions.sentence()
    return f"{given.answer.value}{remarks}{f'; {conditions}' if conditions else ''}"


def _attempts(events: Sequence[Event]) -> str:
    refused = [event for event in events if event.verb is Verb.SIGNOFF_REFUSED]
    if not refused:
        return ""
    rows = [f"<tr>{td(_when(one))}{td(one.actor)}{td(one.said(SignoffRefused).reason)}</tr>" for one in refused]
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
