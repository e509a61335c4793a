"""What happened around a dossier, as a page beside it: who signed which words, and every event since."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from flywheel.domain.digests import Json
from flywheel.domain.events import Event, Verb
from flywheel.domain.payloads.approval import GlassBroken, SignoffGiven, SignoffRefused, SignoffWithdrawn
from flywheel.domain.signoffs import Feedback
from flywheel.pages.figures import moment
from flywheel.pages.pieces import Cell, code, folded, pairs, row_of, table
from flywheel.pages.templating import filled
from flywheel.services.dossier.summary import Document

QUIET = frozenset({"project", "run_id", "results", "facts", "sources", "columns", "metrics", "recipe", "package"})
UNPROVEN = "in Prefect's form, with a code and no words: who answered is proven, what was answered is not"


def render_record(document: Document, *, events: Sequence[Event], digest: str, now: datetime) -> str:
    """Lay out sign-offs first, then everything in its order."""
    return filled(
        "record.html",
        title=f"{document.get('title', 'Dossier')}: the record",
        as_of=f"{now:%Y-%m-%d %H:%M}",
        digest=digest,
        signoffs=_signoffs(events, digest),
        attempts=_attempts(events),
        events=_events(events),
    )


def _signoffs(events: Sequence[Event], digest: str) -> str:
    said = [(event, word) for event in events if (word := _word(event))]
    rows = [
        row_of(_when(event), *word, "this dossier" if event.subject_digest == digest else "an earlier dossier")
        for event, word in said
    ]
    return table(("When", "Who", "As", "Answer", "Comment", "Of"), rows) if rows else ""


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
            answer = f"broke the glass until {moment(broken.until_at)}"
            return broken.person, f"before {broken.witness}", answer, broken.reason
    return None


def _answer(given: SignoffGiven) -> str:
    """Say what was decided, how it was meant and what it is bound to."""
    remarks = f", with {given.feedback.value} remarks" if given.feedback is not Feedback.APPROVED else ""
    conditions = given.conditions.sentence()
    unproven = "" if given.is_proven else f"; {UNPROVEN}"
    return f"{given.answer.value}{remarks}{f'; {conditions}' if conditions else ''}{unproven}"


def _attempts(events: Sequence[Event]) -> str:
    refused = [event for event in events if event.verb is Verb.SIGNOFF_REFUSED]
    rows = [row_of(_when(one), one.actor, one.said(SignoffRefused).reason) for one in refused]
    return table(("When", "Who", "Why"), rows) if rows else ""


def _events(events: Sequence[Event]) -> str:
    rows = [
        row_of(
            Cell(event.sequence, "number"),
            _when(event),
            event.verb.value,
            event.actor,
            folded(event.subject_id[:60], pairs(_said(event.payload)), code(event.hash)),
        )
        for event in events
    ]
    return table(("No", "When", "What", "Who", "About"), rows, {"No"})


def _said(payload: Mapping[str, Json]) -> dict[str, Json]:
    return {key: value for key, value in payload.items() if key not in QUIET and value not in ("", None)}


def _when(event: Event) -> str:
    return f"{event.happened_at:%Y-%m-%d %H:%M:%S}"
