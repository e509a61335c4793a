"""Notes: pinned to a place, in threads, settled once, and shown in the next dossier."""

from __future__ import annotations

import pytest

from flywheel.catalog.engine import Catalog
from flywheel.domain.events import Verb
from flywheel.domain.notes import NoteKind
from flywheel.errors import Conflict, InputRefused, NotFound, Refused
from flywheel.services import dossiers, notes, record
from tests.factories.people import OWNER, VERA
from tests.factories.projects import SLUG, registered
from tests.factories.versions import judged, registered_version


@pytest.fixture
def version(catalog: Catalog) -> str:
    registered(catalog)
    found = registered_version(catalog)
    judged(catalog, found)
    return found.id


def test_a_thread_about_a_gate_is_kept_in_its_order(catalog: Catalog, version: str) -> None:
    asked = notes.write_note(catalog, subject=version, text="Why does age help?", locator="PERF-012", actor=VERA)
    notes.write_note(catalog, subject=version, text="Tenure hides in it.", reply_to=asked.id, actor=OWNER)
    assert [(n.author, n.locator, n.reply_to) for n in notes.notes_about(catalog, subject=version)] == [
        (VERA, "PERF-012", ""),
        (OWNER, "", asked.id),
    ]


def test_a_note_is_settled_once_and_the_dossier_says_by_whom(catalog: Catalog, version: str) -> None:
    note = notes.write_note(catalog, subject=version, text="Check the limits.", actor=VERA)
    assert notes.resolve_note(catalog, note=note.id, actor=OWNER).resolved_by == OWNER
    assert notes.resolve_note(catalog, note=note.id, actor=VERA).resolved_by == OWNER
    shown = dossiers.assemble(catalog, version=version)["notes"]
    assert isinstance(shown, list)
    assert shown[0] == {
        "about": "",
        "kind": "comment",
        "by": VERA,
        "says": "Check the limits.",
        "state": f"settled by {OWNER}",
    }
    assert sum(event.verb is Verb.NOTE_RESOLVED for event in record.list_events(catalog)) == 1


def test_a_backslash_is_text_like_any_other(catalog: Catalog, version: str) -> None:
    for text in (r"\u0000 is how JSON writes NUL", "C:\\\\u0000\\"):
        notes.write_note(catalog, subject=version, text=text, actor=VERA)
        assert notes.notes_about(catalog, subject=version)[-1].text == text


def test_a_project_has_notes_too(catalog: Catalog, version: str) -> None:
    note = notes.write_note(
        catalog, subject=SLUG, text="Postcode did not pan out.", kind=NoteKind.NULL_RESULT, actor=OWNER
    )
    assert notes.notes_about(catalog, subject=SLUG) == (note,)
    assert notes.notes_about(catalog, subject=version) == ()


@pytest.mark.parametrize(
    ("text", "locator"), [("", ""), ("x" * 4_001, ""), ("a\u202eb", ""), ("fine", "../../etc"), ("fine", "x" * 101)]
)
def test_what_is_no_note_is_refused_and_nothing_is_kept(
    catalog: Catalog, version: str, text: str, locator: str
) -> None:
    with pytest.raises((InputRefused, Refused)):
        notes.write_note(catalog, subject=version, text=text, locator=locator, actor=VERA)
    assert notes.notes_about(catalog, subject=version) == ()


def test_an_answer_to_something_else_is_refused(catalog: Catalog, version: str) -> None:
    note = notes.write_note(catalog, subject=SLUG, text="About the project.", actor=OWNER)
    with pytest.raises(Refused, match="about something else"):
        notes.write_note(catalog, subject=version, text="No.", reply_to=note.id, actor=VERA)


@pytest.mark.parametrize("subject", ["nowhere", "card-default:99"])
def test_what_is_not_there_has_no_notes(catalog: Catalog, version: str, subject: str) -> None:
    with pytest.raises(NotFound):
        notes.write_note(catalog, subject=subject, text="Hello.", actor=VERA)


def test_a_rebuild_gives_the_same_notes(catalog: Catalog, version: str) -> None:
    note = notes.write_note(catalog, subject=version, text="Keep me.", actor=VERA)
    notes.resolve_note(catalog, note=note.id, actor=OWNER)
    before = notes.notes_about(catalog, subject=version)
    record.rebuild(catalog)
    assert notes.notes_about(catalog, subject=version) == before


def test_the_same_key_keeps_a_note_once_and_nothing_else_under_it(catalog: Catalog, version: str) -> None:
    first, again = (
        notes.write_note(catalog, subject=version, text="Said once.", actor=VERA, key="one") for _ in range(2)
    )
    assert first == again
    assert len(notes.notes_about(catalog, subject=version)) == 1
    with pytest.raises(Conflict, match="different request"):
        notes.write_note(catalog, subject=version, text="Something else.", actor=VERA, key="one")
