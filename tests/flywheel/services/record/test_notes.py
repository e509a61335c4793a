"""Notes: pinned to a place, in threads, settled once, and shown in the next dossier."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from flywheel.catalog.engine import Catalog
from flywheel.catalog.note import Note
from flywheel.domain.events import Verb
from flywheel.domain.notes import NoteKind
from flywheel.errors import Conflict, InputRefused, NotFound, Refused
from flywheel.services.dossier import dossiers
from flywheel.services.people.identity import Identity
from flywheel.services.record import notes, record
from tests.factories.people import OWNER, VERA, enrol, logged_in
from tests.factories.projects import SLUG, registered
from tests.factories.versions import judged, registered_version


@dataclass(frozen=True)
class Wall:
    """Where people who are logged in pin their notes."""

    catalog: Catalog
    identity: Identity

    def write(self, who: str, *, key: str = "", **said: Any) -> Note:
        return notes.write_note(self.catalog, **said, proof=logged_in(self.catalog, self.identity, who, key=key))

    def resolve(self, who: str, *, note: str) -> Note:
        return notes.resolve_note(self.catalog, note=note, proof=logged_in(self.catalog, self.identity, who))


@pytest.fixture
def wall(catalog: Catalog, identity: Identity) -> Wall:
    return Wall(catalog, identity)


@pytest.fixture
def version(catalog: Catalog, identity: Identity) -> str:
    registered(catalog)
    found = registered_version(catalog)
    judged(catalog, found)
    enrol(catalog, identity, OWNER, VERA)
    return found.id


def test_a_thread_about_a_gate_is_kept_in_its_order(catalog: Catalog, wall: Wall, version: str) -> None:
    asked = wall.write(VERA, subject=version, text="Why does age help?", locator="PERF-012")
    wall.write(OWNER, subject=version, text="Tenure hides in it.", reply_to=asked.id)
    assert [(n.author, n.locator, n.reply_to) for n in notes.notes_about(catalog, subject=version)] == [
        (VERA, "PERF-012", ""),
        (OWNER, "", asked.id),
    ]


def test_a_note_is_settled_once_and_the_dossier_says_by_whom(catalog: Catalog, wall: Wall, version: str) -> None:
    note = wall.write(VERA, subject=version, text="Check the limits.")
    assert wall.resolve(OWNER, note=note.id).resolved_by == OWNER
    assert wall.resolve(VERA, note=note.id).resolved_by == OWNER
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


def test_a_backslash_is_text_like_any_other(catalog: Catalog, wall: Wall, version: str) -> None:
    for text in (r"\u0000 is how JSON writes NUL", "C:\\\\u0000\\"):
        wall.write(VERA, subject=version, text=text)
        assert notes.notes_about(catalog, subject=version)[-1].text == text


def test_a_project_has_notes_too(catalog: Catalog, wall: Wall, version: str) -> None:
    note = wall.write(OWNER, subject=SLUG, text="Postcode did not pan out.", kind=NoteKind.NULL_RESULT)
    assert notes.notes_about(catalog, subject=SLUG) == (note,)
    assert notes.notes_about(catalog, subject=version) == ()


@pytest.mark.parametrize(
    ("text", "locator"), [("", ""), ("x" * 4_001, ""), ("a\u202eb", ""), ("fine", "../../etc"), ("fine", "x" * 101)]
)
def test_what_is_no_note_is_refused_and_nothing_is_kept(
    catalog: Catalog, wall: Wall, version: str, text: str, locator: str
) -> None:
    with pytest.raises((InputRefused, Refused)):
        wall.write(VERA, subject=version, text=text, locator=locator)
    assert notes.notes_about(catalog, subject=version) == ()


def test_an_answer_to_something_else_is_refused(catalog: Catalog, wall: Wall, version: str) -> None:
    note = wall.write(OWNER, subject=SLUG, text="About the project.")
    with pytest.raises(Refused, match="about something else"):
        wall.write(VERA, subject=version, text="No.", reply_to=note.id)


@pytest.mark.parametrize("subject", ["nowhere", "card-default:99"])
def test_what_is_not_there_has_no_notes(catalog: Catalog, wall: Wall, version: str, subject: str) -> None:
    with pytest.raises(NotFound):
        wall.write(VERA, subject=subject, text="Hello.")


def test_a_rebuild_gives_the_same_notes(catalog: Catalog, wall: Wall, version: str) -> None:
    note = wall.write(VERA, subject=version, text="Keep me.")
    wall.resolve(OWNER, note=note.id)
    before = notes.notes_about(catalog, subject=version)
    record.rebuild(catalog)
    assert notes.notes_about(catalog, subject=version) == before


def test_the_same_key_keeps_a_note_once_and_nothing_else_under_it(catalog: Catalog, wall: Wall, version: str) -> None:
    first, again = (wall.write(VERA, subject=version, text="Said once.", key="one") for _ in range(2))
    assert first == again
    assert len(notes.notes_about(catalog, subject=version)) == 1
    with pytest.raises(Conflict, match="different request"):
        wall.write(VERA, subject=version, text="Something else.", key="one")
