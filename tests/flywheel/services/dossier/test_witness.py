"""A dossier as a witness: a record that was cut or rewritten since is found by it alone, and an altered one is none."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from flywheel.catalog.engine import Catalog
from flywheel.catalog.event import EventRow, event_of
from flywheel.domain.events import hash_of
from flywheel.errors import InputRefused, Tampered
from flywheel.services.dossier.export import Exported
from flywheel.services.dossier.witness import agreed, events_seen
from flywheel.services.record import record


@contextmanager
def altering(owned: Catalog) -> Iterator[Session]:
    """Change events as whoever owns their table can."""
    with Session(owned.engine) as session, session.begin():
        session.execute(text("ALTER TABLE event DISABLE TRIGGER event_only_grows"))
        yield session


def test_an_untouched_record_agrees_with_what_a_dossier_saw(catalog: Catalog, exported: Exported) -> None:
    seen = events_seen(exported.folder, public_key=exported.public_key, notary_key=exported.notary_key)
    verified = record.verify_events(catalog, known_heads=seen)
    assert verified.is_sound
    assert max(seen) == verified.count


def test_a_record_that_was_cut_is_found_by_a_dossier(catalog: Catalog, owned: Catalog, exported: Exported) -> None:
    seen = events_seen(exported.folder, public_key=exported.public_key, notary_key=exported.notary_key)
    with altering(owned) as session:
        session.delete(session.get_one(EventRow, max(seen)))
    assert record.verify_events(catalog).first_bad is None
    assert f"{max(seen)} events were exported" in record.verify_events(catalog, known_heads=seen).reason


def test_a_last_event_that_was_written_anew_is_found_by_a_dossier(
    catalog: Catalog, owned: Catalog, exported: Exported
) -> None:
    seen = events_seen(exported.folder, public_key=exported.public_key, notary_key=exported.notary_key)
    with altering(owned) as session:
        row = session.get_one(EventRow, max(seen))
        new = replace(event_of(row), actor="mallory")
        row.actor, row.hash = new.actor, hash_of(new)
    verified = record.verify_events(catalog, known_heads=seen)
    assert (verified.first_bad, record.verify_events(catalog).first_bad) == (max(seen), None)


def test_an_altered_dossier_is_no_witness(exported: Exported) -> None:
    page = exported.folder / "record.json"
    page.write_text(page.read_text(encoding="utf-8").replace("flow:", "flaw:", 1), encoding="utf-8")
    with pytest.raises(Tampered, match="proves nothing"):
        events_seen(exported.folder, public_key=exported.public_key, notary_key=exported.notary_key)


def test_a_dossier_under_another_seal_is_no_witness(exported: Exported) -> None:
    with pytest.raises(Tampered, match=r"(?s)proves nothing.*another installation"):
        events_seen(exported.folder, public_key="11" * 32, notary_key="22" * 32)


def test_what_is_no_dossier_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputRefused, match="cannot be read as an exported dossier"):
        events_seen(tmp_path, public_key="11" * 32, notary_key="22" * 32)


def test_witnesses_that_contradict_each_other_are_told() -> None:
    assert agreed({1: "a"}, {1: "a", 2: "b"}) == {1: "a", 2: "b"}
    with pytest.raises(Tampered, match="contradict each other about event 2"):
        agreed({2: "a"}, {1: "a", 2: "b"})
