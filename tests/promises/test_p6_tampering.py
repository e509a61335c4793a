"""P6: editing, deleting, swapping, inserting, cutting or rewriting past events is detected, the first bad one named."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from flywheel.catalog import proving as chain
from flywheel.catalog.engine import Catalog
from flywheel.catalog.event import EventRow, event_of
from flywheel.catalog.proving import Verification, check_chain
from flywheel.domain.digests import Digest
from flywheel.domain.events import hash_of, seal
from tests.factories.events import refusal
from tests.factories.forged import row_of
from tests.factories.people import OWNER

EVENTS, SEED, TRIES = 34, 7, 29

Tampering = Callable[[Session, int], int]
"""Changes something at a sequence and says which sequence must be named."""


def edit(session: Session, at: int) -> int:
    other = """replace(payload::text, '"reason":"', '"reason":"not ')::json"""
    session.execute(text(f"UPDATE event SET payload = {other} WHERE sequence = :at"), {"at": at})  # noqa: S608  ours
    return at


def redate(session: Session, at: int) -> int:
    session.execute(
        text("UPDATE event SET happened_at = happened_at - interval '1 day' WHERE sequence = :at"), {"at": at}
    )
    return at


def delete(session: Session, at: int) -> int:
    session.execute(text("DELETE FROM event WHERE sequence = :at"), {"at": at})
    return at


def swap(session: Session, at: int) -> int:
    for source, target in ((at, -1), (at + 1, at), (-1, at + 1)):
        session.execute(text("UPDATE event SET sequence = :to WHERE sequence = :at"), {"to": target, "at": source})
    return at


def insert(session: Session, at: int) -> int:
    for sequence in range(EVENTS, at - 1, -1):
        session.execute(text("UPDATE event SET sequence = sequence + 1 WHERE sequence = :at"), {"at": sequence})
    before = session.get_one(EventRow, at - 1)
    forged = seal(
        refusal(actor="mallory"), sequence=at, happened_at=before.happened_at, previous_hash=Digest(before.hash)
    )
    session.execute(text("ALTER TABLE event DROP CONSTRAINT uq_event_previous_hash"))
    session.add(row_of(forged))
    session.flush()
    return at + 1


def cut(session: Session, at: int) -> int:
    session.execute(text("DELETE FROM event WHERE sequence >= :at"), {"at": at})
    return at


def rewrite(session: Session, at: int) -> int:
    """Forge one event and seal all later ones anew: only an exported head can tell."""
    previous = Digest(session.get_one(EventRow, at - 1).hash)
    for sequence in range(at, EVENTS + 1):
        row = session.get_one(EventRow, sequence)
        old = event_of(row)
        new = replace(old, actor="mallory" if sequence == at else old.actor, previous_hash=previous)
        previous = hash_of(new)
        row.actor, row.previous_hash, row.hash = new.actor, new.previous_hash, previous
        session.flush()
    return EVENTS


def unseal(session: Session, at: int) -> int:
    """Take the seal off, so that what was decided counts for nothing: the next event's seal names it."""
    session.execute(text("UPDATE event SET seal = '' WHERE sequence = :at"), {"at": at})
    return at + 1


TAMPERINGS = (unseal, edit, redate, delete, swap, insert, cut, rewrite)
NEED_A_HEAD = (cut, rewrite)


@pytest.fixture
def written(catalog: Catalog, owned: Catalog) -> Catalog:
    """A record, open to whoever owns its tables."""
    with catalog.begin() as work:
        for number in range(EVENTS):
            work.append(refusal(number, actor=OWNER))
    return owned


def tampered(catalog: Catalog, tampering: Tampering, at: int, *, with_head: bool = True) -> tuple[int, Verification]:
    """Tamper as the tables' owner, verify, and put everything back."""
    with catalog.session() as session:
        heads = {EVENTS: session.get_one(EventRow, EVENTS).hash} if with_head else {}
        session.expunge_all()
        session.execute(text("ALTER TABLE event DISABLE TRIGGER event_only_grows"))
        expected = tampering(session, at)
        session.expunge_all()
        found = check_chain(session, known_heads=heads)
        session.rollback()
    return expected, found


@pytest.mark.parametrize("tampering", TAMPERINGS)
def test_tampering_is_detected_and_the_first_bad_event_named(written: Catalog, tampering: Tampering) -> None:
    chance = random.Random(SEED)
    for at in chance.sample(range(2, EVENTS), TRIES):
        expected, found = tampered(written, tampering, at)
        assert found.first_bad == expected, f"{tampering.__name__} at {at}: {found}"


def test_without_an_exported_head_cutting_would_go_unseen(written: Catalog) -> None:
    assert tampered(written, cut, 5, with_head=False)[1].is_sound


def test_without_an_exported_head_what_was_rewritten_bears_no_seal(written: Catalog) -> None:
    _, found = tampered(written, rewrite, 5, with_head=False)
    assert (found.first_bad, found.unsealed) == (None, tuple(range(5, EVENTS + 1)))


def test_without_the_seals_an_edit_would_go_unseen(written: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chain, "sealed_event", event_of)
    assert tampered(written, edit, 5)[1].is_sound


def test_untouched_chain_is_sound(written: Catalog) -> None:
    _, found = tampered(written, lambda _session, at: at, 5)
    assert (found.is_sound, found.count) == (True, EVENTS)
