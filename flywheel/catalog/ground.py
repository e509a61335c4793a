"""The ground of every door: what the proven chain says, held against the tables that show it."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import ModuleType
from typing import Any

from sqlalchemy import ColumnElement, false, func, or_, select, text
from sqlalchemy.orm import DeclarativeBase, Session

from flywheel.catalog.event import EventRow, read_head
from flywheel.catalog.person import EVERYWHERE
from flywheel.catalog.projections import AT_DOORS, carry, kinds_of
from flywheel.catalog.proving import Place, not_as_proven, proven_events
from flywheel.catalog.shelf import Key, Memory, Row, table_of, values_of
from flywheel.domain.events import Event, Payload
from flywheel.errors import FlywheelError, Tampered

Layers = Mapping[str, Mapping[Key, DeclarativeBase]]
Nouns = tuple[ModuleType, ...]
BEGINNING = Place()
NAMED = 5
"""So many rows are named; the others are counted."""


@dataclass(frozen=True)
class Ground:
    """Every row that the proven chain says there is, in the tables that doors read."""

    place: Place = BEGINNING
    unsealed: tuple[int, ...] = ()
    """Events that bear no seal of ours: nothing follows from them."""
    layers: Layers = field(default_factory=dict)

    def rows(self, kind: type[Row]) -> Iterator[tuple[Key, Row]]:
        """Give the rows of a table, to be read."""
        return Memory(self.layers).rows(kind)


@dataclass(frozen=True)
class Difference:
    """A row that the events do not say, that says something else, or that has gone."""

    kind: type[DeclarativeBase]
    key: Key
    project: str
    """Whose row it is; empty where it is about everybody."""
    said: DeclarativeBase | None
    """The row that the events say; none where they say nothing of it."""
    is_missing: bool = False

    def __str__(self) -> str:
        """Name it for a person."""
        what = "nothing says" if self.said is None else "has gone from" if self.is_missing else "says something else in"
        return f"{what} {self.kind.__tablename__} {':'.join(map(str, self.key))}"


@dataclass
class Footing:
    """The ground that this process has proven so far; it goes on from there.

    What lies behind is not read again at doors: they go by what was proven, whatever is done to it afterwards.
    """

    _ground: Ground = field(default_factory=Ground)
    _again: Place = BEGINNING
    _turn: threading.Lock = field(default_factory=threading.Lock)

    @property
    def proven(self) -> Ground:
        """What was proven last."""
        return self._ground

    def advance(self, session: Session, *, until: int | None = None) -> Ground:
        """Prove what was written since, up to a sequence that no transaction can take back.

        A view from before what another thread has proven meanwhile is proven by itself, from the first event.
        """
        with self._turn:
            proven = self._ground.place
            if _reaches(session, proven):
                self._ground = stand_on(session, self._ground, until=until)
                return self._ground
        _refuse_cut(session, proven)
        return stand_on(session, Ground(), until=until)

    def look_again(self, session: Session, *, at_most: int) -> None:
        """Prove some of what was proven once more, from where the last such look ended: has anybody altered it since?

        At its end it must lead to the very place that was reached; then the next look begins anew.
        """
        with self._turn:
            end = self._ground.place
            if _reaches(session, end):
                self._go_on(session, end, at_most)
                return
        _refuse_cut(session, end)  # an old view: the next look goes on

    def _go_on(self, session: Session, end: Place, at_most: int) -> None:
        if end == BEGINNING:
            return
        for one in proven_events(session, self._again, until=min(end.sequence, self._again.sequence + at_most)):
            self._again = one.place
        if self._again.sequence >= end.sequence:
            found, self._again = self._again, BEGINNING
            if found != end:
                raise not_as_proven(end)


def _reaches(session: Session, place: Place) -> bool:
    """Whether a view shows a chain that is at least as long as was proven."""
    return read_head(session).sequence >= place.sequence


def _refuse_cut(session: Session, place: Place) -> None:
    """Tell a view that is older than what was proven from a chain that was cut, of which a new view shows no more."""
    with Session(session.get_bind()) as anew:
        if anew.scalar(select(EventRow.hash).where(EventRow.sequence == place.sequence)) != place.hash:
            raise not_as_proven(place)


def stand_on(session: Session, ground: Ground, *, until: int | None = None, nouns: Nouns = AT_DOORS) -> Ground:
    """Prove the events after a ground and carry them into a copy of it; the ground itself stays as it is."""
    if until is not None and until <= ground.place.sequence:
        return ground
    memory, place, unsealed = Memory(ground.layers), ground.place, ground.unsealed
    for one in proven_events(session, place, until=until):
        place = one.place
        if one.told is not None:
            _carry(memory, *one.told, nouns)
        else:
            unsealed = (*unsealed, place.sequence)
    return ground if place == ground.place else Ground(place, unsealed, memory.settled())


def differences(
    session: Session, ground: Ground, *, project: str | None = None, nouns: Nouns = AT_DOORS
) -> tuple[Difference, ...]:
    """Name each row of the tables that is not as the events say: of one project and of everybody, or all of them."""
    return tuple(found for kind in kinds_of(nouns) for found in _differing(session, ground, kind, project))


def keep_still(session: Session, nouns: Nouns = AT_DOORS) -> None:
    """Let nobody else change what doors read until this transaction ends; the end of the chain is ours already."""
    session.execute(text(f"LOCK TABLE {', '.join(kind.__tablename__ for kind in kinds_of(nouns))} IN SHARE MODE"))


def refuse_differing(found: Sequence[Difference]) -> None:
    """Refuse to open anything on tables that are not as the events say."""
    if found:
        raise Tampered(
            f"the tables are not what the record says: {named(found)}",
            next_step="find out who can write to the database. The steward puts the tables right within a minute and "
            "pages; `flywheel rebuild` does it at once",
        )


def named(found: Sequence[Difference]) -> str:
    """Name the first rows for a person, and count the others."""
    more = f" and {len(found) - NAMED} more" if len(found) > NAMED else ""
    return f"{'; '.join(map(str, found[:NAMED]))}{more}"


def put_right(session: Session, found: Iterable[Difference]) -> None:
    """Make differing rows what the events say."""
    known = tuple(found)
    for one in known:
        if one.said is None:
            session.delete(session.get_one(one.kind, one.key))
    session.flush()  # what nobody said makes room first
    for one in known:
        if one.said is not None:
            session.merge(one.kind(**values_of(one.said)))
    session.flush()


def _carry(memory: Memory, event: Event, said: Payload, nouns: Nouns) -> None:
    try:
        carry(memory, event, said, nouns)
    except (LookupError, AssertionError, TypeError, ValueError, FlywheelError) as error:
        raise Tampered(
            f"the record does not hold: event {event.sequence} ({event.verb.value}) follows from nothing before it",
            found=repr(error),
            next_step="`flywheel events list` shows it; find out who appended it",
        ) from error


def _differing(
    session: Session, ground: Ground, kind: type[DeclarativeBase], project: str | None
) -> Iterator[Difference]:
    table = table_of(kind)
    wanted = dict(row for row in ground.rows(kind) if project is None or _place(kind, row[1]) in {project, ""})
    names = [column.name for column in table.columns]
    keys = [names.index(column.name) for column in table.primary_key]
    query = select(table)
    for found in session.execute(query if project is None else query.where(_of_project(kind, project))):
        key = tuple(found[at] for at in keys)
        said = wanted.pop(key, None)
        if said is None:
            place = _place(kind, kind(**dict(zip(names, found, strict=True))))
            yield Difference(kind, key, place, None)
        elif any(_plain(getattr(said, name)) != _plain(value) for name, value in zip(names, found, strict=True)):
            yield Difference(kind, key, _place(kind, said), said)
    for key, said in wanted.items():
        yield Difference(kind, key, _place(kind, said), said, is_missing=True)


def _plain(value: Any) -> Any:
    return value.astimezone(UTC) if isinstance(value, datetime) else value


def _place(kind: type[DeclarativeBase], row: DeclarativeBase) -> str:
    """Tell from a row whose it is."""
    columns = table_of(kind).columns
    if "project" in columns:
        place = str(row.project)  # type: ignore[attr-defined]
        return "" if place == EVERYWHERE else place
    if "version" in columns:
        return str(row.version).partition(":")[0]  # type: ignore[attr-defined]
    return str(row.slug) if "slug" in columns else ""  # type: ignore[attr-defined]


def _of_project(kind: type[DeclarativeBase], project: str) -> ColumnElement[bool]:
    columns = table_of(kind).columns
    if "project" in columns:
        return columns["project"].in_((project, EVERYWHERE))
    if "version" in columns:
        return func.split_part(columns["version"], ":", 1) == project
    return columns["slug"] == project if "slug" in columns else or_(~false())
