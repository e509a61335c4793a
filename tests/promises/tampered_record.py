"""Ways to alter the record as the owner of its tables: each gives what must be said of it."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace

from sqlalchemy import String, Table, Text, func, select, text
from sqlalchemy.orm import Session

from flywheel.catalog.event import EventRow, event_of
from flywheel.catalog.projections import NOUNS, kinds_of
from flywheel.catalog.shelf import table_of
from flywheel.domain.digests import Digest
from flywheel.domain.events import hash_of
from flywheel.domain.seals import NOTHING, link_to, seal_event
from tests.factories.seals import THEIRS
from tests.promises import test_p6_tampering as one_event

Tampering = Callable[[Session, random.Random], str]
PAST = "ALTER TABLE event DISABLE TRIGGER event_only_grows"
REFUSED = "SELECT sequence FROM event WHERE verb = 'signoff.refused' ORDER BY sequence"


def open_to_its_owner(session: Session) -> None:
    """Take away what keeps events from being altered."""
    session.execute(text(PAST))


def _end(session: Session) -> int:
    return int(session.execute(text("SELECT max(sequence) FROM event")).scalar_one())


def _some(session: Session, chance: random.Random) -> int:
    """Choose an event from the midst, one that was refused: these have words."""
    numbers = list(session.scalars(text(REFUSED)))
    return int(chance.choice(numbers[1:-2]))


def words_edited(session: Session, chance: random.Random) -> str:
    return f"event {one_event.edit(session, _some(session, chance))}:"


def moved_in_time(session: Session, chance: random.Random) -> str:
    return f"event {one_event.redate(session, _some(session, chance))}:"


def deleted(session: Session, chance: random.Random) -> str:
    return f"event {one_event.delete(session, _some(session, chance))}:"


def swapped(session: Session, chance: random.Random) -> str:
    return f"event {one_event.swap(session, _some(session, chance))}:"


def unsealed(session: Session, chance: random.Random) -> str:
    return f"event {one_event.unseal(session, _some(session, chance))}:"


def said_by_another(session: Session, chance: random.Random) -> str:
    at = _some(session, chance)
    session.execute(text("UPDATE event SET actor = 'mallory' WHERE sequence = :at"), {"at": at})
    return f"event {at}:"


def of_another_kind(session: Session, chance: random.Random) -> str:
    at = _some(session, chance)
    session.execute(text("UPDATE event SET verb = 'delegation.refused' WHERE sequence = :at"), {"at": at})
    return f"event {at}:"


EVENTS: tuple[Tampering, ...] = (
    words_edited,
    moved_in_time,
    deleted,
    swapped,
    unsealed,
    said_by_another,
    of_another_kind,
)


def cut(session: Session, chance: random.Random) -> str:
    at = _some(session, chance)
    session.execute(text("DELETE FROM event WHERE sequence >= :at"), {"at": at})
    return f"event {at}: the chain ends at {at - 1}"


def last_taken(session: Session, chance: random.Random) -> str:
    del chance
    at = _end(session)
    session.execute(text("DELETE FROM event WHERE sequence = :at"), {"at": at})
    return f"event {at}: the chain ends at {at - 1}"


CUTS: tuple[Tampering, ...] = (cut, cut, cut, last_taken)


def _rewritten(session: Session, at: int, *, is_sealed: bool) -> None:
    """Forge one event and write all later ones anew, so that each follows the one before it."""
    end = _end(session)
    before = session.get_one(EventRow, at - 1)
    previous = Digest(before.hash)
    follows = link_to(before.sequence, before.hash, before.seal) if at > 1 else NOTHING
    for sequence in range(at, end + 1):
        row = session.get_one(EventRow, sequence)
        old = event_of(row)
        new = replace(old, actor="mallory" if sequence == at else old.actor, previous_hash=previous)
        previous = hash_of(new)
        row.actor, row.previous_hash, row.hash = new.actor, new.previous_hash, previous
        if is_sealed:
            row.seal = seal_event(THEIRS, previous, verb=row.verb, follows=follows)
            follows = link_to(sequence, previous, row.seal)
        session.flush()


def rewritten(session: Session, chance: random.Random) -> str:
    """With the seals that were there; gives from which event on."""
    at = _some(session, chance)
    _rewritten(session, at, is_sealed=False)
    return str(at)


def rewritten_by_another_key(session: Session, chance: random.Random) -> str:
    at = _some(session, chance)
    _rewritten(session, at, is_sealed=True)
    return str(at)


def rewritten_to_the_end(session: Session, chance: random.Random) -> str:
    """The last event alone: nothing follows that would name it, but the head that was kept."""
    del chance
    at = _end(session)
    _rewritten(session, at, is_sealed=True)
    return str(at)


REWRITES: tuple[Tampering, ...] = (rewritten, rewritten_by_another_key, rewritten_to_the_end)


def _some_table(session: Session, chance: random.Random) -> Table:
    """Choose a table that has rows."""
    tables = [table_of(kind) for kind in kinds_of(NOUNS)]
    return chance.choice([one for one in tables if session.scalar(select(func.count()).select_from(one))])


def row_changed(session: Session, chance: random.Random) -> str:
    table = _some_table(session, chance)
    columns = [c.name for c in table.columns if not c.primary_key and isinstance(c.type, String | Text)]
    column = chance.choice(columns or [next(iter(table.primary_key)).name])
    key = next(iter(table.primary_key)).name
    place = chance.randrange(session.scalar(select(func.count()).select_from(table)) or 1)
    some = f"(SELECT ctid FROM {table.name} ORDER BY {key} OFFSET {place} LIMIT 1)"  # noqa: S608  ours
    session.execute(text(f"UPDATE {table.name} SET {column} = coalesce({column}, '') || '-forged' WHERE ctid = {some}"))  # noqa: S608
    return f" {table.name} "


def row_deleted(session: Session, chance: random.Random) -> str:
    session.execute(text("SET CONSTRAINTS ALL DEFERRED"))
    table = table_of(
        chance.choice([one for one in kinds_of(NOUNS) if session.scalars(select(one)).first() is not None])
    )
    key = next(iter(table.primary_key)).name
    some = f"(SELECT ctid FROM {table.name} ORDER BY {key} LIMIT 1)"  # noqa: S608  ours
    session.execute(text(f"DELETE FROM {table.name} WHERE ctid = {some}"))  # noqa: S608
    return f"has gone from {table.name} "


def row_added(session: Session, chance: random.Random) -> str:
    """Give somebody a project of their own that nobody submitted."""
    slug = f"forged-{chance.randrange(10**6)}"
    said = "jsonb_populate_record(one, jsonb_build_object('slug', CAST(:slug AS text)))"
    session.execute(text(f"INSERT INTO project SELECT ({said}).* FROM project AS one LIMIT 1"), {"slug": slug})  # noqa: S608
    return f"nothing says project {slug}"


ROWS: tuple[Tampering, ...] = (row_changed, row_deleted, row_added)
